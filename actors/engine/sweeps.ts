/**
 * Background housekeeping, a little at a time: expired slots, counters that went wrong, documents past their retention.
 * Nothing here touches what is pending or still needed for idempotency. Among many nodes each does it for the shards that it
 * serves, and what is of no shard is done by the one that serves shard 0.
 */
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';
import type { ActorDoc, Store } from '../store/store.ts';
import type { Command } from './definition.ts';
import type { Ports, Timer } from './ports.ts';

/** Ended documents of a kind and state are dropped once `since` is older than `days`. */
export interface Retention {
  readonly kind: string;
  readonly state: string;
  readonly days: number;
}

export interface SweepsWorld {
  readonly ports: Ports;
  readonly store: Pick<Store, 'sweep' | 'recount' | 'page'>;
  readonly intervalMs: number;
  /** How many there are. */
  readonly shards: number;
  /** Those that this node serves now. Default: all. */
  readonly served?: () => readonly number[];
  readonly retention: readonly Retention[];
  command(command: Command): Promise<unknown>;
  onError(error: unknown): void;
}

/** Most documents or rows that one round drops of a sort. */
const ROUND = 1_000;
/** Most pages that one round reads of a sort, where others have the rest of the shards. */
const ROUND_PAGES = 20;
const ROUNDS_PER_RECOUNT = 10;
const DAY_MS = 86_400_000;

export class Sweeps {
  readonly #world: SweepsWorld;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;
  /** Shard that was recounted last. */
  #recounted = -1;
  #rounds = 0;
  /** Where a round stopped that did not come to the end, by kind and state. */
  readonly #cursors = new Map<string, string>();

  constructor(world: SweepsWorld) {
    this.#world = world;
  }

  start(): void {
    this.#stopped = false;
    this.#plan();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    await this.#running;
  }

  #plan(): void {
    if (this.#stopped) return;
    this.#timer = this.#world.ports.clock.after(this.#world.intervalMs, () => {
      this.#running = this.round()
        .catch((error: unknown) => this.#world.onError(error))
        .finally(() => this.#plan());
    });
  }

  /** One round. */
  async round(): Promise<void> {
    const { store, ports } = this.#world;
    const now = ports.clock.now();
    const served = this.#served();
    if (served.includes(0)) {
      // Slots come as fast as appointments do: a round takes all whose end has come.
      let dropped: number;
      do dropped = await store.sweep(now, ROUND);
      while (dropped >= ROUND && !this.#stopped);
    }
    // A recount reads the whole index of states; counters are right unless something is broken.
    const shard = served.find((own) => own > this.#recounted) ?? served[0];
    if (this.#rounds++ % ROUNDS_PER_RECOUNT === 0 && shard !== undefined) {
      const wrong = await store.recount(shard);
      if (wrong > 0) ports.log.warn({ shard, wrong }, 'counters were wrong and have been put right');
      this.#recounted = shard;
    }
    for (const retention of this.#world.retention) await this.#drop(retention, now, new Set(served));
  }

  #served(): readonly number[] {
    const { shards, served } = this.#world;
    return served?.() ?? Array.from({ length: shards }, (_, shard) => shard);
  }

  /** The oldest come first. A page may hold nothing of ours: the next ones are read then, and a later round goes on where this one stopped. */
  async #drop({ kind, state, days }: Retention, now: EpochMs, served: ReadonlySet<number>): Promise<void> {
    const value = `${kind}|${state}`;
    let cursor = this.#cursors.get(value);
    this.#cursors.delete(value);
    let dropped = 0;
    for (let pages = 0; pages < ROUND_PAGES && dropped < ROUND; pages++) {
      const query = { index: 'state', value, to: now - days * DAY_MS, order: 'asc', limit: ROUND } as const;
      const page = await this.#world.store.page(cursor === undefined ? query : { ...query, cursor });
      for (const doc of page.items) {
        if (this.#stopped) return;
        if (!served.has(doc.shard)) continue;
        await this.#world.command({
          key: doc.key,
          type: 'engine.drop',
          payload: { id: doc.id, version: doc.version },
          origin: 'caller',
          id: `drop:${doc.id}/${doc.version}`,
        });
        dropped++;
      }
      cursor = page.cursor;
      if (cursor === undefined) return;
    }
    if (cursor !== undefined) this.#cursors.set(value, cursor);
  }
}

export type DropPayload = { readonly id: ActorId; readonly version: ActorDoc['version'] };
