/**
 * Which counters are given out next (meter-protocols 5.9). Pure.
 *
 * - R1 No counter is given twice: what was given, used or not, is below `next` for ever.
 * - R2 A meter that wants more than we have (`floor`) is met above the greater of both, with a margin: our own may be older than what
 *   was really used, after a restore.
 * - R3 A floor far ahead of a key in use is refused: the answer that tells it is not authenticated, and one lie near the end would
 *   use the key up.
 * - R4 After a restore every counter is raised, those of keys that seem unused too: what was given out since the backup is not known
 *   here. All restores of a store add up, so that a counter that slept through some of them has its raise for each.
 */
import { LAST_COUNTER, RECOVERY_MARGIN, recoveredCounter } from '../../workers/codec/security/index.ts';

/** Most that a meter's word moves the counter of a key that was used before. */
export const MOST_JUMP = 1 << 24;

/** A thousand reservations for one key. */
export const RESTORE_MARGIN = 1_000_000;

/**
 * What a restore raises counters by: the margin, and one for each second since the backup. Two restores of one backup so give out
 * different counters, as long as a key uses fewer than 86,400 a day. A key has room for a hundred years of it.
 */
export const restoreRaise = (sinceBackupMs: number): number => RESTORE_MARGIN + Math.ceil(Math.max(0, sinceBackupMs) / 1_000);

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
