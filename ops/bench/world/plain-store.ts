/** A store that only keeps documents as they are: what a step costs beside it is the engine's own. No rows, no texts, no order. */

import type { ActorDoc, CommitGroup, CommitOp, CommitOutcome, IndexName, Slot, Store } from '../../../actors/store/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import type { ActorId } from '../../../machines/common/effects.ts';

const OK: CommitOutcome = { kind: 'ok' };

/** Everything that a step does not ask for is an empty store's. */
export function openPlainStore(): Store {
  const docs = new Map<ActorId, ActorDoc>();
  const slots = new Map<string, Slot>();
  const index = new Map<string, ActorId[]>();

  const list = (doc: ActorDoc, before: ActorDoc | undefined): void => {
    for (const name in doc.indexes) {
      const known = before?.indexes[name as IndexName];
      for (const value of doc.indexes[name as IndexName] ?? []) {
        if (known?.includes(value)) continue;
        const key = `${name}|${value}`;
        const ids = index.get(key);
        if (ids) ids.push(doc.id);
        else index.set(key, [doc.id]);
      }
    }
  };
  const apply = (op: CommitOp): void => {
    docs.set(op.doc.id, op.doc);
    list(op.doc, op.before);
    for (const name of op.release ?? []) slots.delete(name);
    for (const slot of op.claim ?? []) slots.set(slot.name, slot);
  };
  const settleGroup = (group: CommitGroup): CommitOutcome => {
    for (const op of group) {
      const storedVersion = docs.get(op.doc.id)?.version ?? 0;
      if (storedVersion !== op.expectedVersion) return { kind: 'version', storedVersion };
    }
    group.forEach(apply);
    return OK;
  };
  return Object.assign(openMemoryStore(), {
    get: async (ids: readonly ActorId[]) => ids.map((id) => docs.get(id)),
    slot: async (name: string) => slots.get(name),
    find: async (name: string, value: string, limit = 1_000) => (index.get(`${name}|${value}`) ?? []).slice(0, limit),
    commit: async (groups: readonly CommitGroup[]) => groups.map(settleGroup),
  });
}
