/** The shell of the circuit: keeps its state and its timer, tells the channel when something may leave, and the world of outages. */
import type { Clock, Timer } from '../engine/ports.ts';
import { allowance, type Circuit, CLOSED, stepCircuit } from './circuit.ts';
import type { CircuitOptions } from './options.ts';

export interface BreakerSetup {
  readonly options: CircuitOptions;
  readonly maxItems: number;
  readonly clock: Clock;
  /** The circuit opened, or closed again. Never called twice with the same value. */
  readonly onCircuit: (open: boolean, text: string) => void;
  /** Something about `allowance` changed. */
  readonly onChange: () => void;
}

export class Breaker {
  readonly #setup: BreakerSetup;
  #circuit: Circuit = CLOSED;
  /** Monotonic: a wall clock that is set back must not prolong an outage. */
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #told = false;

  constructor(setup: BreakerSetup) {
    this.#setup = setup;
  }

  get kind(): Circuit['kind'] {
    return this.#circuit.kind;
  }

  get paused(): boolean {
    return this.#setup.clock.monotonic() < this.#pausedUntil;
  }

  /** Most messages that the next POST may carry; 0: none may leave now. */
  get allowance(): number {
    return this.paused ? 0 : allowance(this.#circuit, this.#setup.options, this.#setup.maxItems);
  }

  /** How long nothing can leave for certain, milliseconds. */
  get waitMs(): number {
    const open = this.#circuit.kind === 'open' ? this.#circuit.until : Number.NEGATIVE_INFINITY;
    return Math.max(0, Math.max(open, this.#pausedUntil) - this.#setup.clock.monotonic());
  }

  started(): void {
    this.#step('started', '');
  }

  succeeded(): void {
    this.#step('succeeded', 'the DIP answers again');
  }

  failed(text: string): void {
    this.#step('failed', text);
  }

  abandoned(): void {
    this.#step('abandoned', '');
  }

  /** The DIP asked for a pause (429). It lives, so the circuit stays as it is. */
  pause(forMs: number): void {
    const until = this.#setup.clock.monotonic() + forMs;
    if (forMs <= 0 || until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    this.#arm();
    this.#setup.onChange();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #step(type: 'started' | 'succeeded' | 'failed' | 'abandoned' | 'tick', text: string): void {
    const before = this.#circuit;
    this.#circuit = stepCircuit(before, { type }, this.#setup.clock.monotonic(), this.#setup.options);
    if (this.#circuit === before) return;
    if (this.#circuit.kind === 'open') this.#arm();
    const outage = this.#circuit.kind !== 'closed';
    if (outage !== this.#told) {
      this.#told = outage;
      this.#setup.onCircuit(outage, text);
    }
    this.#setup.onChange();
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = this.#setup.clock.after(this.waitMs, () => {
      this.#step('tick', '');
      if (this.waitMs > 0) this.#arm();
      else this.#setup.onChange();
    });
  }
}
