/** When a delivery is tried again. Pure. */

export interface RetryPolicy {
  readonly firstPauseMs: number;
  readonly maxPauseMs: number;
  /** From the commit that owes the delivery. */
  readonly retryMs: number;
}

/** Each failure makes the pause so much longer. */
const GROWTH = 3;
/** A delivery that waited while the engine was down is not given up before it was tried so often. */
const LEAST_TRIES = 5;

/**
 * Pause after the `failures`th failure in a row: 5 s, 15 s, 45 s … an hour, each between half and one and a half of it.
 * @param random from [0, 1)
 */
export function pauseAfter(failures: number, policy: Pick<RetryPolicy, 'firstPauseMs' | 'maxPauseMs'>, random: number): number {
  const pause = Math.min(policy.maxPauseMs, policy.firstPauseMs * GROWTH ** Math.max(0, failures - 1));
  return Math.round(pause * (0.5 + random));
}

/** @param tries failures of this delivery since this process began with it */
export function isGivenUp(createdAt: number, now: number, tries: number, policy: Pick<RetryPolicy, 'retryMs'>): boolean {
  return now - createdAt >= policy.retryMs && tries >= LEAST_TRIES;
}
