/** Whose NATS prefix this is: one cluster, one store, one number of shards. Another on the same prefix is refused. */
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { MeterwrightError } from '../errors/error.ts';
import type { Bucket } from './kv.ts';

export interface ClusterIdentity {
  /** Kept with the store, so it tells the store. */
  readonly clusterId: string;
  readonly shards: number;
}

/** Key in the bucket of nodes; no node may be called so. */
export const IDENTITY_KEY = 'cluster';
/** Of the records in the buckets. */
const FORMAT = 1;

const identity = Compile(Type.Object({ clusterId: Type.String(), shards: Type.Integer(), format: Type.Integer() }));

/**
 * Write it when nobody has; compare when somebody has. Throws `cluster_mismatch` or `cluster_shards_mismatch`, which trying
 * again does not mend; any other error may pass.
 */
export async function checkIdentity(nodes: Bucket, own: ClusterIdentity, prefix: string): Promise<void> {
  const answer = await nodes.write(IDENTITY_KEY, { ...own, format: FORMAT }, 0);
  if (answer.kind === 'written') return;
  if (answer.kind === 'unanswered') throw new MeterwrightError('bus_timeout', `bus: ${answer.reason}`, { retry: 'later' });
  const word = await nodes.ask(IDENTITY_KEY);
  if (!word) throw new MeterwrightError('bus_timeout', `bus: key ${IDENTITY_KEY} of the cluster was not answered`, { retry: 'later' });
  const found = word.value;
  if (!identity.Check(found)) throw new MeterwrightError('bus_refused', `bus: key ${IDENTITY_KEY} of the cluster cannot be read`, { retry: 'later' });
  compare(found, own, prefix);
}

function compare(found: ClusterIdentity & { readonly format: number }, own: ClusterIdentity, prefix: string): void {
  if (found.format > FORMAT)
    throw new MeterwrightError(
      'cluster_mismatch',
      `nats.prefix: must hold records of format ${FORMAT} or lower: ${prefix} has ${found.format}; install that version`,
    );
  if (found.clusterId !== own.clusterId && found.shards !== own.shards)
    throw new MeterwrightError(
      'cluster_shards_mismatch',
      `nats.prefix: must belong to the cluster of this store (${own.clusterId}, ${own.shards} shards): ${prefix} belongs to ${found.clusterId} with ${found.shards} (engine.shards); give one of them another prefix, or this node the other store`,
      { details: { own: own.shards, found: found.shards } },
    );
  if (found.clusterId !== own.clusterId)
    throw new MeterwrightError(
      'cluster_mismatch',
      `nats.prefix: must belong to the cluster of this store (${own.clusterId}): ${prefix} belongs to ${found.clusterId}; give one of them another prefix, or this node the other store`,
      { details: { own: own.clusterId, found: found.clusterId } },
    );
  if (found.shards !== own.shards)
    throw new MeterwrightError(
      'cluster_shards_mismatch',
      `engine.shards: must be what the cluster on ${prefix} was made with (${found.shards}): ${own.shards}; start with that number on an empty store, or give this cluster another nats.prefix`,
      { details: { own: own.shards, found: found.shards } },
    );
}
