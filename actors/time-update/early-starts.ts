/**
 * Attempts that were begun in the very commit that let their action go, until the channel opens their sessions: one durable step less
 * for each at the opening of the window (bench `overnight`).
 *
 * Only memory, and only a hint: the channel asks whether the attempt still stands. What a stop or a crash leaves of them is a session
 * lost with its process, like any other.
 */
export interface EarlyStart {
  readonly requestId: number;
  /** Number of the attempt; undefined: it was not begun after all. */
  readonly attempt: Promise<number | undefined>;
}

/** Beyond, the oldest are forgotten: their effects went elsewhere. */
const MAX_KEPT = 10_000;

export class EarlyStarts {
  readonly #attempts = new Map<number, Promise<number | undefined>>();

  /** Before the command leaves: the channel may hear of the effect before the caller hears of the commit. */
  expect({ requestId, attempt }: EarlyStart): void {
    this.#attempts.set(requestId, attempt);
    for (const oldest of this.#attempts.keys()) {
      if (this.#attempts.size <= MAX_KEPT) return;
      this.#attempts.delete(oldest);
    }
  }

  /** Once. */
  async take(requestId: number): Promise<number | undefined> {
    const attempt = this.#attempts.get(requestId);
    this.#attempts.delete(requestId);
    return attempt;
  }

  forget(requestId: number): void {
    this.#attempts.delete(requestId);
  }
}
