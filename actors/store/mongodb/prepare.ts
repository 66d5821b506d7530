/** Checks and encodes what a commit carries: whatever cannot be stored is refused before anything of it is sent. */
import { ObjectId } from 'mongodb';
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';
import { StoreError } from '../../errors/error.ts';
import type { ActorDoc, CommitGroup, CommitOp } from '../store.ts';
import { encodeDoc, encodeEffect, encodeEntry, encodeSlot } from './encode.ts';
import { effectKey, indexed, type StoredEffect, type StoredEntry, type StoredFields, type StoredSlot } from './layout.ts';

const MAX_ID_BYTES = 512;
const MAX_STATE_BYTES = 200;
/** The server takes 16 MiB; what a document holds already comes on top of what a commit brings. */
const MAX_COMMIT_BYTES = 12 * 1024 * 1024;

export interface PreparedOp {
  readonly op: CommitOp;
  /** Unique: whoever finds it in the stored document knows that this op was applied. */
  readonly write: ObjectId;
  /** Absent when the document is removed. */
  readonly fields: StoredFields | undefined;
  readonly effects: readonly StoredEffect[];
  /** Keys of own effects that are done: those that the op settles, and marks that wait to be written. */
  readonly settled: readonly string[];
  readonly claim: readonly StoredSlot[];
  readonly history: readonly StoredEntry[];
  /** Versions of history that leave the document's tail: they are in their own collection. */
  readonly copied: readonly number[];
  /** Latest instant at which it announced something. */
  readonly announcedAt: EpochMs | undefined;
  /** Names of all slots that it touches, as they stand in the index. */
  readonly slots: readonly string[];
}

export type PreparedGroup = readonly PreparedOp[];

/** What waits to be done to a document and travels with its next step. */
export interface Riders {
  /** Keys of effects whose marks are to be taken. */
  marksOf(actor: ActorId): readonly string[];
  copiedOf(doc: ActorDoc): readonly number[];
}

/**
 * @throws StoreError `document_invalid`, details.groups: which groups are to blame
 */
export function prepareCall(groups: readonly CommitGroup[], riders: Riders): PreparedGroup[] {
  const prepared: PreparedGroup[] = [];
  const refused: number[] = [];
  let first: StoreError | undefined;
  for (const [i, group] of groups.entries()) {
    try {
      prepared.push(group.map((op) => prepareOp(op, riders)));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      first ??= error;
      refused.push(i);
    }
  }
  if (first) throw new StoreError(first.code, first.message, { retry: 'never', cause: first, details: { ...first.details, groups: refused } });
  return prepared;
}

function prepareOp(op: CommitOp, riders: Riders): PreparedOp {
  check(op);
  const write = new ObjectId();
  try {
    const prepared: PreparedOp = {
      op,
      write,
      fields: op.remove ? undefined : encodeDoc(op.doc, write),
      effects: (op.effects ?? []).map(encodeEffect),
      settled: [...(op.settle ?? []).filter(({ actor }) => actor === op.doc.id).map(effectKey), ...riders.marksOf(op.doc.id)],
      claim: (op.claim ?? []).map(encodeSlot),
      history: op.remove ? [] : (op.history ?? []).map(encodeEntry),
      copied: op.remove || op.expectedVersion === 0 ? [] : riders.copiedOf(op.doc),
      announcedAt: op.remove ? undefined : announcedAt(op),
      slots: [...(op.claim ?? []), ...(op.expire ?? [])].map(({ name }) => indexed(name)).concat((op.release ?? []).map(indexed)),
    };
    const bytes = sizeOf(prepared);
    if (bytes > MAX_COMMIT_BYTES) throw invalid('doc', `has at most ${MAX_COMMIT_BYTES} bytes`, bytes);
    return prepared;
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    throw new StoreError('document_invalid', `doc: is plain JSON: ${String(cause)}`, { retry: 'never', cause, details: { field: 'doc' } });
  }
}

function announcedAt({ history = [] }: CommitOp): EpochMs | undefined {
  let latest: EpochMs | undefined;
  for (const { at, said } of history) if (said && (latest === undefined || at > latest)) latest = at;
  return latest;
}

function check({ doc, expectedVersion, remove, claim = [], effects = [] }: CommitOp): void {
  if (!doc.id.isWellFormed() || Buffer.byteLength(doc.id) > MAX_ID_BYTES)
    throw invalid('doc.id', `has at most ${MAX_ID_BYTES} bytes of UTF-8`, doc.id.slice(0, 80));
  if (!doc.key.isWellFormed()) throw invalid('doc.key', 'is Unicode', doc.key.slice(0, 80));
  const state = `${doc.kind}|${doc.state}`;
  if (!state.isWellFormed() || Buffer.byteLength(state) > MAX_STATE_BYTES) {
    throw invalid('doc.state', `kind and state together have at most ${MAX_STATE_BYTES} bytes of UTF-8`, state.slice(0, 80));
  }
  if (doc.reason?.isWellFormed() === false) throw invalid('doc.reason', 'is Unicode', doc.reason.slice(0, 80));
  if (!(doc.shard >= 0 && doc.shard < 65_536)) throw invalid('doc.shard', 'is a whole number below 65536', doc.shard);
  if (!remove && !(doc.version >= Math.max(1, expectedVersion))) throw invalid('doc.version', 'is at least 1 and not below expectedVersion', doc.version);
  if (remove && !(expectedVersion > 0)) throw invalid('expectedVersion', 'is above 0 where a document is removed', expectedVersion);
  for (const { owner } of claim) if (owner !== doc.id) throw invalid('claim.owner', 'is the document itself', owner);
  for (const { actor, n } of effects) {
    if (actor !== doc.id) throw invalid('effect.actor', 'is the document itself', actor);
    if (!(n >= 0 && n < 65_536)) throw invalid('effect.n', 'is a whole number below 65536', n);
  }
}

function sizeOf({ fields, effects, claim, history }: PreparedOp): number {
  let bytes = Buffer.byteLength(fields?.b ?? '') + Buffer.byteLength(fields?.rm ?? '');
  for (const list of [effects, claim, history]) for (const { d } of list) bytes += Buffer.byteLength(d);
  return bytes;
}

function invalid(field: string, rule: string, value: unknown): StoreError {
  return new StoreError('document_invalid', `${field}: ${rule}: ${String(value)}`, { retry: 'never', details: { field, rule } });
}
