/**
 * One timer for many due times, of which nearly all pass unneeded: it is set for the earliest it was ever told, and its owner
 * says after each ring what is the earliest now. It keeps the process alive only while it is told to.
 */
export class Alarm {
  readonly #nowMs: () => number;
  /** Gives the next due time, Infinity for none. */
  readonly #ring: () => number;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #held = false;

  constructor(nowMs: () => number, ring: () => number) {
    this.#nowMs = nowMs;
    this.#ring = ring;
  }

  /** Rings at `dueAt` or before. */
  by(dueAt: number): void {
    if (dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(
      () => {
        this.#dueAt = Number.POSITIVE_INFINITY;
        this.by(this.#ring());
      },
      Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(dueAt - this.#nowMs()))),
    );
    if (!this.#held) this.#timer.unref();
  }

  /** Does the process wait for it? */
  hold(held: boolean): void {
    this.#held = held;
    if (held) this.#timer?.ref();
    else this.#timer?.unref();
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
  }
}
