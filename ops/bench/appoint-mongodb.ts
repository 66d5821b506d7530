/** `appoint-mongodb`: durable POSTs a second of one node on the MongoDB-protocol server, against bare bulk writes of what it has written there. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AnyBulkWriteOperation, Collection, Document, IndexDescription } from 'mongodb';
import { ACTOR_INDEXES } from '../../actors/store/mongodb/layout.ts';
import { type Cluster, withCluster } from './cluster/nodes.ts';
import { pointsOf } from './cluster/points.ts';
import { API_PATH } from './installation.ts';
import { runLoad } from './load/job.ts';
import { cpuMs, treeCpuMs } from './process/usage.ts';
import { against, type Bench, median, type Reporter } from './report.ts';

const ROUNDS = Number(process.env.MW_BENCH_CLUSTER_ROUNDS ?? 4);
const PER_ROUND = Number(process.env.MW_BENCH_CLUSTER_POSTS ?? 800);
const CONNECTIONS = 128;
/** One of ten seeded meter points needs another scenario. The first round warms up. */
const SEEDED = Math.ceil(((ROUNDS + 1) * PER_ROUND) / 0.9) + 10;
/** As the engine does it: what callers of 128 connections bring, in two batches side by side. */
const BULK = CONNECTIONS / 2;
const LANES = 2;
const GOAL_RATIO = 0.6;
const DURABLE = { writeConcern: { w: 'majority', journal: true }, ordered: false } as const;
/** Nobody listens here: messages to the market stay in the store. */
const NOWHERE = 'http://127.0.0.1:1';

async function run(report: Reporter): Promise<void> {
  await withCluster({ nodes: 1, nats: 1, seedMpans: SEEDED, config: { dip: { baseUrl: NOWHERE } }, say: report.say }, async (cluster) => {
    const { client, database } = cluster.store;
    const from = client.db(database);
    const bare = client.db(`${database}-bare`);
    try {
      await bare.collection('actors').createIndexes(ACTOR_INDEXES.map((spec) => ({ ...spec }) as IndexDescription));
      const { load } = pointsOf(SEEDED, 0, 0);
      const rates = { engine: [] as number[], bare: [] as number[], engineUs: [] as number[], bareUs: [] as number[] };
      const serverMs = (): number => cluster.store.pids.reduce((sum, pid) => sum + treeCpuMs(pid), 0);
      for (let round = 0; round <= ROUNDS; round++) {
        const since = Date.now();
        const mpans = Array.from({ length: PER_ROUND }, () => load.next().value ?? '');
        const at = [serverMs()];
        const own = await posts(cluster, round, mpans);
        const written = await writtenSince(from.collection('actors'), from.collection('history'), since);
        at.push(serverMs());
        const other = await bulks(bare.collection('actors'), bare.collection('history'), written);
        at.push(serverMs());
        const [engineUs = 0, bareUs = 0] = [1, 2].map((place) => (((at[place] ?? 0) - (at[place - 1] ?? 0)) * 1_000) / PER_ROUND);
        report.say(
          `  round ${round}: bare ${Math.round(other)}/s, engine ${Math.round(own.perSecond)}/s, p99 ${own.p99.toFixed(0)} ms, ${own.cpuUs.toFixed(0)} µs of engine CPU; server CPU: bare ${bareUs.toFixed(0)} µs, engine ${engineUs.toFixed(0)} µs; an appointment is ${(written.length / PER_ROUND).toFixed(2)} documents of actors, ${(written.reduce((sum, { history }) => sum + history.length, 0) / PER_ROUND).toFixed(2)} of history`,
        );
        if (round === 0) continue;
        rates.engine.push(own.perSecond);
        rates.bare.push(other);
        rates.engineUs.push(engineUs);
        rates.bareUs.push(bareUs);
      }
      report.line(
        against(
          'appoint-mongodb',
          median(rates.engine),
          'POST/s',
          'bare bulkWrite of the same documents',
          median(rates.bare),
          'ratio >= 0.6',
          (ratio) => ratio >= GOAL_RATIO,
        ),
      );
      report.line(
        against(
          'appoint-mongodb.server',
          median(rates.engineUs),
          'µs of the server’s CPU a POST, afterwards included',
          'bare',
          median(rates.bareUs),
          'stated, no goal',
          () => true,
        ),
      );
    } finally {
      await bare.dropDatabase();
    }
  });
}

async function posts(
  cluster: Cluster,
  round: number,
  subjects: readonly string[],
): Promise<{ readonly perSecond: number; readonly p99: number; readonly cpuUs: number }> {
  const [node] = cluster.nodes;
  if (!node) throw new Error('appoint-mongodb: no node runs');
  const before = cpuMs(node.engine.pid);
  const result = await runLoad({
    port: node.httpPort,
    path: API_PATH,
    apiKey: cluster.apiKey,
    run: `m${process.pid}-${round}`,
    subjects,
    connections: CONNECTIONS,
    pace: { kind: 'closed' },
  });
  if (result.accepted !== subjects.length)
    throw new Error(`appoint-mongodb: ${result.accepted} of ${subjects.length} accepted: ${JSON.stringify(result.others)}`);
  return { perSecond: result.perSecond, p99: result.latencyMs.p99, cpuUs: ((cpuMs(node.engine.pid) - before) * 1_000) / subjects.length };
}

interface Written {
  readonly actor: Document;
  readonly history: readonly Document[];
}

const REST_MS = 3_000;

/** The documents of processes made since then, with their history, once the engine is at rest. */
async function writtenSince(actors: Collection, history: Collection, since: number): Promise<readonly Written[]> {
  await pause(REST_MS);
  const made = await actors.find({ ix: 'kind:appointment', t: { $gte: since } }).toArray();
  const entries = new Map<string, Document[]>();
  for (const entry of await history.find({ a: { $in: made.map(({ _id }) => String(_id)) } }).toArray()) {
    const actor = String(entry.a);
    entries.set(actor, [...(entries.get(actor) ?? []), entry]);
  }
  // A document that changes while it is read may come twice.
  const once = new Map(made.map((actor) => [String(actor._id), actor]));
  return [...once].map(([id, actor]) => ({ actor, history: entries.get(id) ?? [] }));
}

/** Durable appointments a second: each is its documents, under the indexes that the engine's have. */
async function bulks(actors: Collection, history: Collection, written: readonly Written[]): Promise<number> {
  const parts = Array.from({ length: Math.ceil(written.length / BULK) }, (_, place) => written.slice(place * BULK, (place + 1) * BULK));
  const inserts = (documents: readonly Document[]): AnyBulkWriteOperation[] => documents.map((document) => ({ insertOne: { document } }));
  const startedAt = performance.now();
  const lane = async (): Promise<void> => {
    for (let part = parts.shift(); part; part = parts.shift()) {
      await actors.bulkWrite(inserts(part.map(({ actor }) => actor)), DURABLE);
      const entries = part.flatMap((one) => one.history);
      if (entries.length > 0) await history.bulkWrite(inserts(entries), DURABLE);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return (written.length * 1_000) / (performance.now() - startedAt);
}

export const appointMongodb: Bench = {
  name: 'appoint-mongodb',
  about: 'durable POSTs a second on the MongoDB-protocol server against bare bulk writes of the same documents',
  run,
};
