/** The store port on ordered trees. What differs between grounds (locks, disk, backup) is handed in. */

import type { ActorId, Json } from '../../../machines/common/effects.ts';
import { StoreError } from '../../errors/error.ts';
import type { StoreFaults } from '../faults.ts';
import type { CommitGroup, CommitOutcome, EffectRef, Store, StoreHealth } from '../store.ts';
import { packText } from './pack.ts';
import { Reader } from './reader.ts';
import { recountShard } from './recount.ts';
import { sweepSlots } from './sweep.ts';
import { Totals } from './totals.ts';
import type { Ground } from './trees.ts';
import { Writer } from './writer.ts';

export interface TreeStoreOptions {
  readonly name: Store['name'];
  readonly atomicGroups: boolean;
  readonly faults?: StoreFaults | undefined;
  health(): StoreHealth;
  /** Why nothing can be asked of it any more. */
  failed(): StoreError | undefined;
  /** Why documents may not be created now; undefined when they may. */
  refusesNew(): string | undefined;
  backup(directory: string): Promise<void>;
  /** Lets go of the ground; nothing is under way. */
  release(): Promise<void>;
}

export class TreeStore implements Store {
  readonly name: Store['name'];
  readonly atomicGroups: boolean;
  readonly #ground: Ground;
  readonly #writer: Writer;
  readonly #reader: Reader;
  readonly #totals: Totals;
  readonly #options: TreeStoreOptions;
  /** What takes several turns and touches the ground in each; it is let go of only behind them. */
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(ground: Ground, options: TreeStoreOptions) {
    this.name = options.name;
    this.atomicGroups = options.atomicGroups;
    this.#ground = ground;
    this.#options = options;
    this.#writer = new Writer(ground, { atomic: options.atomicGroups, faults: options.faults });
    this.#reader = new Reader(ground, {
      isSettled: (suffix) => this.#writer.isSettled(suffix),
      pause: () => this.#pause(),
    });
    this.#totals = new Totals(ground, this.#writer, () => this.#pause());
  }

  async get(ids: Parameters<Store['get']>[0]): ReturnType<Store['get']> {
    return this.#open().#reader.all(ids);
  }

  async slot(name: string): ReturnType<Store['slot']> {
    return this.#open().#reader.slot(name);
  }

  /** @throws StoreError `disk_reserve`, `document_invalid` (both with details.groups: which groups are to blame), or why the write failed; nothing was applied. */
  async commit(groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> {
    const why = this.#open().#options.refusesNew();
    if (why !== undefined) refuseNew(groups, why);
    return this.#writer.commit(groups);
  }

  async settle(refs: readonly EffectRef[]): Promise<void> {
    this.#open().#writer.settle(refs);
  }

  async find(...[index, value, limit]: Parameters<Store['find']>): ReturnType<Store['find']> {
    return this.#open().#reader.find(index, value, limit);
  }

  async page(query: Parameters<Store['page']>[0]): ReturnType<Store['page']> {
    return this.#open().#reader.page(query);
  }

  async count(query: Parameters<Store['count']>[0]): Promise<number> {
    return this.#open().#run(this.#reader.count(query));
  }

  async counts(shards: readonly number[]): ReturnType<Store['counts']> {
    return this.#open().#reader.counts(shards);
  }

  async totals(): ReturnType<Store['totals']> {
    return this.#open().#run(this.#totals.read());
  }

  async recount(shard: number): Promise<number> {
    const wrong = await this.#open().#run(recountShard(this.#ground, this.#writer, shard, () => this.#pause()));
    if (wrong > 0) this.#totals.forget();
    return wrong;
  }

  async history(...[actor, options]: Parameters<Store['history']>): ReturnType<Store['history']> {
    return this.#open().#reader.history(actor, options);
  }

  async announced(query: Parameters<Store['announced']>[0]): ReturnType<Store['announced']> {
    return this.#open().#reader.announced(query);
  }

  async due(query: Parameters<Store['due']>[0]): ReturnType<Store['due']> {
    return this.#open().#reader.due(query);
  }

  async outbox(query: Parameters<Store['outbox']>[0]): ReturnType<Store['outbox']> {
    return this.#open().#reader.outbox(query);
  }

  async undone(actor: ActorId, channel: string): ReturnType<Store['undone']> {
    return this.#open().#reader.undone(actor, channel);
  }

  async outboxSize(channel: string): Promise<number> {
    await this.#open().#writer.flushSettles();
    return this.#open().#run(this.#reader.outboxSize(channel));
  }

  async getMeta(name: string): ReturnType<Store['getMeta']> {
    const row = this.#open().#ground.trees.meta.get(packText(name));
    return row === undefined ? undefined : (JSON.parse(row) as Json);
  }

  async putMeta(name: string, value: Json): Promise<void> {
    const row = JSON.stringify(value);
    await this.#open().#writer.job((batch) => batch.plan.put('meta', packText(name), row));
  }

  async sweep(now: number, limit: number): Promise<number> {
    return sweepSlots(this.#open().#ground, this.#writer, now, limit);
  }

  async health(): Promise<StoreHealth> {
    return this.#closing ? { writable: false, text: 'closed' } : this.#options.health();
  }

  async backup(directory: string): Promise<void> {
    await this.#open().#run(this.#options.backup(directory));
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  /** Ends it as a crash does: what waits is never answered. */
  abandon(): void {
    this.#closing ??= Promise.resolve();
    this.#writer.drop();
  }

  async #end(): Promise<void> {
    await this.#writer.close();
    await Promise.allSettled(this.#running);
    await this.#options.release();
  }

  async #run<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }

  /** Between two slices of a long read; a closing store does not wait for its end. */
  async #pause(): Promise<void> {
    await this.#ground.pause();
    this.#open();
  }

  #open(): this {
    if (this.#closing) throw new StoreError('store_closed', 'store: is closed');
    const failed = this.#options.failed();
    if (failed) throw failed;
    return this;
  }
}

function refuseNew(groups: readonly CommitGroup[], why: string): void {
  const creating: number[] = [];
  for (const [i, group] of groups.entries()) if (group.some((op) => op.expectedVersion === 0 && !op.inHand)) creating.push(i);
  if (creating.length > 0) throw new StoreError('disk_reserve', why, { details: { groups: creating } });
}
