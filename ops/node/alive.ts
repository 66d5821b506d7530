/**
 * Notes from time to time that the installation lives: at the next start, the silence before it is the gap that the market is asked
 * to fill. Among many nodes each notes itself, and the newest of all counts; that two write at once loses one note, which comes again.
 */
import type { Clock, Log, Timer } from '../../actors/engine/index.ts';
import type { Store } from '../../actors/store/index.ts';

const META = 'aliveAt';
const UNKNOWN_SILENCE_MS = 6 * 3_600_000;
/** Nodes that were not seen for that long are dropped from the note. */
const FORGOTTEN_MS = 30 * 86_400_000;
/** What clocks of nodes may differ by before a note is from the future. */
const SKEW_MS = 10_000;

/** Alone: the instant; among many nodes: the instant of each, by its own clock. */
type Note = number | { readonly [node: string]: number };

export class Alive {
  readonly #store: Pick<Store, 'getMeta' | 'putMeta'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #intervalMs: number;
  readonly #node: string | undefined;
  #timer: Timer | undefined;

  /** @param node name of this one of many nodes; absent: this process is alone */
  constructor(store: Pick<Store, 'getMeta' | 'putMeta'>, clock: Clock, log: Log, intervalMs: number, node?: string) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#intervalMs = intervalMs;
    this.#node = node;
  }

  /** When an engine was last alive, whichever; null at the first start. */
  async lastAt(): Promise<number | null> {
    const now = this.#clock.now();
    const all = Object.values(notesOf(await this.#store.getMeta(META)));
    if (all.length === 0) return null;
    const possible = all.filter((at) => at <= now + (this.#node === undefined ? 0 : SKEW_MS));
    // All clocks were set back since: how long the silence was, nobody knows.
    return possible.length === 0 ? now - UNKNOWN_SILENCE_MS : Math.min(now, Math.max(...possible));
  }

  start(): void {
    const tick = (): void => {
      void this.#note();
      this.#timer = this.#clock.after(this.#intervalMs, tick);
    };
    tick();
  }

  /** Notes once more, if it ever began: before, the silence is not known to anybody yet. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    await this.#note();
  }

  async #note(): Promise<void> {
    try {
      const now = this.#clock.now();
      if (this.#node === undefined) await this.#store.putMeta(META, now);
      else {
        const known = Object.entries(notesOf(await this.#store.getMeta(META))).filter(([node, at]) => node !== ALONE && Math.abs(now - at) < FORGOTTEN_MS);
        await this.#store.putMeta(META, { ...Object.fromEntries(known), [this.#node]: now });
      }
    } catch (error) {
      this.#log.warn({ err: error }, 'could not note that we live');
    }
  }
}

/** Name under which the note of a process that was alone is read. */
const ALONE = '';

function notesOf(note: unknown): Readonly<Record<string, number>> {
  const known = (note ?? {}) as Note;
  if (typeof known === 'number') return { [ALONE]: known };
  return Object.fromEntries(Object.entries(known).filter(([, at]) => typeof at === 'number'));
}
