/**
 * What the first start of an installation fixes for ever: the number of shards, and among many nodes the name of the cluster. Several
 * first starts at once on one store agree, since the record is made by compare-and-set.
 */
import { hostname } from 'node:os';
import type { ClusterIdentity } from '../../actors/cluster/index.ts';
import type { Ids } from '../../actors/engine/index.ts';
import { emptyDoc } from '../../actors/engine/step.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { Store } from '../../actors/store/index.ts';
import type { ActorId, EpochMs } from '../../machines/common/effects.ts';

const SHARDS_META = 'shards';
const RECORD_ID: ActorId = 'installation:cluster';
const KIND = 'installation';
const KEY = 'installation';

/** The number of shards of a process that is alone is part of the stored data: the first start fixes it. */
export async function keptShards(store: Pick<Store, 'getMeta' | 'putMeta'>, wanted: number): Promise<number> {
  const kept = await store.getMeta(SHARDS_META);
  if (typeof kept === 'number') return kept;
  await store.putMeta(SHARDS_META, wanted);
  return wanted;
}

/**
 * Name and number of shards of the cluster that shares this store, made at the very first start.
 * @param wanted `engine.shards` @throws MeterwrightError `cluster_shards_mismatch` when the cluster was made with another number
 */
export async function keptIdentity(store: Pick<Store, 'get' | 'commit' | 'getMeta'>, wanted: number, ids: Ids, now: EpochMs): Promise<ClusterIdentity> {
  const identity = (await identityIn(store)) ?? (await makeIdentity(store, wanted, ids, now));
  if (identity.shards === wanted) return identity;
  throw new MeterwrightError(
    'cluster_shards_mismatch',
    `engine.shards: must be what the cluster of this store was made with (${identity.shards}): ${wanted}; set that number, or give this node another store and another nats.prefix`,
    { details: { own: wanted, found: identity.shards } },
  );
}

async function makeIdentity(store: Pick<Store, 'get' | 'commit' | 'getMeta'>, wanted: number, ids: Ids, now: EpochMs): Promise<ClusterIdentity> {
  // A store that was copied from one process's brings its own number.
  const copied = await store.getMeta(SHARDS_META);
  const identity: ClusterIdentity = { clusterId: ids.uuid(), shards: typeof copied === 'number' ? copied : wanted };
  const empty = emptyDoc(RECORD_ID, KIND, KEY, 0, 1, now);
  await store.commit([[{ doc: { ...empty, version: 1, commitId: ids.uuid(), snapshot: { ...identity }, state: 'kept' }, expectedVersion: 0 }]]);
  const settled = await identityIn(store);
  if (!settled) throw new MeterwrightError('store_failed', 'store: does not give back the record of the installation', { retry: 'later' });
  return settled;
}

async function identityIn(store: Pick<Store, 'get'>): Promise<ClusterIdentity | undefined> {
  const [doc] = await store.get([RECORD_ID]);
  return doc?.snapshot as ClusterIdentity | undefined;
}

/** Name of a node that was given none: the machine's and the port of its gateway, which both stay the same over restarts. */
export function defaultNodeId(port: number): string {
  return `${hostname().replaceAll(/[^A-Za-z0-9_-]/g, '-')}-${port}`.slice(-64);
}
