/** Serialises what a commit carries: whatever cannot be stored is refused before anything of it is planned. */
import { StoreError } from '../../errors/error.ts';
import type { CommitGroup, CommitOp, Effect, HistoryEntry } from '../store.ts';
import { writeHead } from './head.ts';
import { effectKey, effectSuffix, historyKey, saidKey } from './layout.ts';
import { packId } from './pack.ts';

/** Keys of the trees are bounded; these bounds leave room for every combination. */
const MAX_ID_BYTES = 512;
const MAX_STATE_BYTES = 200;

export interface PreparedEffect {
  readonly suffix: string;
  readonly key: string;
  readonly text: string;
}

export interface PreparedEntry {
  readonly key: string;
  readonly text: string;
  /** Its row in the index of announcements, where it announced something. */
  readonly said: string | undefined;
}

export interface PreparedOp {
  readonly op: CommitOp;
  readonly packedId: string;
  /** Head and JSON of the document; absent when it is removed. */
  readonly text: string | undefined;
  readonly effects: readonly PreparedEffect[];
  readonly history: readonly PreparedEntry[];
}

export type PreparedGroup = readonly PreparedOp[];

const NONE: readonly never[] = [];

/** @throws StoreError `document_invalid`: names field, rule and value. */
export function prepareGroup(group: CommitGroup): PreparedGroup {
  return group.map(prepareOp);
}

function prepareOp(op: CommitOp): PreparedOp {
  const { doc } = op;
  const packedId = checkedId('doc.id', doc.id);
  if (Buffer.byteLength(doc.kind) + Buffer.byteLength(doc.state) > MAX_STATE_BYTES) {
    throw invalid('doc.state', `kind and state together have at most ${MAX_STATE_BYTES} bytes`, `${doc.kind}|${doc.state}`.slice(0, 80));
  }
  if (!(doc.shard >= 0 && doc.shard < 65_536)) throw invalid('doc.shard', 'is a whole number below 65536', doc.shard);
  if (!op.remove && !(doc.version >= Math.max(1, op.expectedVersion))) throw invalid('doc.version', 'is at least 1 and not below expectedVersion', doc.version);
  return {
    op,
    packedId,
    text: op.remove ? undefined : `${writeHead(doc)}${serialise('doc', doc)}`,
    effects: op.effects ? op.effects.map((effect) => prepareEffect(effect, doc.id, packedId)) : NONE,
    history: op.history && !op.remove ? op.history.map((entry) => prepareHistory(entry, packedId)) : NONE,
  };
}

function prepareEffect(effect: Effect, owner: string, ownerPacked: string): PreparedEffect {
  const packed = effect.actor === owner ? ownerPacked : checkedId('effect.actor', effect.actor);
  if (!(effect.n >= 0 && effect.n < 65_536)) throw invalid('effect.n', 'is a whole number below 65536', effect.n);
  const suffix = effectSuffix(packed, effect.version, effect.n);
  return { suffix, key: effectKey(effect.channel, effect.createdAt, suffix), text: serialise('effect', effect) };
}

function prepareHistory(entry: HistoryEntry, packedId: string): PreparedEntry {
  const said = entry.said === undefined ? undefined : saidKey(entry.at, packedId, entry.version);
  return { key: historyKey(packedId, entry.version), text: serialise('history', entry), said };
}

function checkedId(field: string, id: CommitOp['doc']['id']): string {
  const packed = packId(id);
  if (packed.length > MAX_ID_BYTES) throw invalid(field, `has at most ${MAX_ID_BYTES} bytes`, id.slice(0, 80));
  return packed;
}

function serialise(field: string, value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (cause) {
    throw new StoreError('document_invalid', `${field}: is plain JSON: ${String(cause)}`, { retry: 'never', cause, details: { field } });
  }
}

function invalid(field: string, rule: string, value: unknown): StoreError {
  return new StoreError('document_invalid', `${field}: ${rule}: ${String(value)}`, { retry: 'never', details: { field, rule } });
}
