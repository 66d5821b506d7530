/**
 * Background housekeeping, a little at a time: expired slots, counters that went wrong, documents past their retention.
 * Nothing here touches what is pending or still needed for idempotency.
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
  readonly shards: number;
  readonly retention: readonly Retention[];
  command(command: Command): Promise<unknown>;
  onError(error: unknown): void;
}

/** Most documents or rows that one round drops of a sort. */
const ROUND = 1_000;
const ROUNDS_PER_RECOUNT = 10;
const DAY_MS = 86_400_000;

export class Sweeps {
  readonly #world: SweepsWorld;
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = true;
  #nextShard = 0;
  #rounds = 0;

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
    const { store, ports, shards } = this.#world;
    const now = ports.clock.now();
    // Slots come as fast as appointments do: a round takes all whose end has come.
    let dropped: number;
    do dropped = await store.sweep(now, ROUND);
    while (dropped >= ROUND && !this.#stopped);
    // A recount reads the whole index of states; counters are right unless something is broken.
    if (this.#rounds++ % ROUNDS_PER_RECOUNT === 0) {
      const wrong = await store.recount(this.#nextShard);
      if (wrong > 0) ports.log.warn({ shard: this.#nextShard, wrong }, 'counters were wrong and have been put right');
      this.#nextShard = (this.#nextShard + 1) % shards;
    }
    for (const retention of this.#world.retention) await this.#drop(retention, now);
  }

  async #drop({ kind, state, days }: Retention, now: EpochMs): Promise<void> {
    const page = await this.#world.store.page({ index: 'state', value: `${kind}|${state}`, to: now - days * DAY_MS, order: 'asc', limit: ROUND });
    for (const doc of page.items) {
      if (this.#stopped) return;
      await this.#world.command({ key: doc.key, type: 'engine.drop', payload: { id: doc.id, version: doc.version }, origin: 'caller', id: `drop:${doc.id}` });
    }
  }
}

export type DropPayload = { readonly id: ActorId; readonly version: ActorDoc['version'] };
