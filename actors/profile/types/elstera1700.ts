import { elsterProfile } from './elster.ts';

/** Elster (formerly ABB, GEC) A1700. */
export const ELSTERA1700 = elsterProfile({ meterType: 'ELSTERA1700', title: 'Elster A1700' });
