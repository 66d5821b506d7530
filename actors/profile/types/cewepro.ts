import type { MeterProfile } from '../profile.ts';
import { COMMON_CERTAINTY, EIGHT_N_ONE, GMT_CLOCK, IEC_ADDRESS, IEC_TIMING } from './common.ts';

/** Older Cewe ProMeter: read only (meter-protocols 6.7 and 6.9). */
export const CEWEPRO: MeterProfile = {
  meterType: 'CEWEPRO',
  title: 'Cewe ProMeter (older)',
  dialogue: 'cewe',
  timeUpdate: false,
  password: { needed: false, pattern: '^[\\x20-\\x27\\x2a-\\x7e]{0,32}$', rule: 'must be at most 32 ASCII characters without brackets' },
  outstation: { ...IEC_ADDRESS, rule: `${IEC_ADDRESS.rule}: the serial number of the meter` },
  modem: { bitsPerSecond: 9_600, settings: EIGHT_N_ONE, stripParity: true },
  tcpPort: null,
  timing: IEC_TIMING,
  clock: GMT_CLOCK,
  cewe: { modeCharacter: '1', passwordLevel: 'P1', operandPauseMs: 1_000, breakPauseMs: 2_000 },
  certainty: { ...COMMON_CERTAINTY, outstation: 'public', cewe: 'assumed' },
};
