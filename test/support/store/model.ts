/** The store as plainly as it can be said: lists, filters and sorts. What the adapters are compared with. */
import type {
  ActorDoc,
  CommitGroup,
  CommitOutcome,
  Count,
  DueReminder,
  Effect,
  EffectRef,
  HistoryEntry,
  IndexName,
  Slot,
} from '../../../actors/store/store.ts';

interface State {
  docs: Map<string, ActorDoc>;
  slots: Map<string, Slot>;
  effects: Map<string, Effect>;
  history: Map<string, HistoryEntry[]>;
}

export class ModelStore {
  #state: State = { docs: new Map(), slots: new Map(), effects: new Map(), history: new Map() };

  commit(groups: readonly CommitGroup[]): CommitOutcome[] {
    return groups.map((group) => {
      const draft: State = structuredClone(this.#state);
      for (const op of group) {
        const outcome = apply(draft, op);
        if (outcome.kind !== 'ok') return outcome;
      }
      this.#state = draft;
      return { kind: 'ok' };
    });
  }

  settle(refs: readonly EffectRef[]): void {
    for (const ref of refs) this.#state.effects.delete(effectId(ref));
  }

  sweep(now: number): void {
    for (const [name, slot] of this.#state.slots) if (slot.expiresAt !== undefined && slot.expiresAt <= now) this.#state.slots.delete(name);
  }

  get(id: string): ActorDoc | undefined {
    return this.#state.docs.get(id);
  }

  slot(name: string): Slot | undefined {
    return this.#state.slots.get(name);
  }

  find(index: IndexName | 'state', value: string): ActorDoc[] {
    const at = (doc: ActorDoc): number => (index === 'state' ? doc.since : doc.createdAt);
    return this.docs()
      .filter((doc) => valuesOf(doc, index).includes(value))
      .sort((a, b) => at(a) - at(b) || order(a.id, b.id));
  }

  docs(): ActorDoc[] {
    return [...this.#state.docs.values()];
  }

  counts(): Count[] {
    const counts = new Map<string, Count>();
    for (const { shard, kind, state, since, reason = '' } of this.docs()) {
      const day = new Date(since).toISOString().slice(0, 10);
      const key = JSON.stringify([shard, kind, state, day, reason]);
      counts.set(key, { shard, kind, state, day, reason, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return [...counts.values()];
  }

  due(until: number, gate: 'dip' | undefined): DueReminder[] {
    return this.docs()
      .flatMap((doc) => doc.reminders.filter((reminder) => reminder.gate === gate).map((reminder) => ({ doc, reminder })))
      .map(({ doc, reminder }) => ({
        actor: doc.id,
        key: doc.key,
        shard: doc.shard,
        name: reminder.name,
        dueAt: reminder.dueAt,
        fireAt: reminder.retryAt ?? reminder.dueAt,
      }))
      .filter((due) => due.fireAt <= until);
  }

  outbox(channel: string): Effect[] {
    return [...this.#state.effects.values()]
      .filter((effect) => effect.channel === channel)
      .sort((a, b) => a.createdAt - b.createdAt || order(a.actor, b.actor) || a.version - b.version || a.n - b.n);
  }

  history(id: string): HistoryEntry[] {
    return [...(this.#state.history.get(id) ?? [])].sort((a, b) => a.version - b.version);
  }
}

function valuesOf(doc: ActorDoc, index: IndexName | 'state'): readonly string[] {
  if (index === 'state') return [`${doc.kind}|${doc.state}`];
  if (index === 'kind') return [doc.kind];
  return doc.indexes[index] ?? [];
}

function apply(state: State, op: CommitGroup[number]): CommitOutcome {
  const { doc } = op;
  const stored = state.docs.get(doc.id);
  if (stored && stored.epoch > doc.epoch) return { kind: 'epoch', storedEpoch: stored.epoch };
  if ((stored?.version ?? 0) !== op.expectedVersion) return { kind: 'version', storedVersion: stored?.version ?? 0 };
  for (const claim of op.claim ?? []) {
    const held = state.slots.get(claim.name);
    if (held && held.owner !== claim.owner) return { kind: 'slot', slot: held };
  }
  for (const claim of op.claim ?? []) state.slots.set(claim.name, claim);
  for (const name of op.release ?? []) if (state.slots.get(name)?.owner === doc.id) state.slots.delete(name);
  for (const { name, at } of op.expire ?? []) {
    const held = state.slots.get(name);
    if (held?.owner === doc.id) state.slots.set(name, { ...held, expiresAt: at });
  }
  for (const effect of op.effects ?? []) state.effects.set(effectId(effect), effect);
  for (const ref of op.settle ?? []) state.effects.delete(effectId(ref));
  if (op.remove) {
    state.docs.delete(doc.id);
    state.history.delete(doc.id);
    return { kind: 'ok' };
  }
  state.docs.set(doc.id, doc);
  const history = (state.history.get(doc.id) ?? []).filter((entry) => !op.history?.some((added) => added.version === entry.version));
  state.history.set(doc.id, [...history, ...(op.history ?? [])]);
  return { kind: 'ok' };
}

function effectId(ref: Pick<EffectRef, 'actor' | 'version' | 'n'>): string {
  return `${ref.actor}/${ref.version}/${ref.n}`;
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
