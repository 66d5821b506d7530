/** What the DLMS types have in common (meter-protocols 5 and 6.9). */
import type { Certainty, MeterProfile } from '../profile.ts';
import { PRINTABLE } from './common.ts';

export const SERIAL = { classId: 1, obis: '0.0.96.1.0.255', attribute: 2 } as const;
export const CLOCK_OBIS = '0.0.1.0.0.255';

/** What LLS puts into the AARQ. */
export const DLMS_PASSWORD: MeterProfile['password'] = { needed: true, pattern: `^${PRINTABLE}{1,64}$`, rule: 'must be 1 to 64 ASCII characters' };

export const DLMS_CERTAINTY: Readonly<Record<string, Certainty>> = {
  'dlms.conformanceSn': 'standard',
  'dlms.maxInformation': 'standard',
  'dlms.window': 'standard',
  'dlms.clockObis': 'standard',
  'dlms.clockBaseSn': 'standard',
};
