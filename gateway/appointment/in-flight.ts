/**
 * Calls under one idempotency key that are in hand at this moment (appointments 1.4): the first goes on, the others wait for
 * its end. The slot in the store decides in the end; this only spares the others a lost race, and keeps their answers in
 * order.
 */
import type { Clock } from '../../actors/engine/ports.ts';

interface InFlight {
  readonly bodyHash: string;
  readonly done: Promise<void>;
}

export type Entered =
  /** Nobody else is at it. `leave` must be called at the end, whatever it was. */
  | { readonly kind: 'first'; readonly leave: () => void }
  /** The first has a different body, or did not end in time. */
  | { readonly kind: 'conflict' }
  /** The first has ended; look again. */
  | { readonly kind: 'ended' };

export class InFlightKeys {
  readonly #calls = new Map<string, InFlight>();
  readonly #clock: Clock;
  readonly #waitMs: number;

  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  enter(slot: string, bodyHash: string): Entered | Promise<Entered> {
    const other = this.#calls.get(slot);
    if (other) return other.bodyHash === bodyHash ? this.#wait(other) : { kind: 'conflict' };
    let end: () => void = () => {};
    const done = new Promise<void>((resolve) => {
      end = resolve;
    });
    this.#calls.set(slot, { bodyHash, done });
    const leave = (): void => {
      this.#calls.delete(slot);
      end();
    };
    return { kind: 'first', leave };
  }

  async #wait(other: InFlight): Promise<Entered> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(this.#waitMs, () => resolve({ kind: 'conflict' }));
      other.done.then(() => {
        timer.cancel();
        resolve({ kind: 'ended' });
      });
    });
  }
}
