/** A tape that is used again for every value of a thread, and grows to what the largest needed. */
import { DEFAULT_LIMITS, type Decoded } from '../../codec/common/index.ts';
import { indexData, WORDS_PER_VALUE } from '../../codec/data/index.ts';
import type { DecodeOptionsGiven } from './options.ts';

let tape = new Uint32Array(16_384);

export interface Indexed {
  readonly outcome: Decoded<{ readonly words: number }>;
  /** Good until the next call. */
  readonly tape: Uint32Array;
}

export function indexInto(octets: Uint8Array, options: DecodeOptionsGiven | undefined): Indexed {
  const most = ((options?.limits?.maxElements ?? DEFAULT_LIMITS.maxElements) + 1) * WORDS_PER_VALUE;
  for (;;) {
    const outcome = indexData(octets, tape, 0, options);
    const short = outcome.kind === 'bad' && outcome.error.code === 'too_large' && tape.length < most;
    if (!short) return { outcome, tape };
    tape = new Uint32Array(Math.min(most, tape.length * 4));
  }
}

/** What a tape usually takes: a row of a profile has five values in 26 octets or more, at 16 octets a value. */
export const usualTapeBytes = (octets: number): number => 256 + octets * 3.1;
