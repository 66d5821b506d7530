/**
 * Ops as writes. Updates are pipelines, because one step may add to a list and take from it, which the classic operators
 * refuse; and because what becomes empty must go.
 */
import type { AnyBulkWriteOperation, Document, Filter, ObjectId, OptionalUnlessRequiredId } from 'mongodb';
import type { EpochMs } from '../../../machines/common/effects.ts';
import { GONE, indexed, type StoredActor, type StoredEffect, type StoredSlot } from './layout.ts';
import type { PreparedOp } from './prepare.ts';

const REMOVE = '$$REMOVE';
/** Every field that follows from the document, so that what a step takes away goes. The shard stays: effects that outlive the document are looked for by it. */
const OPTIONAL_FIELDS = ['r', 'rm', 'n', 'nl', 'gn', 'gl'] as const;
const ALL_FIELDS = ['q', 't', 'st', 'si', 'b', ...OPTIONAL_FIELDS, 'h', 'sa'] as const;

export type ActorWrite = AnyBulkWriteOperation<StoredActor>;

/** A create. It fails on a document or a slot that is there. */
export function insertOf(prepared: PreparedOp): ActorWrite {
  const { op, fields, claim, history, announcedAt } = prepared;
  const { slots, changed } = slotChanges(op, claim);
  const undone = unsettled(prepared);
  const document = {
    _id: op.doc.id,
    ...fields,
    ...(undone.length > 0 ? { u: undone, ut: earliest(undone), ul: latest(undone) } : {}),
    ...(changed && slots.length > 0 ? { sl: slots, ...expiryOf(slots) } : {}),
    ...(history.length > 0 ? { h: history } : {}),
    ...(announcedAt === undefined ? {} : { sa: announcedAt }),
  };
  return { insertOne: { document: document as OptionalUnlessRequiredId<StoredActor> } };
}

/** A change or a removal: only of the version that is expected (a removed document has version 0), and not of one with a higher epoch. */
export function updateOf(prepared: PreparedOp): ActorWrite {
  const { op } = prepared;
  const filter = { _id: op.doc.id, v: op.expectedVersion, e: { $lte: op.doc.epoch } } as unknown as Filter<StoredActor>;
  return { updateOne: { filter, update: stepOf(prepared) } };
}

/** A change or a removal that is an error where `updateOf` would match nothing. */
export function guardedOf(prepared: PreparedOp): ActorWrite {
  const { doc, expectedVersion } = prepared.op;
  const [first, ...rest] = stepOf(prepared);
  const holds = { $and: [{ $eq: ['$v', expectedVersion] }, { $lte: ['$e', doc.epoch] }] };
  // Not a constant: what is constant is computed, and fails, whichever branch is taken.
  const fails = { $toInt: { $concat: ['another version: ', '$_id'] } };
  const set = { ...first?.$set, v: { $cond: [holds, first?.$set.v, fails] } };
  // One that is not there at all would be no error either: so it would be made, of nothing, which fails too.
  return { updateOne: { filter: { _id: doc.id }, update: [{ $set: set }, ...rest], upsert: true } };
}

/** A create where a removed document still holds slots or effects. */
export function reviveOf(prepared: PreparedOp, gone: ObjectId): ActorWrite {
  return { updateOne: { filter: { _id: prepared.op.doc.id, gone: 1, c: gone } as unknown as Filter<StoredActor>, update: stepOf(prepared) } };
}

/** Takes the marks of what was done. */
export function settleOf(keys: readonly string[]): Document[] {
  return [{ $set: { u: without('u', 'k', keys) } }, { $set: undoneBounds() }];
}

/** Adds effects, whether they are there already or not. */
export function addEffectsOf(effects: readonly StoredEffect[]): Document[] {
  const kept = without(
    'u',
    'k',
    effects.map(({ k }) => k),
  );
  return [{ $set: { u: joined(kept, effects) } }, { $set: undoneBounds() }];
}

/** Adds slots, whether they are there already or not. */
export function addSlotsOf(slots: readonly StoredSlot[]): Document[] {
  const kept = without(
    'sl',
    'n',
    slots.map(({ n }) => n),
  );
  return [{ $set: { sl: joined(kept, slots) } }, { $set: slotBounds() }];
}

/** Takes slots whose end has come. */
export function dropSlotsOf(now: EpochMs): Document[] {
  const kept = { $filter: { input: list('sl'), as: 'one', cond: { $gt: [{ $ifNull: ['$$one.x', now + 1] }, now] } } };
  return [{ $set: { sl: kept } }, { $set: slotBounds() }];
}

/** Takes history that has moved. */
export function trimOf(versions: readonly number[]): Document[] {
  return [{ $set: { h: without('h', 'v', versions) } }, { $set: { h: unlessEmpty('h') } }];
}

function stepOf(prepared: PreparedOp): Document[] {
  const { op, fields, settled, claim, history, copied, announcedAt } = prepared;
  const set: Document = fields ? setFields({ ...fields }) : tombstone(prepared);
  const after: Document = {};
  const undone = unsettled(prepared);
  if (undone.length > 0 || settled.length > 0) {
    set.u = joined(without('u', 'k', settled), undone);
    Object.assign(after, undoneBounds());
  }
  const { slots, changed, taken, ends } = slotChanges(op, claim);
  if (changed) {
    let kept: Document = without('sl', 'n', taken);
    for (const { name, at } of ends)
      kept = { $map: { input: kept, as: 'one', in: { $cond: [{ $eq: ['$$one.n', { $literal: name }] }, { $mergeObjects: ['$$one', { x: at }] }, '$$one'] } } };
    set.sl = joined(kept, slots);
    Object.assign(after, slotBounds());
  }
  if (history.length > 0 || copied.length > 0) {
    set.h = joined(without('h', 'v', [...history.map(({ v }) => v), ...copied]), history);
    if (history.length === 0) after.h = unlessEmpty('h');
  }
  if (announcedAt !== undefined) set.sa = { $max: ['$sa', announcedAt] };
  return Object.keys(after).length > 0 ? [{ $set: set }, { $set: after }] : [{ $set: set }];
}

function setFields(fields: Document): Document {
  const set: Document = { gone: REMOVE };
  for (const name in fields) set[name] = typeof fields[name] === 'number' || name === 'c' ? fields[name] : { $literal: fields[name] };
  for (const name of OPTIONAL_FIELDS) set[name] ??= REMOVE;
  return set;
}

function tombstone({ write }: PreparedOp): Document {
  const set: Document = { gone: { $literal: 1 }, v: { $literal: 0 }, e: { $literal: 0 }, c: write, ix: { $literal: [GONE] } };
  for (const name of ALL_FIELDS) set[name] = REMOVE;
  return set;
}

interface SlotChanges {
  /** What is claimed, as it stands after this very op. */
  readonly slots: readonly StoredSlot[];
  /** Names that leave the stored list: released, or claimed again. */
  readonly taken: readonly string[];
  readonly ends: readonly { readonly name: string; readonly at: EpochMs }[];
  readonly changed: boolean;
}

/** Claims come first, then what is given up, then ends. */
function slotChanges({ release = [], expire = [] }: PreparedOp['op'], claim: readonly StoredSlot[]): SlotChanges {
  const released = new Set(release.map(indexed));
  const ends = expire.map(({ name, at }) => ({ name: indexed(name), at }));
  const slots = claim
    .filter(({ n }) => !released.has(n))
    .map((slot) => {
      const end = ends.findLast(({ name }) => name === slot.n);
      return end ? { ...slot, x: end.at } : slot;
    });
  const taken = [...released, ...claim.map(({ n }) => n)];
  return { slots, taken, ends, changed: taken.length > 0 || ends.length > 0 };
}

/** An effect that is settled in the commit that makes it never gets there. */
function unsettled({ effects, settled }: PreparedOp): readonly StoredEffect[] {
  return settled.length === 0 ? effects : effects.filter(({ k }) => !settled.includes(k));
}

function earliest(effects: readonly StoredEffect[]): EpochMs {
  return Math.min(...effects.map(({ t }) => t));
}

function latest(effects: readonly StoredEffect[]): EpochMs {
  return Math.max(...effects.map(({ t }) => t));
}

function expiryOf(slots: readonly StoredSlot[]): { x?: EpochMs } {
  const ends = slots.flatMap(({ x }) => (x === undefined ? [] : [x]));
  return ends.length > 0 ? { x: Math.min(...ends) } : {};
}

function list(field: string): Document {
  return { $ifNull: [`$${field}`, []] };
}

function without(field: string, member: string, values: readonly (string | number)[]): Document {
  if (values.length === 0) return list(field);
  return { $filter: { input: list(field), as: 'one', cond: { $not: [{ $in: [`$$one.${member}`, { $literal: values }] }] } } };
}

function joined(kept: Document, added: readonly object[]): Document {
  return added.length === 0 ? kept : { $concatArrays: [kept, { $literal: added }] };
}

function unlessEmpty(field: string): Document {
  return { $cond: [{ $eq: [`$${field}`, []] }, REMOVE, `$${field}`] };
}

function undoneBounds(): Document {
  return { u: unlessEmpty('u'), ut: { $ifNull: [{ $min: '$u.t' }, REMOVE] }, ul: { $ifNull: [{ $max: '$u.t' }, REMOVE] } };
}

function slotBounds(): Document {
  return { sl: unlessEmpty('sl'), x: { $ifNull: [{ $min: '$sl.x' }, REMOVE] } };
}
