/** The store port on MongoDB. What a step changes is one document, so one write is one commit; see `layout.ts`. */
import type { Json } from '../../../machines/common/effects.ts';
import { StoreError } from '../../errors/error.ts';
import type { CommitGroup, CommitOutcome, EffectRef, Store, StoreHealth } from '../store.ts';
import { readAnnounced } from './announced.ts';
import type { Collections } from './collections.ts';
import type { Counters } from './counters.ts';
import { closed, toStoreError } from './errors.ts';
import { countOutbox, readDue, readOutbox, readUndone } from './owed.ts';
import { Reader } from './reader.ts';
import type { Settles } from './settles.ts';
import { sweep } from './sweep.ts';
import type { Tails } from './tails.ts';
import type { Turns } from './turns.ts';
import type { Writer } from './writer.ts';

export interface MongoStoreParts {
  readonly collections: Collections;
  readonly writer: Writer;
  readonly settles: Settles;
  readonly counters: Counters;
  readonly tails: Tails;
  readonly turns: Turns;
  health(): StoreHealth;
  pause(delayMs: number): Promise<void>;
  /** Told once, when the store begins to close. */
  closing(): void;
}

export class MongoStore implements Store {
  readonly name = 'mongodb';
  readonly atomicGroups = false;
  readonly #parts: MongoStoreParts;
  readonly #reader: Reader;
  readonly #running = new Set<Promise<unknown>>();
  #closing: Promise<void> | undefined;

  constructor(parts: MongoStoreParts) {
    this.#parts = parts;
    this.#reader = new Reader(parts.collections);
  }

  get(ids: Parameters<Store['get']>[0]): ReturnType<Store['get']> {
    return this.#run(() => this.#reader.all(ids));
  }

  slot(name: string): ReturnType<Store['slot']> {
    return this.#run(() => this.#reader.slot(name));
  }

  /** @throws StoreError `document_invalid` (details.groups: which groups are to blame; outcomes of the others are told when they are sent again), `commit_failed` (what was applied is not known) */
  commit(groups: readonly CommitGroup[]): Promise<readonly CommitOutcome[]> {
    return this.#run(() => this.#parts.writer.commit(groups));
  }

  async settle(refs: readonly EffectRef[]): Promise<void> {
    if (this.#closing) throw closed();
    this.#parts.settles.add(refs);
  }

  find(...[index, value, limit]: Parameters<Store['find']>): ReturnType<Store['find']> {
    return this.#run(() => this.#reader.find(index, value, limit));
  }

  page(query: Parameters<Store['page']>[0]): ReturnType<Store['page']> {
    return this.#run(() => this.#reader.page(query));
  }

  count(query: Parameters<Store['count']>[0]): Promise<number> {
    return this.#run(() => this.#reader.count(query));
  }

  totals(): ReturnType<Store['totals']> {
    return this.#run(() => this.#parts.counters.totals());
  }

  counts(shards: readonly number[]): ReturnType<Store['counts']> {
    return this.#run(() => this.#parts.counters.read(shards));
  }

  recount(shard: number): Promise<number> {
    const { counters, writer, pause } = this.#parts;
    return this.#run(() => counters.recount(shard, () => writer.settled(), pause));
  }

  history(...[actor, options]: Parameters<Store['history']>): ReturnType<Store['history']> {
    return this.#run(() => this.#parts.tails.read(actor, options));
  }

  announced(query: Parameters<Store['announced']>[0]): ReturnType<Store['announced']> {
    return this.#run(() => readAnnounced(this.#parts.collections, query));
  }

  due(query: Parameters<Store['due']>[0]): ReturnType<Store['due']> {
    return this.#run(() => readDue(this.#parts.collections, query));
  }

  outbox(query: Parameters<Store['outbox']>[0]): ReturnType<Store['outbox']> {
    return this.#run(() => readOutbox(this.#parts.collections, this.#parts.settles, query));
  }

  undone(...[actor, channel]: Parameters<Store['undone']>): ReturnType<Store['undone']> {
    return this.#run(() => readUndone(this.#parts.collections, this.#parts.settles, actor, channel));
  }

  outboxSize(channel: string): Promise<number> {
    return this.#run(async () => {
      await this.#parts.settles.flush();
      return countOutbox(this.#parts.collections, channel);
    });
  }

  getMeta(name: string): ReturnType<Store['getMeta']> {
    return this.#run(async () => {
      const row = await this.#parts.collections.meta.findOne({ _id: name });
      return row ? (JSON.parse(row.d) as Json) : undefined;
    });
  }

  async putMeta(name: string, value: Json): Promise<void> {
    const d = JSON.stringify(value);
    await this.#run(() => this.#parts.collections.meta.updateOne({ _id: name }, { $set: { d } }, { upsert: true }));
  }

  sweep(now: number, limit: number): Promise<number> {
    return this.#run(() => sweep(this.#parts, this.#parts.tails, now, limit));
  }

  async health(): Promise<StoreHealth> {
    return this.#closing ? { writable: false, text: 'closed' } : this.#parts.health();
  }

  async backup(): Promise<void> {
    throw new StoreError('store_unsupported', 'backup: of a store on MongoDB is made with its own tools: mongodump --oplog, or a snapshot of its disks', {
      retry: 'never',
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const { settles, counters, tails, collections, closing } = this.#parts;
    closing();
    await Promise.allSettled(this.#running);
    for (const part of [settles, counters, tails]) part.stop();
    // Marks that are lost are made again, counters are recounted: a server that is away does not hold up a stop.
    await Promise.allSettled([settles.flush(), counters.flush(), tails.idle()]);
    await collections.client.close();
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw closed();
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } catch (error) {
      throw toStoreError('store_failed', 'the server did not answer as it should', error);
    } finally {
      this.#running.delete(running);
    }
  }
}
