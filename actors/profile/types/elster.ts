/** The Elster family: one register set, three meter types (meter-protocols 6.1 and 6.9). */
import type { Certainty, MeterProfile } from '../profile.ts';
import { COMMON_CERTAINTY, EIGHT_N_ONE, GMT_CLOCK, IEC_ADDRESS, IEC_TIMING } from './common.ts';

type ElsterSection = NonNullable<MeterProfile['elster']>;

const SECTION: ElsterSection = {
  modeCharacter: '6',
  nullPasswordFirst: false,
  passwordLevel: 'P2',
  padAddressTo: 0,
  wakeWithBreak: true,
  wakePauseMs: 500,
  operandPauseMs: 1_000,
  breakPauseMs: 2_000,
  refreshPasswordMs: 270_000,
  serialLength: 16,
};

const CERTAINTY: Readonly<Record<string, Certainty>> = {
  ...COMMON_CERTAINTY,
  password: 'public',
  timing: 'public',
  'timing.pauseBetweenRetriesMs': 'ours',
  'timing.interOctetMs': 'assumed',
  clock: 'public',
  'clock.baseOffsetMinutes': 'public',
  elster: 'public',
  'elster.padAddressTo': 'assumed',
  'elster.wakePauseMs': 'assumed',
};

/** @param own what this type has of its own in the section, and where it comes from */
export function elsterProfile(
  head: Pick<MeterProfile, 'meterType' | 'title'> & Partial<Pick<MeterProfile, 'outstation' | 'tcpPort'>>,
  own: Partial<ElsterSection> = {},
  certainty: Readonly<Record<string, Certainty>> = {},
): MeterProfile {
  return {
    dialogue: 'elster',
    timeUpdate: true,
    password: { needed: true, pattern: '^[\\x20-\\x7e]{8}$', rule: 'must be exactly 8 ASCII characters' },
    outstation: IEC_ADDRESS,
    modem: { bitsPerSecond: 9_600, settings: EIGHT_N_ONE, stripParity: true },
    tcpPort: null,
    timing: IEC_TIMING,
    clock: GMT_CLOCK,
    ...head,
    elster: { ...SECTION, ...own },
    certainty: { ...CERTAINTY, ...certainty },
  };
}
