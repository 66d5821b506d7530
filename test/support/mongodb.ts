/**
 * The MongoDB-protocol server of the tests: one per test file, started at its first use, ended with its process. Each test has
 * a database of its own; databases are emptied and used again, because making their indexes takes longer than most tests.
 * `MONGODB_URL` uses another server instead.
 */
import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { MongoClient } from 'mongodb';
import { openMongoStore } from '../../actors/store/mongodb/index.ts';
import type { MongodbOptions } from '../../actors/store/options.ts';
import type { Store } from '../../actors/store/store.ts';
import { type MongodbServer, presentMongodb, startMongodb } from '../../ops/mongodb/index.ts';
import { needs } from '../../ops/test/needs.ts';

const present = process.env.MONGODB_URL ? undefined : presentMongodb();

/** Why there is no server; undefined when there is one. */
export const mongodbMissing: string | undefined = present?.kind === 'unavailable' ? present.reason : undefined;

type Declare = (title: string, run: (t: ExecutionContext) => Promise<void> | void) => void;

/** Declares a test that needs the server. */
export const mongodbTest: Declare = needs(test, 'mongodb', mongodbMissing);

/** A server of one's own, to kill. Not available with `MONGODB_URL`. */
export const ownServerMissing: string | undefined =
  mongodbMissing ?? (process.env.MONGODB_URL ? 'MONGODB_URL names a server that is not ours to kill' : undefined);

/** Declares a test that kills its server. */
export const ownMongodbTest: Declare = needs(test, 'mongodb', ownServerMissing);

/** Starts a server with a data folder of its own. The caller closes it. */
export async function startOwnMongodb(): Promise<MongodbServer> {
  if (present?.kind !== 'ready') throw new Error(`mongodb: ${ownServerMissing}`);
  return startMongodb({ folders: present.folders });
}

let shared: Promise<{ readonly url: string; readonly server: MongodbServer | undefined }> | undefined;
const free: string[] = [];

/** Databases in use at once: a test file runs all its tests together, and each new database costs its indexes. */
const MAX_DATABASES = 6;
let inUse = 0;
const queue: (() => void)[] = [];

async function takeDatabase(): Promise<string> {
  if (inUse >= MAX_DATABASES) await new Promise<void>((resolve) => queue.push(resolve));
  else inUse++;
  return free.pop() ?? `mw-test-${process.pid}-${randomBytes(4).toString('hex')}`;
}

/** Whoever waits longest takes the place. */
function giveBack(): void {
  const next = queue.shift();
  if (next) next();
  else inUse--;
}

export async function mongodbUrl(): Promise<string> {
  shared ??= process.env.MONGODB_URL
    ? Promise.resolve({ url: process.env.MONGODB_URL, server: undefined })
    : startOwnMongodb().then((server) => ({ url: server.url, server }));
  return (await shared).url;
}

test.after.always('the MongoDB-protocol server is ended', async (t) => {
  t.pass();
  if (!shared) return;
  const { url, server } = await shared;
  if (server) return server.close();
  await withClient(url, async (client) => {
    for (const name of free) await client.db(name).dropDatabase();
  });
});

export const MONGODB_OPTIONS: Omit<MongodbOptions, 'url' | 'database'> = {
  poolSize: 5,
  connectTimeoutMs: 2_000,
  selectionTimeoutMs: 2_000,
  operationTimeoutMs: 5_000,
  settleTimeoutMs: 20_000,
  heartbeatMs: 500,
};

export interface OpenedMongodb {
  readonly store: Store;
  readonly options: MongodbOptions;
  reopen(): Promise<Store>;
  dispose(): Promise<void>;
}

/** A store on an empty database. @param changes to its settings, such as the URL of a proxy */
export async function openMongodb(changes: Partial<MongodbOptions> = {}): Promise<OpenedMongodb> {
  const url = await mongodbUrl();
  const database = await takeDatabase();
  const options = { ...MONGODB_OPTIONS, url, database, ...changes };
  let store = await openMongoStore(options);
  return {
    store,
    options,
    async reopen() {
      await store.close();
      store = await openMongoStore(options);
      return store;
    },
    async dispose() {
      try {
        await store.close();
        await withClient(url, (client) => empty(client, database));
        free.push(database);
      } finally {
        giveBack();
      }
    },
  };
}

export async function withClient<T>(url: string, run: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 5_000, ignoreUndefined: true });
  try {
    return await run(client);
  } finally {
    await client.close();
  }
}

async function empty(client: MongoClient, database: string): Promise<void> {
  const db = client.db(database);
  await Promise.all(['actors', 'history', 'counts'].map((name) => db.collection(name).deleteMany({})));
  await db.collection<{ _id: string }>('meta').deleteMany({ _id: { $ne: 'store.format' } });
}
