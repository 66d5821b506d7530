/**
 * Several nodes on one server, as engines load it: creates of several documents, steps that pass the outcome of an effect on,
 * marks of effects that are done, ends that remove, look-ups, sweeps. Most documents are one node's; some are everybody's.
 */
import { Committer } from '../../../actors/engine/committer.ts';
import { openMongoStore } from '../../../actors/store/mongodb/index.ts';
import type { MongodbOptions } from '../../../actors/store/options.ts';
import type { ActorDoc, CommitOp, CommitOutcome, Effect, Store } from '../../../actors/store/store.ts';
import { realClock } from '../real-ports.ts';
import { create, doc, effect, next, ref, slot, update } from './documents.ts';

export interface LoadSetup {
  readonly options: MongodbOptions;
  readonly nodes: number;
  /** Processes that each node has in hand at once. */
  readonly lanes: number;
  readonly durationMs: number;
}

export interface LoadResult {
  readonly commits: number;
  /** Processes that came to their end. */
  readonly done: number;
  /** Everything that was not as it should be. */
  readonly faults: readonly string[];
  /** What the stores had to say. */
  readonly warnings: readonly string[];
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Node {
  readonly store: Store;
  readonly commit: (group: readonly CommitOp[]) => Promise<CommitOutcome>;
}

/** Numbers of documents that all nodes write to. */
const SHARED = 8;
const FIRST = 100;
const STEPS = 9;
const OK: CommitOutcome = { kind: 'ok' };

export async function runMongodbLoad({ options, nodes, lanes, durationMs }: LoadSetup): Promise<LoadResult> {
  const warnings: string[] = [];
  const faults: string[] = [];
  const times: number[] = [];
  const say = (fields: unknown, text: string): void => void warnings.push(`${text}: ${JSON.stringify(fields)}`);
  const world = await Promise.all(Array.from({ length: nodes }, () => openNode(options, times, say)));
  const end = performance.now() + durationMs;
  let done = 0;
  let number = FIRST;
  await world[0]?.commit(Array.from({ length: SHARED }, (_, n) => create(doc(n))));
  const lane = async (node: Node): Promise<void> => {
    while (performance.now() < end) {
      number += 2;
      const n = number;
      try {
        const wrong = await runProcess(node, n);
        if (wrong === undefined) done++;
        else faults.push(wrong);
      } catch (error) {
        faults.push(String(error));
      }
    }
  };
  const chores = async ({ store }: Node): Promise<void> => {
    while (performance.now() < end) {
      await store.sweep(Date.now(), 500);
      await store.due({ shards: [0, 1, 2, 3], until: Date.now(), limit: 100 });
      await store.counts([0, 1, 2, 3]);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  await Promise.all(world.flatMap((node) => [chores(node), ...Array.from({ length: lanes }, () => lane(node))]));
  for (const { store } of world) await store.close();
  times.sort((a, b) => a - b);
  const at = (part: number): number => Math.round(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0);
  return { commits: times.length, done, faults, warnings, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

async function openNode(options: MongodbOptions, times: number[], say: (fields: unknown, text: string) => void): Promise<Node> {
  const store = await openMongoStore(options, { log: { error: say, warn: say } as never });
  const committer = new Committer(store, realClock, 200);
  return {
    store,
    async commit(group) {
      const begun = performance.now();
      const outcome = await committer.commit(group);
      times.push(performance.now() - begun);
      return outcome;
    },
  };
}

/** A process with a companion: created together, stepped alone and together, both orders; one is removed at the end. Tells what went wrong. */
async function runProcess(node: Node, n: number): Promise<string | undefined> {
  const { store, commit } = node;
  const entry = (of: ActorDoc) => [
    { version: of.version, at: of.changedAt, event: 'e', from: null, to: 'x', details: { pad: 'x'.repeat(800) }, said: [{ n }] },
  ];
  let main = doc(n, { key: `k${n}`, indexes: { mpan: [`m${n % 50}`], requestId: [`r${n}`] } });
  let companion = doc(n + 1, { key: `k${n}`, shard: main.shard });
  const born = await commit([
    create(main, {
      claim: [slot(`idem:${n}`, main, { expiresAt: Date.now() + 2_000 }), slot(`active:${n}`, main)],
      effects: [effect(main, 0), effect(main, 1, { channel: 'events' })],
      history: entry(main),
    }),
    create(companion, { effects: [effect(companion, 0)], history: entry(companion) }),
  ]);
  if (born.kind !== 'ok') return `${n}: create: ${born.kind}`;
  let owed: Effect = effect(main, 0);
  await store.settle([ref(effect(main, 1, { channel: 'events' })), ref(effect(companion, 0))]);
  for (let step = 2; step <= STEPS; step++) {
    const after = next(main, { state: `S${step}` });
    const sent = [effect(after, 0), effect(after, 1, { channel: 'events' })];
    const own = update(main, { state: `S${step}` }, { settle: [ref(owed)], effects: sent, history: entry(after) });
    const beside = next(companion);
    const other = update(companion, {}, { effects: [effect(beside, 0)], history: entry(beside) });
    const group = step % 3 === 0 ? [other, own] : step % 3 === 1 ? [own, other] : [own];
    const outcome = await commit(group);
    if (outcome.kind !== 'ok') return `${n}: step ${step}: ${outcome.kind}`;
    [main, owed] = [own.doc, sent[0] as Effect];
    const marks = [ref(sent[1] as Effect)];
    if (group.length > 1) {
      companion = other.doc;
      marks.push(ref(effect(companion, 0)));
    }
    await store.settle(marks);
    if (step % 4 === 0) await touchShared(node, n + step);
    const [found] = await Promise.all([store.get([main.id]), store.find('mpan', `m${n % 50}`), store.slot(`active:${n}`)]);
    if (found[0]?.version !== main.version) return `${n}: reads version ${String(found[0]?.version)} after ${main.version}`;
  }
  const outcome = await commit([
    update(main, {}, { settle: [ref(owed)], release: [`active:${n}`] }),
    { doc: companion, before: companion, expectedVersion: companion.version, remove: true },
  ]);
  if (outcome.kind !== 'ok') return `${n}: end: ${outcome.kind}`;
  const history = await store.history(main.id);
  return history.length === STEPS ? undefined : `${n}: history of ${history.length}`;
}

/** Written by all nodes, in both orders; whoever comes second is told so. */
async function touchShared({ store, commit }: Node, n: number): Promise<void> {
  const ids = [doc(n % SHARED).id, doc((n * 3 + 1) % SHARED).id];
  const found = (await store.get([...new Set(ids)])).flatMap((one) => one ?? []);
  const outcome = await commit(found.map((one) => update(one, { commitId: `s${n}` }, { effects: [effect(next(one), 0, { key: `shared-${n}` })] })));
  if (outcome.kind !== OK.kind && outcome.kind !== 'version') throw new Error(`shared: ${outcome.kind}`);
  await store.settle(found.map((one) => ref(effect(next(one), 0, { key: `shared-${n}` }))));
}
