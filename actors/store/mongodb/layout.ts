/**
 * Layout, format 1. One document per actor holds everything that a step changes, so that one write is one step (S2). What
 * only the engine reads is JSON text: cheap to encode, and kept to the letter. What the server must look into is beside it.
 *
 *   actors   _id  actor's id
 *            v e c    version, epoch, and which write it was (unique for every op: how an outcome is settled)
 *            s q t    shard, routing key, createdAt
 *            st si r  `<kind>|<state>`, since, reason
 *            ix       `<index>:<value>` of every index, `kind:<kind>` included
 *            b rm     the document and its reminders, JSON
 *            n nl     earliest and latest instant of its reminders; gn gl: of those behind the gate
 *            u        effects not done: k `<version>/<n>`, c channel, t createdAt, d JSON;  ut ul: earliest and latest t
 *            sl       slots: n name, d JSON, x expiresAt;  x: earliest of those
 *            h        history that has not moved to its own collection yet: v version, d JSON
 *            sa       latest instant of a history entry that announced something
 *            gone     removed: it keeps only `u` and `sl`, which outlive it, until they are empty
 *   history  _id  `<actor>/<version, 16 digits>`, a actor, d entry, JSON
 *   counts   _id  JSON of shard, kind, state, day, reason; s shard, n count
 *   meta     _id  name, d JSON
 *
 * What is empty is absent: an empty list in a unique multikey index collides with every other one, and a field that is
 * absent takes no place in a sparse index.
 */
import { createHash } from 'node:crypto';
import type { ObjectId } from 'mongodb';
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';
import type { ActorDoc, EffectRef, PageQuery } from '../store.ts';

/** Raised by whoever changes this page in a way that older data does not have. */
export const FORMAT = 1;
export const FORMAT_NAME = 'store.format';

export interface StoredEffect {
  readonly k: string;
  readonly c: string;
  readonly t: EpochMs;
  readonly d: string;
}

export interface StoredSlot {
  readonly n: string;
  readonly d: string;
  readonly x?: EpochMs;
}

export interface StoredEntry {
  readonly v: number;
  readonly d: string;
}

/** The fields that follow from an actor's document alone. */
export interface StoredFields {
  readonly v: number;
  readonly e: number;
  readonly c: ObjectId;
  readonly s: number;
  readonly q: string;
  readonly t: EpochMs;
  readonly st: string;
  readonly si: EpochMs;
  readonly r?: string;
  readonly ix: readonly string[];
  readonly b: string;
  readonly rm?: string;
  readonly n?: EpochMs;
  readonly nl?: EpochMs;
  readonly gn?: EpochMs;
  readonly gl?: EpochMs;
}

export interface StoredActor extends StoredFields {
  readonly _id: ActorId;
  readonly u?: readonly StoredEffect[];
  readonly ut?: EpochMs;
  readonly ul?: EpochMs;
  readonly sl?: readonly StoredSlot[];
  readonly x?: EpochMs;
  readonly h?: readonly StoredEntry[];
  readonly sa?: EpochMs;
  readonly gone?: 1;
}

export interface StoredHistory {
  readonly _id: string;
  readonly a: ActorId;
  readonly d: string;
}

export interface StoredCount {
  readonly _id: string;
  readonly s: number;
  readonly n: number;
}

export interface StoredMeta {
  readonly _id: string;
  readonly d: string;
}

export interface IndexSpec {
  readonly name: string;
  readonly key: Readonly<Record<string, 1>>;
  readonly unique?: true;
  readonly sparse?: true;
  readonly partialFilterExpression?: Readonly<Record<string, { readonly $exists: true }>>;
}

/** What finds what: see `layout.ts`'s head for the fields. */
export const ACTOR_INDEXES: readonly IndexSpec[] = [
  { name: 'ix_t', key: { ix: 1, t: 1, _id: 1 } },
  { name: 'st_si', key: { st: 1, si: 1, _id: 1 } },
  { name: 's_st_si_r', key: { s: 1, st: 1, si: 1, r: 1 } },
  { name: 'slot', key: { 'sl.n': 1 }, unique: true, sparse: true },
  { name: 'expiry', key: { x: 1 }, sparse: true },
  { name: 'announced', key: { sa: 1, _id: 1 }, partialFilterExpression: { sa: { $exists: true } } },
  { name: 'undone', key: { 'u.c': 1, ut: 1, _id: 1, ul: 1, s: 1 }, partialFilterExpression: { ut: { $exists: true } } },
  { name: 'due', key: { n: 1, _id: 1, nl: 1, s: 1 }, partialFilterExpression: { n: { $exists: true } } },
  { name: 'due_gated', key: { gn: 1, _id: 1, gl: 1, s: 1 }, partialFilterExpression: { gn: { $exists: true } } },
];

export const COUNT_INDEXES: readonly IndexSpec[] = [{ name: 's', key: { s: 1 } }];

/** A removed document is found by this. */
export const GONE = 'gone:';

/** Longest text that stands in an index as it is; longer ones are hashed. */
const MAX_INDEXED = 200;
const HASHED = '\u{10ffff}';

/** For exact look-ups: a long text, or one that is no Unicode, becomes its hash. */
export function indexed(text: string): string {
  if (text.length <= MAX_INDEXED && text.isWellFormed()) return text;
  return HASHED + createHash('sha256').update(JSON.stringify(text)).digest('base64url');
}

export function indexValue(index: Exclude<PageQuery['index'], 'state'>, value: string): string {
  return `${index}:${indexed(value)}`;
}

export function stateValue({ kind, state }: Pick<ActorDoc, 'kind' | 'state'>): string {
  return `${kind}|${state}`;
}

/** What identifies an effect within its actor. */
export function effectKey({ version, n }: Pick<EffectRef, 'version' | 'n'>): string {
  return `${version}/${n}`;
}

const VERSION_DIGITS = 16;

export function historyId(actor: ActorId, version: number): string {
  return `${actor}/${String(version).padStart(VERSION_DIGITS, '0')}`;
}

/** All entries of an actor behind a version. */
export function historyRange(actor: ActorId, after: number): { readonly a: ActorId; readonly _id: { readonly $gt: string; readonly $lt: string } } {
  return { a: actor, _id: { $gt: historyId(actor, after), $lt: `${actor}/:` } };
}

export function countId(shard: number, kind: string, state: string, day: string, reason: string): string {
  return JSON.stringify([shard, kind, state, day, reason]);
}
