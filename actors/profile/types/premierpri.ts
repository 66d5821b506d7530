import type { MeterProfile } from '../profile.ts';
import { COMMON_CERTAINTY, EIGHT_N_ONE, GMT_CLOCK, IEC_TIMING, PRINTABLE } from './common.ts';

/** PRI Premier: speaks PACT, whose write needs an authenticator of the vendor; not built (meter-protocols 6.8). */
export const PREMIERPRI: MeterProfile = {
  meterType: 'PREMIERPRI',
  title: 'PRI Premier',
  dialogue: 'none',
  timeUpdate: false,
  password: { needed: false, pattern: null, rule: 'is not used' },
  outstation: { pattern: `^${PRINTABLE}{0,32}$`, rule: 'must be at most 32 printable characters' },
  modem: { bitsPerSecond: 9_600, settings: EIGHT_N_ONE, stripParity: false },
  tcpPort: null,
  timing: IEC_TIMING,
  clock: GMT_CLOCK,
  certainty: { ...COMMON_CERTAINTY, 'clock.baseOffsetMinutes': 'public' },
};
