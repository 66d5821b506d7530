/** What people see of a cluster, and what leaves as events of its nodes. */
import type { FailedShard, NodeId } from './contract.ts';
import type { Keeper, Standing } from './keeper.ts';
import type { LeaseTable } from './leases.ts';
import type { Parked } from './parked.ts';
import type { MoveReason, Placement } from './placement.ts';
import type { NodeView } from './registry.ts';

export interface NodeStatus {
  readonly id: NodeId;
  readonly incarnation: string;
  readonly version: string;
  readonly url: string | null;
  readonly startedAt: number;
  readonly state: 'up' | 'draining';
  readonly isAlive: boolean;
  /** Since its record last changed, milliseconds. */
  readonly silentMs: number;
  /** How many it owns by the leases. */
  readonly shards: number;
  readonly failed: readonly FailedShard[];
}

export interface ShardStatus {
  readonly shard: number;
  /** By its lease; null: released, or never owned. */
  readonly owner: NodeId | null;
  readonly epoch: number;
  /** Who should have it; null: nobody can. */
  readonly desired: NodeId | null;
  /** Why it is to move, while it is not where it should be. */
  readonly move: { readonly from: NodeId | null; readonly to: NodeId; readonly why: MoveReason } | null;
  /** On this node: what is done with it, and how long its lease is still valid, milliseconds. */
  readonly here: { readonly standing: Standing; readonly validForMs: number } | null;
  /** Why it failed on every node. */
  readonly parked: string | null;
}

export interface ClusterStatus {
  readonly node: NodeId;
  readonly incarnation: string;
  /** Why this node has no part in the cluster now. */
  readonly problem: string | null;
  /** By how much this node's wall clock is ahead of the NATS server's, milliseconds; 0 while it is little. */
  readonly clockOffMs: number;
  readonly nodes: readonly NodeStatus[];
  readonly shards: readonly ShardStatus[];
}

/** For `/health/ready`. */
export interface ClusterHealth {
  readonly isReady: boolean;
  readonly problem: string | null;
  /** Shards in service here, with a lease that is valid now. */
  readonly serving: number;
  /** It gave everything away, and takes nothing: it may be stopped. */
  readonly isDrained: boolean;
}

/** For `mw.evt.node.<node>.<type>`. */
export interface ClusterEvent {
  readonly type: 'joined' | 'left' | 'draining' | 'shard-acquired' | 'shard-released' | 'shard-lost' | 'shard-failed' | 'parked' | 'unparked';
  readonly node: NodeId;
  readonly shard?: number;
  readonly epoch?: number;
  readonly reason: string;
}

export interface ShardSources {
  readonly leases: LeaseTable;
  readonly keeper: Keeper;
  readonly placement: Placement | undefined;
  /** Whether a node is heard of. The plan may be older than that: one that fell silent since takes nothing. */
  readonly canTake: (node: NodeId) => boolean;
  readonly parked: Parked;
}

export function shardStatus(shard: number, { leases, keeper, placement, canTake, parked }: ShardSources): ShardStatus {
  const { node, epoch } = leases.view(shard);
  const standing = keeper.standingOf(shard);
  const move = placement?.moves.find((one) => one.shard === shard && canTake(one.to));
  const desired = placement?.desired[shard] ?? null;
  return {
    shard,
    owner: node,
    epoch,
    desired: desired !== null && canTake(desired) ? desired : null,
    move: move ? { from: move.from, to: move.to, why: move.why } : null,
    here: standing ? { standing, validForMs: leases.validForMs(shard) } : null,
    parked: parked.reasonOf(shard),
  };
}

export function nodeStatuses(nodes: readonly NodeView[], shards: readonly ShardStatus[]): readonly NodeStatus[] {
  const owned = new Map<NodeId, number>();
  for (const { owner } of shards) if (owner !== null) owned.set(owner, (owned.get(owner) ?? 0) + 1);
  return nodes.map(({ record, isAlive, silentMs }) => ({ ...record, isAlive, silentMs, shards: owned.get(record.id) ?? 0 }));
}
