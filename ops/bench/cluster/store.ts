/** The MongoDB-protocol server of a bench: our own in the cache folder, ended with the bench; or the one that `MONGODB_URL` names. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { type MongodbServer, setUpMongodb, startMongodb } from '../../mongodb/index.ts';
import { temporary } from '../process/cleanup.ts';

export interface SharedStore {
  readonly url: string;
  /** Nobody used it before. */
  readonly database: string;
  /** Of the server; none when it is not ours. */
  readonly pids: readonly number[];
  readonly client: MongoClient;
  /** Bytes of a collection with its indexes, on disk. */
  sizeOf(collection: string): Promise<number>;
  stop(): Promise<void>;
}

const CONNECT_MS = 20_000;

/** @throws Error where there is no such server and none can be set up */
export async function startStore(say: (text: string) => void): Promise<SharedStore> {
  const { MONGODB_URL: given } = process.env;
  const own = given === undefined || given === '' ? await startOwn(say) : undefined;
  const url = own?.server.url ?? given ?? '';
  const database = `mw-bench-${process.pid}-${randomBytes(3).toString('hex')}`;
  const client = new MongoClient(url, { serverSelectionTimeoutMS: CONNECT_MS });
  return {
    url,
    database,
    pids: own?.server.processes.map(({ pid }) => pid) ?? [],
    client,
    async sizeOf(collection) {
      const stats = await client.db(database).command({ collStats: collection });
      return Number(stats.totalSize ?? Number(stats.storageSize) + Number(stats.totalIndexSize));
    },
    async stop() {
      if (!own) await client.db(database).dropDatabase();
      await client.close();
      await own?.stop();
    },
  };
}

async function startOwn(say: (text: string) => void): Promise<{ readonly server: MongodbServer; stop(): Promise<void> }> {
  const setup = await setUpMongodb(say);
  if (setup.kind === 'unavailable') throw new Error(`mongodb: a server is needed, or MONGODB_URL: ${setup.reason}`);
  const server = await startMongodb({ folders: setup.folders });
  // Its programs die with us, however we end; what they have written must then go too.
  const { base, clusters } = setup.folders;
  const { name } = server;
  const left = [join(clusters, name), join(clusters, `${name}.ferretdb`), join(base, `${name}.ferretdb.log`), join(base, `${name}.postgres.log`)].map(
    temporary,
  );
  return {
    server,
    async stop() {
      await server.close();
      for (const remove of left) remove();
    },
  };
}
