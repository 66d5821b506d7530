/** Documents and ops for the tests of the store. */

import type { ActorDoc, CommitOp, CommitOutcome, Effect, EffectRef, Slot, Store } from '../../../actors/store/store.ts';
import type { ActorId } from '../../../machines/common/effects.ts';

export const NOW = Date.UTC(2025, 5, 15, 12);

/** A UUIDv7 made of a number: rises with it. */
export function uuid(n: number): string {
  const hex = n.toString(16).padStart(12, '0');
  return `01970000-${hex.slice(0, 4)}-7000-8000-${hex.slice(0, 12)}`;
}

export function appointmentId(n: number): ActorId {
  return `appointment:${uuid(n)}`;
}

export function doc(n: number, changes: Partial<ActorDoc> = {}): ActorDoc {
  return {
    id: appointmentId(n),
    kind: 'appointment',
    key: `mpan-${n}`,
    shard: n % 4,
    version: 1,
    commitId: `commit-${n}-1`,
    epoch: 0,
    machineVersion: 1,
    snapshot: { value: 'submitting', context: { n } },
    state: 'SUBMITTING',
    since: NOW + n,
    createdAt: NOW + n,
    changedAt: NOW + n,
    indexes: {},
    slots: [],
    reminders: [],
    owed: [],
    applied: [],
    senders: {},
    ...changes,
  };
}

export function create(of: ActorDoc, more: Partial<CommitOp> = {}): CommitOp {
  return { doc: of, expectedVersion: 0, ...more };
}

/** The next version of a document. */
export function next(before: ActorDoc, changes: Partial<ActorDoc> = {}): ActorDoc {
  return { ...before, version: before.version + 1, ...changes };
}

export function update(before: ActorDoc, changes: Partial<ActorDoc> = {}, more: Partial<CommitOp> = {}): CommitOp {
  return { doc: next(before, changes), expectedVersion: before.version, before, ...more };
}

export function effect(of: ActorDoc, n: number, changes: Partial<Effect> = {}): Effect {
  return {
    key: `${of.id}/${of.version}/${n}`,
    actor: of.id,
    routingKey: of.key,
    shard: of.shard,
    version: of.version,
    n,
    channel: 'dip',
    name: 'send',
    createdAt: of.changedAt,
    data: { n },
    ...changes,
  };
}

export function ref(of: Effect): EffectRef {
  return { key: of.key, actor: of.actor, shard: of.shard, channel: of.channel, version: of.version, n: of.n };
}

export function slot(name: string, owner: ActorDoc, more: Partial<Slot> = {}): Slot {
  return { name, owner: owner.id, ...more };
}

/** Commits one op and gives its outcome. */
export async function commitOne(store: Store, op: CommitOp): Promise<CommitOutcome> {
  const [outcome] = await store.commit([[op]]);
  if (!outcome) throw new Error('no outcome');
  return outcome;
}

export const ALL_SHARDS = [0, 1, 2, 3];
