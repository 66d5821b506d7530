/**
 * What the front door has in hand: the bound on requests and on buffered bytes, the deadlines, and the wait for the last one
 * at a stop. One timer looks at all deadlines, so a request costs no timer of its own.
 */
import type { Clock, Log, Timer } from '../../actors/engine/ports.ts';

/** A request in hand, as far as the desk is concerned. */
export interface InHand {
  /** Monotonic milliseconds; passed means that `expire` is due. */
  readonly deadline: number;
  expire(): void;
}

export interface DeskLimits {
  readonly maxInFlight: number;
  readonly maxBufferedBytes: number;
  readonly bodyTimeoutMs: number;
  readonly handlerTimeoutMs: number;
  readonly streamTimeoutMs: number;
  readonly retryAfterSeconds: number;
}

const LOOK_INTERVAL_MS = 250;

export class Desk {
  readonly limits: DeskLimits;
  readonly log: Log;
  readonly #clock: Clock;
  readonly #open = new Set<InHand>();
  /** Bytes of request bodies in memory. */
  bufferedBytes = 0;
  readonly #leaving: () => boolean;
  #closing = false;
  #idle: (() => void) | undefined;
  #timer: Timer | undefined;

  /** @param leaving whether callers are to go elsewhere though they are still answered here */
  constructor(limits: DeskLimits, clock: Clock, log: Log, leaving: () => boolean = () => false) {
    this.limits = limits;
    this.log = log;
    this.#clock = clock;
    this.#leaving = leaving;
    this.#look();
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** Connections are closed with their answer: a stop has begun, or callers are to go elsewhere. */
  get closes(): boolean {
    return this.#closing || this.#leaving();
  }

  get full(): boolean {
    return this.#closing || this.#open.size >= this.limits.maxInFlight || this.bufferedBytes >= this.limits.maxBufferedBytes;
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  enter(request: InHand): void {
    this.#open.add(request);
  }

  leave(request: InHand): void {
    if (this.#open.delete(request) && this.#open.size === 0) this.#idle?.();
  }

  /** Resolves once nothing is in hand, or after `timeoutMs`; true when all was finished. */
  async drain(timeoutMs: number): Promise<boolean> {
    this.#closing = true;
    if (this.#open.size > 0) {
      const timer = { running: undefined as Timer | undefined };
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        timer.running = this.#clock.after(timeoutMs, resolve);
      });
      timer.running?.cancel();
    }
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#open.size === 0;
  }

  #look(): void {
    this.#timer = this.#clock.after(LOOK_INTERVAL_MS, () => {
      const now = this.#clock.monotonic();
      for (const request of this.#open) if (request.deadline < now) request.expire();
      this.#look();
    });
  }
}
