/**
 * Messages of the moment on core NATS, which nobody stores and nobody waits for: progress of sessions (interfaces 5).
 *
 * - L1 What is told within `INTERVAL_MS` leaves in one write to the socket: a write a message cost more than the message (bench `sessions`).
 * - L2 At most `MAX_WAITING` wait; what comes then is lost, as is everything while there is no connection.
 */
import type { Clock, Timer } from '../engine/ports.ts';
import type { OpenBus } from './bus.ts';

interface Message {
  readonly subject: string;
  readonly value: unknown;
}

const INTERVAL_MS = 50;
const MAX_WAITING = 10_000;

export class LiveFeed {
  readonly #bus: Pick<OpenBus, 'connection'>;
  readonly #clock: Pick<Clock, 'after'>;
  #waiting: Message[] = [];
  #timer: Timer | undefined;

  constructor(bus: Pick<OpenBus, 'connection'>, clock: Pick<Clock, 'after'>) {
    this.#bus = bus;
    this.#clock = clock;
  }

  /** @param value what is said, as JSON; it must not change any more */
  tell(subject: string, value: unknown): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push({ subject, value });
    this.#timer ??= this.#clock.after(INTERVAL_MS, () => this.#leave());
  }

  /** What waits is not said any more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#waiting = [];
  }

  #leave(): void {
    this.#timer = undefined;
    const { connection } = this.#bus;
    for (const { subject, value } of this.#waiting.splice(0)) connection?.publish(subject, JSON.stringify(value));
  }
}
