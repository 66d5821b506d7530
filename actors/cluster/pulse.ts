/**
 * Whether a bucket answers. Silence of others proves nothing while nobody can be heard: a stream between two leaders is silent
 * for everybody, also for those whose connection holds.
 *
 * Everybody renews at a third of the lease time, so that 0.6 of it without an answer are known before the lease time of the
 * last one heard is over.
 */
import type { Clock } from '../engine/ports.ts';

const STALLED_AFTER = 0.6;

export class Pulse {
  readonly #clock: Clock;
  readonly #leaseMs: number;
  #answeredAt: number;

  constructor(clock: Clock, leaseMs: number) {
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#answeredAt = clock.monotonic();
  }

  answered(): void {
    this.#answeredAt = this.#clock.monotonic();
  }

  /** Time to ask for an answer, where no write of ours brings one. */
  get isDue(): boolean {
    return this.#silentMs >= this.#leaseMs / 3;
  }

  get isStalled(): boolean {
    return this.#silentMs >= STALLED_AFTER * this.#leaseMs;
  }

  get #silentMs(): number {
    return this.#clock.monotonic() - this.#answeredAt;
  }
}
