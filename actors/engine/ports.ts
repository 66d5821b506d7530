/**
 * Everything the engine takes from the world outside. Nothing else in `actors` or `machines` may call the clock, timers or
 * random numbers, so the whole engine runs under a simulated world, deterministic from one seed.
 */
import type { EpochMs } from '../../machines/common/effects.ts';

/** A running timer. */
export interface Timer {
  cancel(): void;
}

/** Wall clock, monotonic clock and timers. Timers do not keep the process alive. */
export interface Clock {
  /** Wall clock. */
  now(): EpochMs;
  /** Milliseconds of a clock that never steps back; only differences mean anything. */
  monotonic(): number;
  after(delayMs: number, run: () => void): Timer;
  /** Once the work at hand of this turn of the event loop is done, before any timer. */
  soon(run: () => void): void;
}

/** Uniform random numbers in [0, 1): jitter, nothing secret. */
export interface Random {
  next(): number;
}

/** Identifiers. */
export interface Ids {
  /** UUIDv7, rising within this process. */
  uuid(): string;
}

/** Structured log, the shape of pino's. Secrets never go in. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** One event on its way out to other systems. */
export interface BusEvent {
  readonly subject: string;
  /** `<actor id>/<version>/<n>`: the same for every repetition (Nats-Msg-Id). */
  readonly id: string;
  readonly payload: string;
  /** When the step that tells it was taken. */
  readonly at?: EpochMs;
  /** Of its actor. What the stream lost of a shard is announced again before anything new of it. */
  readonly shard?: number;
}

/** The event bus (NATS JetStream). */
export interface Bus {
  /** Resolves once the stream has stored it. Rejects while the bus is away; the caller tries again. */
  publish(event: BusEvent): Promise<void>;
  readonly connected: boolean;
  /** Called at every change of `connected`; returns how to stop listening. */
  onChange(listener: (connected: boolean) => void): () => void;
}

export interface Ports {
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: Ids;
  readonly log: Log;
}
