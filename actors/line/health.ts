/** What a line does after a call: free again, or rest. Pure. */
import type { CallEnd } from './modem-call.ts';
import type { LinesOptions } from './options.ts';

export interface Verdict {
  /** Faults of the line in a row. */
  readonly failuresInRow: number;
  /** How long it rests before a probe; undefined: it may be used. */
  readonly restMs: number | undefined;
}

/**
 * A line whose modem nobody saw hang up may still be in a call: it is probed soon, which hangs up, whatever its count. A far end
 * that is busy or does not answer is no fault of the line.
 */
export function judge(end: CallEnd, failuresInRow: number, options: Pick<LinesOptions, 'failuresBeforeRest' | 'restMs' | 'hangUpRetryMs'>): Verdict {
  if (end.clean && end.fault === undefined) return { failuresInRow: 0, restMs: undefined };
  const failures = failuresInRow + 1;
  if (!end.clean) return { failuresInRow: failures, restMs: Math.min(options.hangUpRetryMs, options.restMs) };
  return { failuresInRow: failures, restMs: failures >= options.failuresBeforeRest ? options.restMs : undefined };
}
