/** An actor's document as the store's, and back. */
import type { ObjectId } from 'mongodb';
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';
import type { ActorDoc, Effect, HistoryEntry, Reminder, Slot } from '../store.ts';
import {
  effectKey,
  indexed,
  indexValue,
  type StoredActor,
  type StoredEffect,
  type StoredEntry,
  type StoredFields,
  type StoredSlot,
  stateValue,
} from './layout.ts';

export function encodeDoc(doc: ActorDoc, write: ObjectId): StoredFields {
  const { id: _id, version, epoch, shard, key, createdAt, since, reason, reminders, ...rest } = doc;
  const own = span(reminders, undefined);
  const gated = span(reminders, 'dip');
  return {
    v: version,
    e: epoch,
    c: write,
    s: shard,
    q: key,
    t: createdAt,
    st: stateValue(doc),
    si: since,
    ...(reason === undefined ? {} : { r: reason }),
    ix: indexValues(doc),
    b: JSON.stringify(rest),
    ...(reminders.length === 0 ? {} : { rm: JSON.stringify(reminders) }),
    ...(own ? { n: own.first, nl: own.last } : {}),
    ...(gated ? { gn: gated.first, gl: gated.last } : {}),
  };
}

/** Fields that `decodeDoc` reads. */
export const DOC_FIELDS = { v: 1, e: 1, s: 1, q: 1, t: 1, si: 1, r: 1, b: 1, rm: 1, gone: 1 } as const;

/** Undefined for one that is removed. */
export function decodeDoc(stored: StoredActor): ActorDoc | undefined {
  if (stored.gone) return undefined;
  const rest = JSON.parse(stored.b) as Omit<ActorDoc, 'id' | 'version' | 'epoch' | 'shard' | 'key' | 'createdAt' | 'since' | 'reason' | 'reminders'>;
  return {
    ...rest,
    id: stored._id,
    key: stored.q,
    shard: stored.s,
    version: stored.v,
    epoch: stored.e,
    createdAt: stored.t,
    since: stored.si,
    ...(stored.r === undefined ? {} : { reason: stored.r }),
    reminders: decodeReminders(stored.rm),
  };
}

export function decodeReminders(text: string | undefined): readonly Reminder[] {
  return text === undefined ? [] : (JSON.parse(text) as Reminder[]);
}

export function fireAt(reminder: Reminder): EpochMs {
  return reminder.retryAt ?? reminder.dueAt;
}

function span(reminders: readonly Reminder[], gate: Reminder['gate']): { readonly first: EpochMs; readonly last: EpochMs } | undefined {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const reminder of reminders) {
    if (reminder.gate !== gate) continue;
    first = Math.min(first, fireAt(reminder));
    last = Math.max(last, fireAt(reminder));
  }
  return first <= last ? { first, last } : undefined;
}

function indexValues(doc: ActorDoc): string[] {
  const values = [indexValue('kind', doc.kind)];
  for (const name in doc.indexes) {
    const index = name as keyof typeof doc.indexes;
    for (const value of doc.indexes[index] ?? []) values.push(indexValue(index, value));
  }
  return values;
}

export function encodeEffect(effect: Effect): StoredEffect {
  return { k: effectKey(effect), c: effect.channel, t: effect.createdAt, d: JSON.stringify(effect) };
}

export function decodeEffect({ d }: StoredEffect): Effect {
  return JSON.parse(d) as Effect;
}

/** Its owner is the document that it is in. */
export function encodeSlot({ name, value, expiresAt }: Slot): StoredSlot {
  return { n: indexed(name), d: JSON.stringify({ name, value }), ...(expiresAt === undefined ? {} : { x: expiresAt }) };
}

export function decodeSlot(owner: ActorId, { d, x }: StoredSlot): Slot {
  return { ...(JSON.parse(d) as Pick<Slot, 'name' | 'value'>), owner, ...(x === undefined ? {} : { expiresAt: x }) };
}

export function encodeEntry(entry: HistoryEntry): StoredEntry {
  return { v: entry.version, d: JSON.stringify(entry) };
}
