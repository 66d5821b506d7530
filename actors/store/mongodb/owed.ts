/** What is due and what is owed, in order, by indexes that hold one place per document. */
import type { FindCursor, WithId } from 'mongodb';
import type { ActorId } from '../../../machines/common/effects.ts';
import type { DueReminder, Effect, Page, Reminder, Store } from '../store.ts';
import type { Collections } from './collections.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { decodeEffect, decodeReminders, fireAt } from './encode.ts';
import { effectKey, type StoredActor } from './layout.ts';
import { type Bounded, compareText, mergeEntries } from './merge.ts';
import type { Settles } from './settles.ts';

type Query<Name extends 'due' | 'outbox'> = Parameters<Store[Name]>[0];
type DuePlace = Pick<DueReminder, 'fireAt' | 'actor' | 'name'>;
type EffectPlace = Pick<Effect, 'createdAt' | 'actor' | 'version' | 'n'>;

/** Documents read at once, and beyond what is asked for: several entries may be in one, or none that counts. */
const READ_AHEAD = 50;

const GATE_FIELDS = { none: { first: 'n', last: 'nl' }, dip: { first: 'gn', last: 'gl' } } as const;

export async function readDue({ actors }: Collections, query: Query<'due'>): Promise<DueReminder[]> {
  const { gate, until, after, limit } = query;
  if (limit <= 0) return [];
  const { first, last } = GATE_FIELDS[gate ?? 'none'];
  const filter = { [first]: { $lte: until }, s: { $in: [...query.shards] }, ...(after ? { [last]: { $gte: after.fireAt } } : {}) };
  const cursor = actors
    .find(filter)
    .sort({ [first]: 1, _id: 1 })
    .project<StoredActor>({ [first]: 1, s: 1, q: 1, rm: 1 })
    .batchSize(limit + READ_AHEAD);
  const found: DueReminder[] = [];
  const documents = mapped(cursor, (stored) => dueOf(stored, first, (one) => one.gate === gate && fireAt(one) <= until));
  for await (const due of mergeEntries(documents, compareDue)) {
    if (after && compareDue(due, after) <= 0) continue;
    found.push(due);
    if (found.length >= limit) break;
  }
  return found;
}

function dueOf(stored: WithId<StoredActor>, first: 'n' | 'gn', counts: (reminder: Reminder) => boolean): Bounded<DuePlace, DueReminder> {
  const { _id: actor, q: key, s: shard } = stored;
  const entries = decodeReminders(stored.rm)
    .filter(counts)
    .map((one) => ({ actor, key, shard, name: one.name, dueAt: one.dueAt, fireAt: fireAt(one) }));
  return { bound: { fireAt: stored[first] ?? Number.NEGATIVE_INFINITY, actor, name: '' }, entries };
}

function compareDue(a: DuePlace, b: DuePlace): number {
  return a.fireAt - b.fireAt || compareText(a.actor, b.actor) || compareText(a.name, b.name);
}

export async function readOutbox({ actors }: Collections, settles: Settles, query: Query<'outbox'>): Promise<Page<Effect>> {
  const { channel, limit } = query;
  if (limit <= 0) return { items: [] };
  const after = query.cursor === undefined ? undefined : placeOf(query.cursor);
  // `ut` is named so that the planner sees that the partial index serves.
  const filter = { 'u.c': channel, ut: { $exists: true }, s: { $in: [...query.shards] }, ...(after ? { ul: { $gte: after.createdAt } } : {}) };
  const cursor = actors
    .find(filter as object)
    .sort({ ut: 1, _id: 1 })
    .project<StoredActor>({ u: 1, ut: 1 })
    .batchSize(limit + READ_AHEAD);
  const items: Effect[] = [];
  const documents = mapped(cursor, ({ _id, u = [], ut = Number.NEGATIVE_INFINITY }): Bounded<EffectPlace, Effect> => {
    const entries = u.filter(({ c, k }) => c === channel && !settles.has(_id, k)).map(decodeEffect);
    return { bound: { createdAt: ut, actor: _id, version: -1, n: 0 }, entries };
  });
  for await (const effect of mergeEntries(documents, compareEffects)) {
    if (after && compareEffects(effect, after) <= 0) continue;
    const last = items.at(-1);
    if (items.length >= limit && last) return { items, cursor: encodeCursor([last.createdAt, last.actor, last.version, last.n]) };
    // It may have been settled since its document was read.
    if (!settles.has(effect.actor, effectKey(effect))) items.push(effect);
  }
  return { items };
}

/** They are in the actor's own document. */
export async function readUndone({ actors }: Collections, settles: Settles, actor: ActorId, channel: string): Promise<Effect[]> {
  const { u = [] } = (await actors.findOne<Pick<StoredActor, 'u'>>({ _id: actor }, { projection: { u: 1 } })) ?? {};
  const undone = u.filter(({ c, k }) => c === channel && !settles.has(actor, k)).map(decodeEffect);
  return undone.sort((a, b) => a.version - b.version || a.n - b.n);
}

function placeOf(cursor: string): EffectPlace {
  const [createdAt, actor, version, n] = decodeCursor<[number, ActorId, number, number]>(cursor, ['number', 'string', 'number', 'number']);
  return { createdAt, actor, version, n };
}

function compareEffects(a: EffectPlace, b: EffectPlace): number {
  return a.createdAt - b.createdAt || compareText(a.actor, b.actor) || a.version - b.version || a.n - b.n;
}

/** Ends the cursor when its reader stops early. */
async function* mapped<T>(cursor: FindCursor<StoredActor>, map: (stored: WithId<StoredActor>) => T): AsyncGenerator<T> {
  try {
    for await (const stored of cursor) yield map(stored as WithId<StoredActor>);
  } finally {
    await cursor.close();
  }
}

/** How many effects of a channel are not done. */
export async function countOutbox({ actors }: Collections, channel: string): Promise<number> {
  const ofChannel = { $filter: { input: '$u', as: 'one', cond: { $eq: ['$$one.c', { $literal: channel }] } } };
  const [sum] = await actors
    .aggregate<{ n: number }>([
      { $match: { 'u.c': channel, ut: { $exists: true } } },
      { $project: { n: { $size: ofChannel } } },
      { $group: { _id: null, n: { $sum: '$n' } } },
    ])
    .toArray();
  return sum?.n ?? 0;
}
