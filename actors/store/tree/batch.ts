/**
 * One transaction in the making: decides which groups hold and lists the writes of those that do.
 *
 * Batches never overlap: while one is being formed, everything before it is either stored or gone. So a decision needs the
 * trees and what this very batch has already changed (`View`), nothing else, and no lock.
 *
 *   group ──check op 1──► check op 2 ──► … all hold ──► view takes the changes, plan takes the rows
 *                 └────────────┴──► one does not ──► changes dropped, outcome names it
 */
import type { ActorDoc, CommitOp, CommitOutcome, EffectRef, HistoryEntry, Slot } from '../store.ts';
import { addCount, type CountChanges, planCounts, sameCounter } from './counters.ts';
import { planIndexes } from './differences.ts';
import { commitTag, isStored, readDoc, readHead } from './head.ts';
import { effectKey, expiryKey, historyKey, historyPrefix, LAST, refSuffix, saidKey } from './layout.ts';
import { packId, packText } from './pack.ts';
import type { PreparedGroup, PreparedOp } from './prepare.ts';
import { Plan, type Trees } from './trees.ts';
import { View } from './view.ts';

const OK: CommitOutcome = { kind: 'ok' };

interface Decided {
  readonly prepared: PreparedOp;
  readonly before: ActorDoc | undefined;
  /** The document was written earlier in this batch: its history may not be in the trees yet. */
  readonly touched: boolean;
  /** Changed slots by packed name, with what they were. */
  readonly slots: readonly { readonly packed: string; readonly from: Slot | null; readonly to: Slot | null }[];
}

export class Batch {
  readonly plan = new Plan();
  readonly counts: CountChanges = new Map();
  /** Counters that a repair sets outright. */
  readonly countBase = new Map<string, number>();
  readonly #trees: Trees;
  readonly #view: View;
  /** Effects of this batch by suffix, for those settled in the same breath. */
  readonly #effects = new Map<string, string>();
  ops = 0;

  constructor(trees: Trees) {
    this.#trees = trees;
    this.#view = new View(trees);
  }

  /** With `atomic`, a group is applied whole or not at all; otherwise up to the first op that does not hold. */
  apply(group: PreparedGroup, atomic: boolean): CommitOutcome {
    if (!atomic) {
      for (const prepared of group) {
        const outcome = this.#applyWhole([prepared]);
        if (outcome.kind !== 'ok') return outcome;
      }
      return OK;
    }
    return this.#applyWhole(group);
  }

  #applyWhole(group: readonly PreparedOp[]): CommitOutcome {
    const view = group.length === 1 ? this.#view : new View(this.#trees, this.#view);
    const decided: Decided[] = [];
    for (const prepared of group) {
      const result = decide(prepared, view);
      if ('kind' in result) return result;
      decided.push(result);
      take(result, view);
    }
    if (view !== this.#view) view.merge();
    for (const one of decided) this.#write(one);
    this.ops += decided.length;
    return OK;
  }

  /** Marks an effect done, wherever it is. */
  settle(ref: EffectRef): void {
    const suffix = refSuffix(ref);
    const key = this.#effects.get(suffix) ?? (ref.createdAt === undefined ? this.#findEffect(ref, suffix) : effectKey(ref.channel, ref.createdAt, suffix));
    if (key !== undefined) this.plan.remove('effects', key);
  }

  setSlot(packed: string, from: Slot | null, to: Slot | null): void {
    this.#view.slots.set(packed, to);
    this.#writeSlot(packed, from, to);
  }

  slotAt(packed: string): Slot | null {
    return this.#view.slot(packed);
  }

  /** Adds what is written once per batch. */
  finish(): Plan {
    planCounts(this.plan, this.#trees.counts, this.counts, this.countBase);
    return this.plan;
  }

  #write({ prepared, before, touched, slots }: Decided): void {
    const { op, packedId, text } = prepared;
    const { plan } = this;
    const after = text === undefined ? undefined : op.doc;
    if (text === undefined) plan.remove('docs', packedId);
    else plan.put('docs', packedId, text);
    planIndexes(plan, packedId, before, after);
    if (!before || !after || !sameCounter(before, after)) {
      if (before) addCount(this.counts, before, -1);
      if (after) addCount(this.counts, after, 1);
    }
    for (const { suffix, key, text: effect } of prepared.effects) {
      this.#effects.set(suffix, key);
      plan.put('effects', key, effect);
    }
    if (op.settle) for (const ref of op.settle) this.settle(ref);
    for (const entry of prepared.history) {
      plan.put('history', entry.key, entry.text);
      if (entry.said !== undefined) plan.put('index', entry.said, '');
    }
    if (after === undefined) this.#removeHistory(packedId, touched);
    for (const { packed, from, to } of slots) this.#writeSlot(packed, from, to);
  }

  #writeSlot(packed: string, from: Slot | null, to: Slot | null): void {
    const { plan } = this;
    if (from?.expiresAt !== undefined && from.expiresAt !== to?.expiresAt) plan.remove('expiry', expiryKey(from.expiresAt, packed));
    if (to === null) {
      if (from !== null) plan.remove('slots', packed);
      return;
    }
    plan.put('slots', packed, JSON.stringify(to));
    if (to.expiresAt !== undefined) plan.put('expiry', expiryKey(to.expiresAt, packed), '');
  }

  #removeHistory(packedId: string, touched: boolean): void {
    const prefix = historyPrefix(packedId);
    for (const { key, value } of this.#trees.history.entries({ start: prefix, end: prefix + LAST })) this.#removeEntry(packedId, key, value);
    if (!touched) return;
    const { trees, keys, values } = this.plan;
    for (let i = 0, { size } = this.plan; i < size; i++) {
      const key = keys[i];
      const value = values[i];
      if (trees[i] === 'history' && value !== undefined && key?.startsWith(prefix)) this.#removeEntry(packedId, key, value);
    }
  }

  #removeEntry(packedId: string, key: string, text: string): void {
    this.plan.remove('history', key);
    const { at, version, said } = JSON.parse(text) as HistoryEntry;
    if (said !== undefined) this.plan.remove('index', saidKey(at, packedId, version));
  }

  /** The step's history entry has the effect's instant; failing that, the channel is searched. */
  #findEffect(ref: EffectRef, suffix: string): string | undefined {
    const { effects, history } = this.#trees;
    const entry = history.get(historyKey(packId(ref.actor), ref.version));
    if (entry !== undefined) {
      const key = effectKey(ref.channel, (JSON.parse(entry) as HistoryEntry).at, suffix);
      if (effects.head(key) !== undefined) return key;
    }
    const prefix = packText(ref.channel);
    const length = prefix.length + 6 + suffix.length;
    for (const key of effects.keys({ start: prefix, end: prefix + LAST })) if (key.length === length && key.endsWith(suffix)) return key;
    return undefined;
  }
}

function decide(prepared: PreparedOp, view: View): Decided | CommitOutcome {
  const { op, packedId } = prepared;
  const { doc, expectedVersion } = op;
  const inBatch = view.touched(packedId);
  const row = inBatch ? undefined : view.head(packedId);
  const stored = inBatch ?? (row === undefined ? undefined : readHead(row));
  if (stored && stored.epoch > doc.epoch) return { kind: 'epoch', storedEpoch: stored.epoch };
  const storedVersion = stored?.version ?? 0;
  if (storedVersion !== expectedVersion) return { kind: 'version', storedVersion };

  const slots: { packed: string; from: Slot | null; to: Slot | null }[] = [];
  for (const slot of op.claim ?? []) {
    const packed = packText(slot.name);
    const from = view.slot(packed);
    if (from !== null && from.owner !== slot.owner) return { kind: 'slot', slot: from };
    slots.push({ packed, from, to: slot });
  }
  for (const name of op.release ?? []) changeOwn(slots, view, op, name, () => null);
  for (const { name, at } of op.expire ?? []) changeOwn(slots, view, op, name, (slot) => ({ ...slot, expiresAt: at }));

  let before: ActorDoc | undefined;
  if (stored && storedVersion > 0) {
    if (inBatch) before = inBatch.doc ?? undefined;
    else before = op.before && isStored(op.before, stored) ? op.before : readDoc(view.text(packedId));
  }
  return { prepared, before, touched: inBatch !== undefined, slots };
}

/** A slot is given up or ended by its owner only. */
function changeOwn(
  slots: { packed: string; from: Slot | null; to: Slot | null }[],
  view: View,
  op: CommitOp,
  name: string,
  change: (slot: Slot) => Slot | null,
): void {
  const packed = packText(name);
  const claimed = slots.find((one) => one.packed === packed);
  const current = claimed ? claimed.to : view.slot(packed);
  if (current === null || current.owner !== op.doc.id) return;
  if (claimed) claimed.to = change(current);
  else slots.push({ packed, from: current, to: change(current) });
}

function take({ prepared, slots }: Decided, view: View): void {
  const { op, packedId } = prepared;
  const { doc } = op;
  view.docs.set(
    packedId,
    op.remove ? { version: 0, epoch: 0, commitTag: '', doc: null } : { version: doc.version, epoch: doc.epoch, commitTag: commitTag(doc), doc },
  );
  for (const { packed, to } of slots) view.slots.set(packed, to);
}
