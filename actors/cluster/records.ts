/** What the buckets hold, read as data of strangers. Members that a newer version added are left alone. */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import type { LeaseRecord, NodeRecord } from './contract.ts';

const Name = Type.Union([Type.String(), Type.Null()]);

const lease = Compile(Type.Object({ node: Name, incarnation: Name, epoch: Type.Integer({ minimum: 0 }), previous: Name, beat: Type.Integer({ minimum: 0 }) }));

const node = Compile(
  Type.Object({
    id: Type.String(),
    incarnation: Type.String(),
    version: Type.String(),
    startedAt: Type.Number(),
    url: Name,
    state: Type.Union([Type.Literal('up'), Type.Literal('draining')]),
    failed: Type.Array(Type.Object({ shard: Type.Integer({ minimum: 0 }), reason: Type.String(), tries: Type.Optional(Type.Integer()) })),
  }),
);

/** Owner of a lease that cannot be read: somebody, so that it is taken only after the lease time. */
const SOMEBODY: LeaseRecord = { node: '?', incarnation: '?', epoch: 0, previous: null, beat: 0 };

/** A lease; null where there is none. */
export function leaseOf(value: unknown): LeaseRecord | null {
  if (value === null || value === undefined) return null;
  return lease.Check(value) ? (value as LeaseRecord) : SOMEBODY;
}

/** A node; undefined for what is none, or cannot be read. */
export function nodeOf(value: unknown): NodeRecord | undefined {
  return node.Check(value) ? (value as NodeRecord) : undefined;
}
