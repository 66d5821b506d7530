/** What becomes of a dial: faults of the number, then seeded ones. */
import type { ModemBankOptions, SimNumber } from './options.ts';

export type DialResult = 'busy' | 'no-carrier' | 'no-answer' | 'no-dialtone' | 'silent' | 'connect';

export interface Fate {
  readonly result: DialResult;
  readonly afterMs: number;
  readonly dropAfterOctets: number | undefined;
}

/** Small, fast, and the same everywhere (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export function decideFate(entry: SimNumber | undefined, options: ModemBankOptions, random: () => number): Fate {
  const { faults } = options;
  // Each is drawn at every dial, so that one fault more does not change all that follow.
  const dial = random();
  const drop = random();
  const where = random();
  const slow = random() < faults.slow;
  const afterMs = slow ? faults.slowMs : (entry?.connectMs ?? options.connectMs);
  const dropAfterOctets = entry?.dropAfterOctets ?? (drop < faults.drop ? 1 + Math.floor(where * faults.dropWithinOctets) : undefined);
  const fate = (result: DialResult): Fate => ({ result, afterMs, dropAfterOctets });
  if (entry === undefined) return fate('no-answer');
  if (entry.fault !== undefined) return fate(entry.fault);
  const rates: readonly (readonly [number, DialResult])[] = [
    [faults.busy, 'busy'],
    [faults.noCarrier, 'no-carrier'],
    [faults.noAnswer, 'no-answer'],
    [faults.noDialtone, 'no-dialtone'],
  ];
  let upTo = 0;
  for (const [rate, result] of rates) {
    upTo += rate;
    if (dial < upTo) return fate(result);
  }
  return fate(entry.port === 0 ? 'no-answer' : 'connect');
}
