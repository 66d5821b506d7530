/** Gathers the effects that were done and have nothing to say, and settles them together. A lost mark only means that an effect is done again. */
import type { EffectRef, Store } from '../store/store.ts';
import type { Clock } from './ports.ts';

interface Waiting {
  readonly ref: EffectRef;
  readonly done: () => void;
}

export class SettleBatch {
  readonly #store: Pick<Store, 'settle'>;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #waiting: Waiting[] = [];
  #planned = false;

  constructor(store: Pick<Store, 'settle'>, clock: Clock, onError: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Resolves when the store has taken the mark. */
  add(ref: EffectRef): Promise<void> {
    return new Promise((done) => {
      this.#waiting.push({ ref, done });
      if (this.#planned) return;
      this.#planned = true;
      this.#clock.soon(() => void this.flush());
    });
  }

  async flush(): Promise<void> {
    this.#planned = false;
    const batch = this.#waiting.splice(0);
    if (batch.length === 0) return;
    try {
      await this.#store.settle(batch.map((waiting) => waiting.ref));
    } catch (error) {
      this.#onError(error);
    }
    for (const waiting of batch) waiting.done();
  }
}
