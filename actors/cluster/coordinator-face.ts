/** What a coordinator is given, and what it gives. */
import type { Ports } from '../engine/ports.ts';
import type { Running } from '../supervision/index.ts';
import type { Leases, NodeId, ShardHost } from './contract.ts';
import type { RetryPauses } from './failures.ts';
import type { ClusterIdentity } from './identity.ts';
import type { EpochStore } from './leases.ts';
import type { ClusterOptions } from './options.ts';
import type { LateOwner } from './reach.ts';
import type { ClusterNats } from './session.ts';
import type { ClusterEvent, ClusterHealth, ClusterStatus } from './status.ts';

export interface CoordinatorOptions {
  readonly ports: Ports;
  readonly nats: ClusterNats;
  /** First token of every subject; the buckets are named after it. */
  readonly prefix: string;
  /** Copies of the buckets in a NATS cluster. */
  readonly replicas: number;
  readonly identity: ClusterIdentity;
  readonly node: { readonly id: NodeId; readonly version: string; readonly url: string | null };
  readonly limits: Pick<ClusterOptions, 'leaseMs' | 'maxMoves' | 'drainMs' | 'settleMs' | 'openRestarts'>;
  /** Pauses before a shard that could not be opened here is tried here again. */
  readonly retry?: RetryPauses;
  readonly host: ShardHost;
  readonly epochs: EpochStore;
  onEvent?(event: ClusterEvent): void;
  /** It failed on every node. Told by one node, again by the next one that speaks for all. */
  onParked?(shard: number, reason: string): void;
  onUnparked?(shard: number): void;
}

/** Drained: `left` shards stay, because nobody can take them. */
export interface Drained {
  readonly left: number;
}

export interface Coordinator extends Leases, Running {
  /** Resolves once this node is in the cluster; rejects when it never can be. */
  readonly ready: Promise<void>;
  /** Resolves after `stop`; rejects with `node_id_taken`, `cluster_mismatch` or `cluster_shards_mismatch`. */
  readonly done: Promise<void>;
  /** Give everything away and take nothing more. Resolves when nothing is left that somebody could take. */
  drain(): Promise<Drained>;
  /** Hand everything over and leave. */
  stop(): Promise<void>;
  /** It gives its shards away, or has, or stops. */
  isDraining(): boolean;
  status(): ClusterStatus;
  health(): ClusterHealth;
  /** Who is alive, ourselves included once joined; cheaper than {@link status}. */
  aliveNodes(): readonly NodeId[];
  /** Who owns a shard by its lease, as far as this node sees. */
  ownerOf(shard: number): NodeId | null;
  /** Whether every shard has an owner who said so within the lease time: what comes for any key can be taken. */
  areAllServed(): boolean;
  /** Another node that owns a shard by its lease, and has not been heard of for more than two renewals. */
  lateOwnerOf(shard: number): LateOwner | undefined;
  /** Why nobody can be relied on to answer: NATS does not, though it may be connected. Null while it does, and once this node leaves. */
  unheard(): string | null;
}
