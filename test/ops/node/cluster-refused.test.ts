/** Who is not let into a cluster, by what is configured. */
import test, { type ExecutionContext } from 'ava';
import { MeterwrightError } from '../../../actors/errors/error.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { keptIdentity } from '../../../ops/node/installation.ts';
import { startNats } from '../../support/nats.ts';
import { realPorts } from '../../support/real-ports.ts';
import { note, SHARDS, settled, startHouse } from './cluster-house.ts';

const { clock, ids } = realPorts();

async function refusal(work: Promise<unknown>): Promise<MeterwrightError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof MeterwrightError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

async function server(t: ExecutionContext): Promise<string> {
  const nats = await startNats();
  t.teardown(() => nats.close());
  return nats.url;
}

test('a second cluster with another number of shards on the prefix is refused with both numbers, and the first goes on', async (t) => {
  const url = await server(t);
  const first = await startHouse(t, { name: 'a', url });
  await first.house.joined;
  await settled(first);
  const second = await startHouse(t, { name: 'b', url, shards: 16 });
  const error = await refusal(second.house.joined);
  t.is(error.code, 'cluster_shards_mismatch');
  t.regex(
    error.message,
    /nats\.prefix: must belong to the cluster of this store \(.*, 16 shards\): mw belongs to .* with 8 \(engine\.shards\); give one of them another prefix/,
  );
  t.is(second.house.health().serving, 0);
  t.is(await first.face.command(note('k', 'after')), 'after');
  t.is(first.house.health().serving, SHARDS);
});

test('a second cluster of the same number of shards on the prefix is refused for its store', async (t) => {
  const url = await server(t);
  const first = await startHouse(t, { name: 'a', url });
  await first.house.joined;
  const second = await startHouse(t, { name: 'b', url });
  t.is((await refusal(second.house.joined)).code, 'cluster_mismatch');
});

test('a node that is configured with another number of shards than its store was made with does not start', async (t) => {
  const store = openMemoryStore();
  const made = await keptIdentity(store, 64, ids, clock.now());
  const error = await refusal(keptIdentity(store, 16, ids, clock.now()));
  t.is(error.code, 'cluster_shards_mismatch');
  t.is(error.retry, 'never');
  t.regex(error.message, /engine\.shards: must be what the cluster of this store was made with \(64\): 16; set that number/);
  t.deepEqual(await keptIdentity(store, 64, ids, clock.now()), made);
});

test('of several first starts with different numbers one makes the cluster, and those that differ do not start', async (t) => {
  const store = openMemoryStore();
  const starts = await Promise.allSettled([64, 16, 64].map((shards) => keptIdentity(store, shards, ids, clock.now())));
  const kept = starts.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  t.is(new Set(kept.map(({ clusterId }) => clusterId)).size, 1);
  t.deepEqual(
    starts.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
});

test('a store that was copied from one process keeps that number, and says so to whoever configures another', async (t) => {
  const store = openMemoryStore();
  await store.putMeta('shards', 24);
  t.regex((await refusal(keptIdentity(store, 64, ids, clock.now()))).message, /\(24\): 64/);
  t.is((await keptIdentity(store, 24, ids, clock.now())).shards, 24);
});
