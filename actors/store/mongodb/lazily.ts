/**
 * Work that gathers and is done a little later, one round at a time. A round that fails is tried again later; what it was
 * to do stays with whoever gave it.
 */
const RETRY_MS = 1_000;

export class Lazily {
  readonly #delayMs: number;
  readonly #round: () => Promise<void>;
  readonly #onError: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(delayMs: number, round: () => Promise<void>, onError: (error: unknown) => void) {
    this.#delayMs = delayMs;
    this.#round = round;
    this.#onError = onError;
  }

  /** There is something to do. */
  poke(delayMs = this.#delayMs): void {
    if (this.#stopped || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush().catch((error: unknown) => {
        this.#onError(error);
        this.poke(RETRY_MS);
      });
    }, delayMs).unref();
  }

  /** Does all that is there now. Rejects when it fails. */
  async flush(): Promise<void> {
    await this.#running?.catch(() => {});
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Whoever waited beside us may have begun the next round already.
    if (this.#running) return this.#running;
    this.#running = this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Resolves when no round is under way. */
  async idle(): Promise<void> {
    await this.#running?.catch(() => {});
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
