/**
 * What is known of each receiver and of each delivery that failed, in this process: whether it may be tried now.
 *
 * While a receiver does not answer, or answers nothing but failures, one delivery at a time tries it, further and further apart;
 * the rest waits. A delivery that alone is refused waits alone.
 */
import { pauseAfter, type RetryPolicy } from './retry.ts';

interface Failing {
  failures: number;
  /** Monotonic. */
  until: number;
}

interface Receiver {
  /** Failures since the last success. */
  inRow: number;
  /** Pauses since then, each longer than the one before. */
  rounds: number;
  until: number;
  /** A delivery finds out whether it is back. */
  probing: boolean;
}

export interface Failed {
  readonly pauseMs: number;
  /** The pause is this delivery's alone: others go on. */
  readonly alone: boolean;
}

/** Answered failures in a row after which it is the receiver that fails, not the delivery. */
const PATIENCE = 3;
/** Deliveries whose failures are remembered; those that failed longest ago go first. */
const MAX_FAILING = 20_000;
/** Pause while another delivery tries the receiver. */
const PROBE_PAUSE_MS = 1_000;

export class Receivers {
  readonly #policy: RetryPolicy;
  readonly #random: () => number;
  readonly #receivers = new Map<string, Receiver>();
  readonly #failing = new Map<string, Failing>();

  constructor(policy: RetryPolicy, random: () => number) {
    this.#policy = policy;
    this.#random = random;
  }

  /** Milliseconds to wait before this delivery may be tried; 0: now, and the caller tells how it ended. */
  wait(name: string, delivery: string, now: number): number {
    const receiver = this.#receivers.get(name);
    const until = Math.max(receiver?.until ?? 0, this.#failing.get(delivery)?.until ?? 0);
    if (until > now) return until - now;
    if (!receiver || !isDown(receiver)) return 0;
    if (receiver.probing) return Math.round(PROBE_PAUSE_MS * (0.5 + this.#random()));
    receiver.probing = true;
    return 0;
  }

  /** It was taken. @returns whether the receiver had been failing: what waits for it may go now */
  succeeded(name: string, delivery: string): boolean {
    this.#failing.delete(delivery);
    const receiver = this.#receivers.get(name);
    this.#receivers.delete(name);
    return receiver !== undefined && isDown(receiver);
  }

  /** It was not. @param silent no answer, or one that means the receiver itself @param atLeastMs what it asked for */
  failed(name: string, delivery: string, now: number, silent: boolean, atLeastMs: number): Failed {
    const receiver = this.#receivers.get(name) ?? { inRow: 0, rounds: 0, until: 0, probing: false };
    this.#receivers.set(name, receiver);
    receiver.probing = false;
    receiver.inRow = Math.max(receiver.inRow + 1, silent ? PATIENCE : 0);
    const own = this.#remember(delivery);
    const alone = !isDown(receiver);
    if (!alone) receiver.rounds += 1;
    const pause = pauseAfter(alone ? own.failures : receiver.rounds, this.#policy, this.#random());
    const pauseMs = Math.min(this.#policy.maxPauseMs, Math.max(atLeastMs, pause));
    if (alone) own.until = now + pauseMs;
    else receiver.until = now + pauseMs;
    return { pauseMs, alone };
  }

  /** How often this delivery, or its receiver while it was waiting, was tried in vain. */
  tries(name: string, delivery: string): number {
    return Math.max(this.#receivers.get(name)?.rounds ?? 0, this.#failing.get(delivery)?.failures ?? 0);
  }

  #remember(delivery: string): Failing {
    const own = this.#failing.get(delivery) ?? { failures: 0, until: 0 };
    own.failures += 1;
    this.#failing.delete(delivery);
    this.#failing.set(delivery, own);
    for (const oldest of this.#failing.keys()) {
      if (this.#failing.size <= MAX_FAILING) break;
      this.#failing.delete(oldest);
    }
    return own;
  }

  /** It was not tried after all. */
  left(name: string): void {
    const receiver = this.#receivers.get(name);
    if (receiver) receiver.probing = false;
  }

  /** Nothing of it is remembered. */
  forget(name: string, delivery: string): void {
    this.#receivers.delete(name);
    this.#failing.delete(delivery);
  }
}

const isDown = ({ inRow }: Receiver): boolean => inRow >= PATIENCE;
