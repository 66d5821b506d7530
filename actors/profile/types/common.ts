/** What several types have in common. */
import type { Certainty, MeterProfile, TimingOption } from '../profile.ts';

export const EIGHT_N_ONE = { dataBits: 8, parity: 'none', stopBits: 1 } as const;

/** Printable ASCII. */
export const PRINTABLE = '[\\x20-\\x7e]';

/** What `/?…!` can hold: printable, without `/` and `!`. */
export const IEC_ADDRESS = { pattern: '^[\\x20\\x22-\\x2e\\x30-\\x7e]{0,32}$', rule: 'must be at most 32 printable characters without / and !' } as const;

/** Reads and writes GMT; no deviation is on the wire, so the DLMS members are at rest. */
export const GMT_CLOCK: MeterProfile['clock'] = {
  baseOffsetMinutes: 0,
  deviationSign: 'ignore',
  writeDeviation: 'unspecified',
  writeDayOfWeek: false,
  method: 'set',
};

/** 10 s and 5 repeats; the rest as IEC 62056-21 over modems is spoken in the field. */
export const IEC_TIMING: TimingOption = { replyTimeoutMs: 10_000, retries: 5, interOctetMs: 2_000, pauseBeforeRequestMs: 300, pauseBetweenRetriesMs: 1_000 };

/** Certainty of what the members that are not of one protocol rest on. */
export const COMMON_CERTAINTY: Readonly<Record<string, Certainty>> = {
  meterType: 'seed',
  title: 'public',
  dialogue: 'public',
  timeUpdate: 'seed',
  password: 'assumed',
  outstation: 'assumed',
  modem: 'assumed',
  tcpPort: 'assumed',
  timing: 'assumed',
  'timing.interOctetMs': 'ours',
  'timing.pauseBetweenRetriesMs': 'ours',
  clock: 'assumed',
};
