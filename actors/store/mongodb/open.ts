/** Opens the store on MongoDB: connection, format, indexes; undone in reverse when one of them fails. */
import { MongoClient, MongoServerError } from 'mongodb';
import type { Log } from '../../engine/ports.ts';
import { StoreError } from '../../errors/error.ts';
import type { StoreFaults } from '../faults.ts';
import type { MongodbOptions } from '../options.ts';
import type { Store } from '../store.ts';
import { type Collections, collectionsOf } from './collections.ts';
import { refuseUnfinished } from './copy/journal.ts';
import { Counters } from './counters.ts';
import { endDeadWrites } from './dead-writes.ts';
import { messageOf } from './errors.ts';
import { watchHealth } from './health.ts';
import { ensureIndexes } from './indexes.ts';
import { Lanes } from './lanes.ts';
import { FORMAT, FORMAT_NAME } from './layout.ts';
import { MongoStore } from './mongo-store.ts';
import { Settles } from './settles.ts';
import { Tails } from './tails.ts';
import { Turns } from './turns.ts';
import { Writer } from './writer.ts';

export interface MongoStorePorts {
  readonly log?: (Pick<Log, 'error'> & Partial<Pick<Log, 'warn'>>) | undefined;
  readonly faults?: StoreFaults | undefined;
}

const DUPLICATE = 11_000;

/** @throws StoreError `store_unreachable`, `store_newer_format`, `store_index_differs`, `store_copy_unfinished`, `store_unsupported` */
export async function openMongoStore(options: MongodbOptions, ports: MongoStorePorts = {}): Promise<Store> {
  const { log } = ports;
  const client = makeClient(options);
  const health = watchHealth(client);
  const collections = await connect(client, options.database, refuseUnfinished);
  const stop = new AbortController();
  const later = (what: string) => (err: unknown) => log?.warn?.({ err: messageOf(err) }, `store: ${what} could not be written now`);
  const turns = new Turns();
  const settles = new Settles({ collections, turns }, later('marks of done effects'));
  const counters = new Counters(collections, later('counters'));
  const tails = new Tails({ collections, turns }, later('history'));
  const pause = (delayMs: number): Promise<void> => pauseFor(delayMs, stop.signal);
  const writer = new Writer({
    collections,
    settles,
    counters,
    tails,
    turns,
    faults: ports.faults ?? {},
    settling: {
      collections,
      lanes: new Lanes(Math.max(1, Math.floor(options.poolSize / 2))),
      settleTimeoutMs: options.settleTimeoutMs,
      closing: () => stop.signal.aborted,
      pause,
      now: () => performance.now(),
      onDoubt: (cause, ops) => log?.warn?.({ err: messageOf(cause), ops }, 'store: the outcome of a commit is not known yet and is looked for'),
    },
  });
  return new MongoStore({ collections, writer, settles, counters, tails, turns, health, pause, closing: () => stop.abort() });
}

/** The collections alone, whatever is in them. @throws StoreError as `openMongoStore` */
export function connectMongo(options: MongodbOptions): Promise<Collections> {
  return connect(makeClient(options), options.database, async () => {});
}

async function connect(client: MongoClient, database: string, check: (collections: Collections) => Promise<void>): Promise<Collections> {
  const collections = collectionsOf(client, database);
  try {
    await client.connect();
    await checkFormat(collections);
    await check(collections);
    await ensureIndexes(collections);
    return collections;
  } catch (cause) {
    await client.close();
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('store_unreachable', `mongodb: cannot be worked with: ${messageOf(cause)}`, { cause });
  }
}

function makeClient(options: MongodbOptions): MongoClient {
  const { url } = options;
  if (url === undefined) throw new StoreError('store_unsupported', 'store.mongodb.url: is needed where store.kind is mongodb', { retry: 'never' });
  endDeadWrites();
  try {
    return new MongoClient(url, {
      appName: 'meterwright',
      ignoreUndefined: true,
      readPreference: 'primary',
      retryWrites: true,
      retryReads: true,
      writeConcern: { w: 'majority', journal: true, wtimeoutMS: options.operationTimeoutMs },
      serverSelectionTimeoutMS: options.selectionTimeoutMs,
      connectTimeoutMS: options.connectTimeoutMs,
      // The server's own word that a majority was too slow comes first.
      socketTimeoutMS: options.operationTimeoutMs + 500,
      waitQueueTimeoutMS: options.operationTimeoutMs,
      heartbeatFrequencyMS: options.heartbeatMs,
      maxPoolSize: options.poolSize,
      minPoolSize: Math.min(2, options.poolSize),
    });
  } catch (cause) {
    throw new StoreError('store_unreachable', `store.mongodb.url: is a MongoDB connection string: ${messageOf(cause)}`, { retry: 'never' });
  }
}

async function checkFormat({ meta }: Collections): Promise<void> {
  try {
    await meta.updateOne({ _id: FORMAT_NAME }, { $setOnInsert: { d: String(FORMAT) } }, { upsert: true });
  } catch (error) {
    // Another node was first.
    if (!(error instanceof MongoServerError && error.code === DUPLICATE)) throw error;
  }
  const format: unknown = JSON.parse((await meta.findOne({ _id: FORMAT_NAME }))?.d ?? 'null');
  if (typeof format === 'number' && format <= FORMAT) return;
  throw new StoreError('store_newer_format', `mongodb: has format ${FORMAT} or lower: ${String(format)} (it was written by a newer version)`, {
    retry: 'never',
    details: { format },
  });
}

function pauseFor(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end);
  });
}
