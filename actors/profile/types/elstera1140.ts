import { elsterProfile } from './elster.ts';

/** Elster A1140 and A1120: an address of three digits. */
export const ELSTERA1140 = elsterProfile(
  {
    meterType: 'ELSTERA1140',
    title: 'Elster A1140, A1120',
    outstation: { pattern: '^(?:|(?=[0-9]{1,3}$)0*(?:[1-9]|[1-9][0-9]|1[0-9]{2}|2[0-4][0-9]|25[0-5]))$', rule: 'must be a number from 1 to 255' },
    tcpPort: 14_001,
  },
  { padAddressTo: 3 },
  { outstation: 'public', tcpPort: 'public', 'elster.padAddressTo': 'public' },
);
