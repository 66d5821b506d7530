/** What others took is owed for this long at most: a wrong word must not lock a key out for ever. */
const LONGEST_DEBT_MS = 60_000;

/** A token bucket: `perSecond` on average, `burst` at once after a pause. Times are monotonic milliseconds. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = nowMs;
  }

  /** Take one. 0 when it was there, else milliseconds until there is one again. */
  take(nowMs: number): number {
    const tokens = this.#refilled(nowMs);
    if (tokens >= 1) {
      this.#tokens = tokens - 1;
      return 0;
    }
    this.#tokens = tokens;
    return Math.ceil((1 - tokens) / this.#perMs);
  }

  /** Put one back. */
  give(nowMs: number): void {
    this.#tokens = Math.min(this.#burst, this.#refilled(nowMs) + 1);
  }

  /** That many were taken elsewhere: they are owed here, if there are not as many. */
  drain(count: number, nowMs: number): void {
    this.#tokens = Math.max(this.#refilled(nowMs) - count, -Math.max(this.#burst, LONGEST_DEBT_MS * this.#perMs));
  }

  #refilled(nowMs: number): number {
    const tokens = Math.min(this.#burst, this.#tokens + Math.max(0, nowMs - this.#at) * this.#perMs);
    this.#at = nowMs;
    return tokens;
  }
}
