/**
 * Which counters are given out next (meter-protocols 5.9). Pure.
 *
 * - R1 No counter is given twice: what was given, used or not, is below `next` for ever.
 * - R2 A meter that wants more than we have (`floor`) is met above the greater of both, with a margin: our own may be older than what
 *   was really used, after a restore.
 * - R3 A floor far ahead of a key in use is refused: the answer that tells it is not authenticated, and one lie near the end would
 *   use the key up.
 */
import { LAST_COUNTER, RECOVERY_MARGIN, recoveredCounter } from '../../workers/codec/security/index.ts';

/** Most that a meter's word moves the counter of a key that was used before. */
export const MOST_JUMP = 1 << 24;

export type Reserved =
  | { readonly kind: 'reserved'; readonly from: number; readonly count: number; readonly next: number }
  | { readonly kind: 'refused'; readonly code: 'counter_jump' | 'counter_used_up'; readonly rule: string };

/** @param stored the least counter that was never given out; undefined: the key was never used */
export function reserveRange(stored: number | undefined, count: number, floor: number | undefined): Reserved {
  if (floor !== undefined && stored !== undefined && floor - stored > MOST_JUMP) {
    return { kind: 'refused', code: 'counter_jump', rule: `invocation counter: the meter asks for ${floor}, more than ${MOST_JUMP} ahead` };
  }
  const from = floor === undefined ? (stored ?? 1) : above(stored, floor);
  if (from === undefined || from > LAST_COUNTER) {
    return { kind: 'refused', code: 'counter_used_up', rule: 'invocation counter: the key has none left, it must be changed' };
  }
  const given = Math.min(count, LAST_COUNTER + 1 - from);
  return { kind: 'reserved', from, count: given, next: from + given };
}

function above(stored: number | undefined, floor: number): number | undefined {
  const recovered = recoveredCounter(stored, floor);
  if (recovered.kind === 'good') return recovered.counter;
  // The margin does not fit any more: the last ones are given out without it.
  const most = Math.max(stored ?? 0, floor);
  return recovered.kind === 'exhausted' && most <= LAST_COUNTER ? Math.max(most, LAST_COUNTER - RECOVERY_MARGIN) : undefined;
}
