/**
 * What the parts of a cluster promise each other (architecture, section 4).
 *
 *   registry ─ who is alive ─┐
 *                            ├─► placement (pure) ─► coordinator ─ claim, renew, release ─► leases
 *   leases ─ who owns what ──┘                          │ open, close, lose
 *                                                       ▼
 *   router ─ mw.cmd.<shard> ─► command server ─────► shard host (the engine)
 *
 * Invariants
 * - C1 A shard is served only while its lease is valid by the own monotonic clock of the node that holds it.
 * - C2 The epoch of a shard rises with every claim, whoever makes it; it is stored with each document, and a lower one is refused there.
 * - C3 A lease is claimed only when nobody holds it, or when this node has itself seen no new revision of it for the lease time.
 */

import type { Json } from '../../machines/common/effects.ts';

export type { Leases } from '../engine/own-shards.ts';

/** A name that is a token of a NATS subject and a key of KV. */
export type NodeId = string;

/** The engine as the holder of leases sees it. */
export interface ShardHost {
  /** Bring a shard into service: what memory held of it is forgotten, undone work is looked for. Rejects when it cannot be opened. */
  open(shard: number, epoch: number): Promise<void>;
  /** Take it out of service in order: callers hear `not_owner`, what is under way ends and is committed. The signal cuts what does not end. */
  close(shard: number, signal: AbortSignal): Promise<void>;
  /** The lease is gone: nothing more is committed under its epoch, and what is under way is cut. */
  lose(shard: number): void;
}

export interface FailedShard {
  readonly shard: number;
  readonly reason: string;
  readonly tries?: number;
}

/** One node, as KV `MW_NODES` has it. Its key is `id`. */
export interface NodeRecord {
  readonly id: NodeId;
  /** Of this life of the process: another life under the same id is another node. */
  readonly incarnation: string;
  readonly version: string;
  /** Instant of the start, for people. */
  readonly startedAt: number;
  /** Where its gateway answers. */
  readonly url: string | null;
  /** `draining`: it keeps what it has until somebody else can take it, and takes nothing. */
  readonly state: 'up' | 'draining';
  /** Shards that it could not open, with why, and how often it gave one up. */
  readonly failed: readonly FailedShard[];
}

/** One shard, as KV `MW_SHARDS` has it. Its key is the shard's number in decimal. */
export interface LeaseRecord {
  /** Null: released. */
  readonly node: NodeId | null;
  readonly incarnation: string | null;
  readonly epoch: number;
  /** Who held it before, so that owners get their own back first after NATS was away. */
  readonly previous: NodeId | null;
  /** Rises with every renewal, so that every renewal is a new revision. */
  readonly beat: number;
}

/** A word to every other node: heard at once by those who listen, by nobody later. Alone in `single` mode, nobody hears it. */
export interface Voice {
  tell(topic: string, payload: Json): void;
  /** Returns how to stop listening. Own words are not heard. */
  on(topic: string, listener: (payload: Json, from: NodeId) => void): () => void;
}

/** The voice of a process that is alone. */
export const NO_VOICE: Voice = { tell: () => {}, on: () => () => {} };
