/** A clock that moves only when told to. Timers set while it is moving fire too, when they are due; promises are let run in between. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Clock, Timer } from '../../actors/engine/ports.ts';

interface Waiting {
  readonly dueAt: number;
  readonly order: number;
  readonly run: () => void;
}

export class FakeClock implements Clock {
  readonly #timers = new Set<Waiting>();
  #now: number;
  #order = 0;

  constructor(now = Date.parse('2026-03-24T10:00:00Z')) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now;
  }

  after(delayMs: number, run: () => void): Timer {
    const waiting: Waiting = { dueAt: this.#now + Math.max(0, delayMs), order: this.#order++, run };
    this.#timers.add(waiting);
    return { cancel: () => this.#timers.delete(waiting) };
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  /** Timers that wait. */
  get pending(): number {
    return this.#timers.size;
  }

  /** When the next timer is due; undefined when none waits. */
  get nextDueAt(): number | undefined {
    return this.#next()?.dueAt;
  }

  /** Let everything run that needs no time. */
  async flush(turns = 3): Promise<void> {
    for (let index = 0; index < turns; index++) await turn();
  }

  /** Move on, firing what becomes due in order, each at its own instant. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.flush();
    for (let next = this.#next(); next && next.dueAt <= end; next = this.#next()) {
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.dueAt);
      next.run();
      await this.flush();
    }
    this.#now = end;
  }

  /** Step the wall clock without firing anything, as when somebody sets it. */
  set(now: number): void {
    this.#now = now;
  }

  #next(): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#timers) {
      if (!first || waiting.dueAt < first.dueAt || (waiting.dueAt === first.dueAt && waiting.order < first.order)) first = waiting;
    }
    return first;
  }
}
