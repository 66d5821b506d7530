/**
 * What one turn has read and changed, before its commit. Each message works on a layer of its own: a message that throws
 * leaves nothing behind, and the messages before it stand.
 */
import type { ActorId } from '../../machines/common/effects.ts';
import type { ActorDoc, CommitOp, Effect, EffectRef, HistoryEntry, Slot } from '../store/store.ts';
import type { Told } from './step.ts';

/** Kind of the record of a message that was put aside. */
export const QUARANTINE_KIND = 'quarantine';

/** One actor in a turn. Never changed in place. */
export interface Entry {
  /** As the store has it. */
  readonly stored: ActorDoc | undefined;
  /** As this turn has it; undefined when it does not exist or is removed. */
  readonly doc: ActorDoc | undefined;
  /** Restored snapshot of `doc`, if some step needed it. */
  readonly live?: unknown;
  readonly effects: readonly Effect[];
  readonly settle: readonly EffectRef[];
  readonly history: readonly HistoryEntry[];
  readonly claim: readonly Slot[];
  readonly release: readonly string[];
  readonly expire: readonly { readonly name: string; readonly at: number }[];
  /** Made by work that is in hand already, not by a caller who could be told to come back. */
  readonly inHand?: boolean;
}

/** An actor as loaded, nothing changed yet. */
export function untouched(stored: ActorDoc | undefined, live?: unknown): Entry {
  return { stored, doc: stored, live, effects: [], settle: [], history: [], claim: [], release: [], expire: [] };
}

export interface Mark {
  readonly layer: Map<ActorId, Entry>;
  readonly tells: Told[];
}

export class WorkingSet {
  readonly #kept = new Map<ActorId, Entry>();
  #layer = new Map<ActorId, Entry>();
  #keptTells: Told[] = [];
  #layerTells: Told[] = [];

  get(id: ActorId): Entry | undefined {
    return this.#layer.get(id) ?? this.#kept.get(id);
  }

  set(id: ActorId, entry: Entry): void {
    this.#layer.set(id, entry);
  }

  /** Tells to be carried by the outbox (other keys, or a store without atomic groups). */
  tell(told: Told): void {
    this.#layerTells.push(told);
  }

  /** The message at hand went well. */
  keep(): void {
    for (const [id, entry] of this.#layer) this.#kept.set(id, entry);
    this.#keptTells.push(...this.#layerTells);
    this.#drop();
  }

  /** The message at hand threw. */
  undo(): void {
    this.#drop();
  }

  /** The state of the message at hand, to come back to. */
  mark(): Mark {
    return { layer: new Map(this.#layer), tells: [...this.#layerTells] };
  }

  /** Forget what the message at hand did since the mark. */
  rollback({ layer, tells }: Mark): void {
    this.#layer = layer;
    this.#layerTells = tells;
  }

  #drop(): void {
    this.#layer = new Map();
    this.#layerTells = [];
  }

  /** Every actor that was seen, latest first layer. */
  *entries(): IterableIterator<readonly [ActorId, Entry]> {
    yield* this.#kept;
  }

  /** All actors visible to the message at hand. */
  *visible(): IterableIterator<readonly [ActorId, Entry]> {
    yield* this.#layer;
    for (const pair of this.#kept) if (!this.#layer.has(pair[0])) yield pair;
  }

  get tells(): readonly Told[] {
    return this.#keptTells;
  }

  /** Who holds a slot by what this turn did: an owner, `free`, or undefined when the turn did not touch it. */
  slot(name: string): Slot | 'free' | undefined {
    let found: Slot | 'free' | undefined;
    for (const [, entry] of this.visible()) {
      if (entry.release.includes(name)) found = 'free';
      const claimed = entry.claim.find((slot) => slot.name === name);
      if (claimed) found = entry.release.includes(name) ? found : claimed;
    }
    return found;
  }

  /**
   * The ops of the commit, in the order in which the actors were first changed, but records of quarantined messages before all: where
   * a group may end in the middle, a message must not leave its actor before it lies somewhere else.
   */
  ops(commitId: () => string, epoch: number): CommitOp[] {
    const ops: CommitOp[] = [];
    for (const [, entry] of this.#kept) {
      const op = toOp(entry, commitId, epoch);
      if (op) ops.push(op);
    }
    const isRecord = ({ doc }: CommitOp): boolean => doc.kind === QUARANTINE_KIND;
    return ops.some(isRecord) ? [...ops.filter(isRecord), ...ops.filter((op) => !isRecord(op))] : ops;
  }
}

function toOp(entry: Entry, commitId: () => string, epoch: number): CommitOp | undefined {
  const { stored, doc } = entry;
  if (doc === stored && entry.settle.length === 0) return undefined;
  const target = doc ?? stored;
  if (!target) return undefined;
  return {
    doc: { ...target, commitId: commitId(), epoch },
    expectedVersion: stored?.version ?? 0,
    ...(stored ? { before: stored } : {}),
    ...(doc ? {} : { remove: true as const }),
    ...(stored === undefined && entry.inHand ? { inHand: true as const } : {}),
    ...(entry.claim.length > 0 ? { claim: entry.claim } : {}),
    ...(entry.release.length > 0 ? { release: entry.release } : {}),
    ...(entry.expire.length > 0 ? { expire: entry.expire } : {}),
    ...(entry.effects.length > 0 ? { effects: entry.effects } : {}),
    ...(entry.settle.length > 0 ? { settle: entry.settle } : {}),
    ...(entry.history.length > 0 ? { history: entry.history } : {}),
  };
}
