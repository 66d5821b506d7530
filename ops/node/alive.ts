/** Notes from time to time that the installation lives: at the next start, the silence before it is the gap that the market is asked to fill. */
import type { Clock, Log, Timer } from '../../actors/engine/index.ts';
import type { Store } from '../../actors/store/index.ts';

const META = 'aliveAt';
const UNKNOWN_SILENCE_MS = 6 * 3_600_000;

export class Alive {
  readonly #store: Pick<Store, 'getMeta' | 'putMeta'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #intervalMs: number;
  #timer: Timer | undefined;

  constructor(store: Pick<Store, 'getMeta' | 'putMeta'>, clock: Clock, log: Log, intervalMs: number) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#intervalMs = intervalMs;
  }

  /** When the last engine was last alive; null at the first start. */
  async lastAt(): Promise<number | null> {
    const at = await this.#store.getMeta(META);
    if (typeof at !== 'number') return null;
    const now = this.#clock.now();
    // The clock was set back since: how long the silence was, nobody knows.
    return at > now ? now - UNKNOWN_SILENCE_MS : at;
  }

  start(): void {
    const tick = (): void => {
      void this.#note();
      this.#timer = this.#clock.after(this.#intervalMs, tick);
    };
    tick();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.#note();
  }

  async #note(): Promise<void> {
    try {
      await this.#store.putMeta(META, this.#clock.now());
    } catch (error) {
      this.#log.warn({ err: error }, 'could not note that we live');
    }
  }
}
