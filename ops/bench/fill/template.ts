/**
 * Documents to fill a store with: a few appointments are really run, in memory, to each of the states in which processes wait;
 * what the store then holds of them is copied under other names.
 */
import { randomBytes } from 'node:crypto';

import type { ActorDoc, CommitOp, HistoryEntry, Slot, Store } from '../../../actors/store/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { SUPPLIER, seededMpan } from '../../sim/market/seed.ts';
import { openWorld } from '../world/engine.ts';

/** What stands in for the names of a copy. */
export interface Names {
  readonly requestId: string;
  readonly mpan: string;
  /** 16 hex digits, unique: the tail of the market's references. */
  readonly tag: string;
  readonly mpid: string;
  readonly dipId: string;
  readonly createdAt: number;
}

interface Content {
  readonly doc: ActorDoc;
  readonly history: readonly HistoryEntry[];
  readonly claim: readonly Slot[];
}

export interface Templates {
  /** Processes that wait for IF-032, IF-035 and IF-036. */
  readonly waiting: readonly ((names: Names) => CommitOp)[];
  /** The record of a meter point as it is after its import. */
  readonly record: (names: Names) => CommitOp;
}

const IDEMPOTENCY_PREFIX = 'idem:';
/** Deadlines of copies are moved so far that none falls due while a filled store is kept. */
const LATER_MS = 300 * 86_400_000;

async function contentOf(store: Store, doc: ActorDoc): Promise<Content> {
  const history = await store.history(doc.id, { limit: 100 });
  const claim = (await Promise.all(doc.slots.map((name) => store.slot(name)))).filter((slot) => slot !== undefined);
  return { doc, history, claim };
}

/** A function that gives the content under other names; instants keep their distances. */
function copier(content: Content, own: Names): (names: Names) => CommitOp {
  const text = JSON.stringify({ ...content, doc: { ...content.doc, commitId: own.requestId } });
  const members = ['requestId', 'mpan', 'tag', 'mpid', 'dipId'] as const;
  const spellings = members.flatMap((member) => (member === 'requestId' ? [own.requestId, own.requestId.replaceAll('-', '')] : [own[member]]));
  const pieces = text.split(new RegExp(`(${spellings.join('|')})`));
  return (names) => {
    const values = new Map<string, string>();
    for (const member of members) values.set(own[member], names[member]);
    values.set(own.requestId.replaceAll('-', ''), names.requestId.replaceAll('-', ''));
    const { doc, history, claim } = JSON.parse(pieces.map((piece, index) => (index % 2 === 1 ? (values.get(piece) ?? piece) : piece)).join('')) as Content;
    const moved = names.createdAt - doc.createdAt;
    const key = `${IDEMPOTENCY_PREFIX}${randomBytes(32).toString('hex')}`;
    const slotName = (name: string): string => (name.startsWith(IDEMPOTENCY_PREFIX) ? key : name);
    return {
      expectedVersion: 0,
      doc: {
        ...doc,
        createdAt: names.createdAt,
        changedAt: doc.changedAt + moved,
        since: doc.since + moved,
        reminders: doc.reminders.map((reminder) => ({ ...reminder, dueAt: reminder.dueAt + moved + LATER_MS })),
        slots: doc.slots.map(slotName),
        applied: doc.applied.map(([id, at]) => [id, at + moved] as const),
      },
      history: history.map((entry) => ({ ...entry, at: entry.at + moved })),
      claim: claim.map((slot) => ({ ...slot, name: slotName(slot.name) })),
    };
  };
}

const one = async (store: Store, id: ActorDoc['id']): Promise<ActorDoc> => {
  const [doc] = await store.get([id]);
  if (!doc) throw new Error(`bench: no document ${id}`);
  return doc;
};

/** Runs the samples. */
export async function makeTemplates(): Promise<Templates> {
  const store = openMemoryStore();
  const world = await openWorld(store);
  await world.importMpans(0, 3);
  const base = { mpid: SUPPLIER.mpid, dipId: SUPPLIER.dipId };
  const first = seededMpan(0);
  const record = copier(await contentOf(store, await one(store, `mpan:${SUPPLIER.mpid}:${first}`)), {
    ...base,
    requestId: 'none-here',
    mpan: first,
    tag: 'no-tag',
    createdAt: 0,
  });
  const waiting: Templates['waiting'][number][] = [];
  for (const [answers, which] of ([[], ['initial'], ['initial', 'outcome']] as const).entries()) {
    const mpan = seededMpan(answers);
    await world.appoint(mpan);
    const n = 0xabcde00 + answers;
    const begun = await world.begun(mpan, n);
    await world.accept(begun);
    for (const answer of which) await world.answer(begun, answer);
    const doc = await one(store, begun.actor);
    const names: Names = {
      ...base,
      requestId: begun.actor.slice('appointment:'.length),
      mpan,
      tag: n.toString(16).padStart(10, '0'),
      createdAt: doc.createdAt,
    };
    waiting.push(copier(await contentOf(store, doc), names));
  }
  await store.close();
  return { waiting, record };
}
