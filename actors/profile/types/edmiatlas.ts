import type { MeterProfile } from '../profile.ts';
import { COMMON_CERTAINTY, EIGHT_N_ONE, GMT_CLOCK } from './common.ts';

/** EDMI Atlas Mk6, Mk7, Mk10 (meter-protocols 6.2 and 6.9). */
export const EDMIATLAS: MeterProfile = {
  meterType: 'EDMIATLAS',
  title: 'EDMI Atlas Mk6, Mk7, Mk10',
  dialogue: 'edmi',
  timeUpdate: true,
  password: {
    needed: true,
    pattern: '^(?:[\\x20-\\x2b\\x2d-\\x7e]{1,16},)?[\\x20-\\x7e]{1,32}$',
    rule: 'must be a password or `user,password`, at most 16 and 32 ASCII characters',
  },
  outstation: { pattern: '^[0-9]{0,10}$', rule: 'must be the decimal serial number of the meter, 0 to 4294967295' },
  modem: { bitsPerSecond: 9_600, settings: EIGHT_N_ONE, stripParity: false },
  tcpPort: null,
  timing: { replyTimeoutMs: 10_000, retries: 5, interOctetMs: 2_000, pauseBeforeRequestMs: 0, pauseBetweenRetriesMs: 1_000 },
  clock: GMT_CLOCK,
  edmi: { defaultUser: 'EDMI', sourceAddress: 0x012b_1668, wake: 'esc' },
  certainty: {
    ...COMMON_CERTAINTY,
    modem: 'public',
    timing: 'public',
    'timing.pauseBeforeRequestMs': 'assumed',
    'timing.pauseBetweenRetriesMs': 'ours',
    'timing.interOctetMs': 'ours',
    clock: 'public',
    edmi: 'public',
    'edmi.defaultUser': 'assumed',
    'edmi.wake': 'ours',
  },
};
