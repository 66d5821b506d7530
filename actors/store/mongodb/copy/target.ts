/** Writing what was exported. Everything may be written again: a copy that goes on begins with the slice at which it stopped. */
import { ObjectId } from 'mongodb';
import type { ActorId, EpochMs } from '../../../../machines/common/effects.ts';
import { StoreError } from '../../../errors/error.ts';
import type { Effect, HistoryEntry, Slot } from '../../store.ts';
import type { DocWithHistory, Exported } from '../../tree/export.ts';
import { applyAll, runBulk } from '../bulk.ts';
import type { Collections } from '../collections.ts';
import { encodeDoc, encodeEffect, encodeEntry, encodeSlot } from '../encode.ts';
import { GONE, historyId, type StoredActor } from '../layout.ts';
import { type ActorWrite, addEffectsOf, addSlotsOf } from '../update.ts';

export async function writeDocs({ actors, history }: Collections, docs: readonly DocWithHistory[]): Promise<void> {
  const entries = docs.flatMap(({ doc, history: list }) => list.map((entry) => ({ actor: doc.id, entry: encodeEntry(entry) })));
  await applyAll(
    history,
    entries.map(({ actor, entry: { v, d } }) => {
      const _id = historyId(actor, v);
      return { replaceOne: { filter: { _id }, replacement: { a: actor, d }, upsert: true } };
    }),
  );
  const inserts = docs.map(({ doc, history: list }): ActorWrite => {
    const sa = announcedAt(list);
    return { insertOne: { document: { _id: doc.id, ...encodeDoc(doc, new ObjectId()), ...(sa === undefined ? {} : { sa }) } as StoredActor } };
  });
  await insertMissing(actors, inserts);
}

export async function writeEffects(collections: Collections, effects: readonly Effect[]): Promise<void> {
  const byActor = groupBy(effects, ({ actor }) => actor);
  await addTo(
    collections,
    [...byActor].map(([actor, list]) => ({ actor, shard: list[0]?.shard ?? 0, write: updateOf(actor, addEffectsOf(list.map(encodeEffect))) })),
  );
}

export async function writeSlots(collections: Collections, slots: readonly Slot[]): Promise<void> {
  const byOwner = groupBy(slots, ({ owner }) => owner);
  await addTo(
    collections,
    [...byOwner].map(([actor, list]) => ({ actor, shard: 0, write: updateOf(actor, addSlotsOf(list.map(encodeSlot))) })),
  );
}

export async function writeMeta({ meta }: Collections, items: readonly Exported['meta'][]): Promise<void> {
  await applyAll(
    meta,
    items.map(({ name, value }) => ({ updateOne: { filter: { _id: name }, update: { $set: { d: JSON.stringify(value) } }, upsert: true } })),
  );
}

interface Addition {
  readonly actor: ActorId;
  readonly shard: number;
  readonly write: ActorWrite;
}

/** To documents; what outlived its document gets the rest of one, as a removal would have left it. */
async function addTo({ actors }: Collections, additions: readonly Addition[]): Promise<void> {
  const ids = additions.map(({ actor }) => actor);
  const found = await actors
    .find({ _id: { $in: ids } })
    .project<Pick<StoredActor, '_id'>>({ _id: 1 })
    .toArray();
  const there = new Set(found.map(({ _id }) => _id));
  const missing = additions.filter(({ actor }) => !there.has(actor));
  await insertMissing(
    actors,
    missing.map(({ actor, shard }) => ({
      insertOne: { document: { _id: actor, v: 0, e: 0, c: new ObjectId(), s: shard, ix: [GONE], gone: 1 } as unknown as StoredActor },
    })),
  );
  await applyAll(
    actors,
    additions.map(({ write }) => write),
  );
}

/** What is there already was written by an earlier try. */
async function insertMissing(actors: Collections['actors'], inserts: readonly ActorWrite[]): Promise<void> {
  if (inserts.length === 0) return;
  const result = await runBulk(actors, inserts, false);
  if (result.kind === 'unknown') throw result.cause;
  for (const { duplicate, text } of result.failed.values()) if (!duplicate) throw new StoreError('store_failed', `mongodb: does not take a document: ${text}`);
}

function updateOf(_id: ActorId, update: ReturnType<typeof addSlotsOf>): ActorWrite {
  return { updateOne: { filter: { _id }, update } };
}

function announcedAt(history: readonly HistoryEntry[]): EpochMs | undefined {
  const instants = history.flatMap(({ at, said }) => (said ? [at] : []));
  return instants.length === 0 ? undefined : Math.max(...instants);
}

function groupBy<T>(items: readonly T[], key: (item: T) => ActorId): Map<ActorId, T[]> {
  const groups = new Map<ActorId, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}
