/** Fills a store through its port, in groups as large as it takes. */
import { v7 } from 'uuid';
import type { ActorDoc, CommitOp, Store } from '../../../actors/store/index.ts';
import { SUPPLIER, seededMpan } from '../../sim/market/seed.ts';
import type { Names, Templates } from './template.ts';

const GROUP = 1_000;
const MONTH_MS = 28 * 86_400_000;
/** Meter points are numbered by a walk through this many that comes to each once: they lie all over the index, as real ones do. */
const MPANS = 50_000_017;
const STRIDE = 7_368_787;
/** Those that an installation has from its seeding come first. */
const SEEDED = 1_000;

/** The `place`-th meter point of a filled store. */
export const scatteredMpan = (place: number): string => seededMpan(SEEDED + ((place * STRIDE) % MPANS));

const SHARDS = 64;

function namesOf(place: number, createdAt: number, supplier: { readonly mpid: string; readonly dipId: string }): Names {
  const requestId = v7({ msecs: createdAt, seq: place });
  return { requestId, mpan: scatteredMpan(place), tag: place.toString(16).padStart(10, 'f'), createdAt, mpid: supplier.mpid, dipId: supplier.dipId };
}

/** Everything of one key is under that key, in the shard of that key. */
function placed(op: CommitOp, shard: number): CommitOp {
  return { ...op, doc: { ...op.doc, shard } };
}

export interface Fill {
  /** Hash of a routing key, as the engine has it. */
  readonly shardOf: (key: string, shards: number) => number;
  readonly store: Store;
  readonly templates: Templates;
}

async function inGroups(store: Store, count: number, opsOf: (index: number) => CommitOp[]): Promise<void> {
  let waiting: CommitOp[][] = [];
  const commit = async (): Promise<void> => {
    const outcomes = await store.commit(waiting);
    const bad = outcomes.find(({ kind }) => kind !== 'ok');
    if (bad) throw new Error(`bench: the store refused a copy: ${JSON.stringify(bad)}`);
    waiting = [];
  };
  for (let index = 0; index < count; index++) {
    waiting.push(opsOf(index));
    if (waiting.length === GROUP) await commit();
  }
  if (waiting.length > 0) await commit();
}

/** Pending appointments made over the last four weeks, each with the record of its meter point: a fifth waits for IF-032, two for IF-035, two for IF-036. */
export async function fillPending({ store, templates, shardOf }: Fill, count: number): Promise<void> {
  const [initial, outcome, active] = templates.waiting;
  const mix = [initial, outcome, active, outcome, active];
  const from = Date.now() - MONTH_MS;
  await inGroups(store, count, (place) => {
    const names = namesOf(place, from + Math.floor((place * MONTH_MS) / count), SUPPLIER);
    const shard = shardOf(names.mpan, SHARDS);
    const copy = mix[place % mix.length];
    if (!copy) throw new Error('bench: no template');
    return [placed(templates.record(names), shard), placed(copy(names), shard)];
  });
}

/** Records of meter points without a process. */
export async function fillRecords(
  { store, templates, shardOf }: Fill,
  from: number,
  count: number,
  supplier = SUPPLIER as { mpid: string; dipId: string },
): Promise<void> {
  await inGroups(store, count, (index) => {
    const names = namesOf(from + index, Date.now(), supplier);
    return [placed(templates.record(names), shardOf(names.mpan, SHARDS))];
  });
}

/** One more process that waits for IF-035, and whose warning is due at `dueAt`. Gives its request id. */
export async function addDue({ store, templates, shardOf }: Fill, place: number, dueAt: number): Promise<string> {
  const names = namesOf(place, Date.now() - 60_000, SUPPLIER);
  const [, outcome] = templates.waiting;
  if (!outcome) throw new Error('bench: no template');
  const op = placed(outcome(names), shardOf(names.mpan, SHARDS));
  const reminders = op.doc.reminders.map((reminder) => (reminder.name.endsWith('.warn') ? { ...reminder, dueAt } : reminder));
  await inGroups(store, 1, () => [{ ...op, doc: { ...op.doc, reminders } }]);
  return names.requestId;
}

/** Takes out everything of some meter points, and settles what they owe: the store is as it was before they came. */
export async function removePlaces(store: Store, places: readonly number[]): Promise<void> {
  for (const channel of ['dip', 'events']) {
    for (let page = await store.outbox({ channel, shards: [...Array(SHARDS).keys()], limit: GROUP }); page.items.length > 0; ) {
      await store.settle(page.items);
      await store.outboxSize(channel);
      page = await store.outbox({ channel, shards: [...Array(SHARDS).keys()], limit: GROUP });
    }
  }
  const docs: ActorDoc[] = [];
  for (const place of places) {
    const mpan = scatteredMpan(place);
    const ids = [...(await store.find('mpan', `${SUPPLIER.mpid}:${mpan}`)), ...(await store.find('mpanAny', mpan))];
    for (const doc of await store.get(ids)) if (doc) docs.push(doc);
  }
  await inGroups(store, docs.length, (index) => {
    const doc = docs[index];
    return doc ? [{ doc, before: doc, expectedVersion: doc.version, remove: true, release: doc.slots }] : [];
  });
}
