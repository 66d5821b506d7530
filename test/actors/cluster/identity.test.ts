import test from 'ava';
import { MeterwrightError } from '../../../actors/errors/error.ts';
import { clusterWorld, LEASE_MS, SHORT } from './cluster-world.ts';

const refused = async (promise: Promise<unknown>): Promise<MeterwrightError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof MeterwrightError) return error;
  throw new Error(`not refused: ${String(error)}`);
};

test('a node of another store on the same prefix is refused, and told what differs', async (t) => {
  const world = await clusterWorld(t);
  const a = await world.node('a');
  await world.settled(a);
  const b = await world.node('b', { identity: { clusterId: 'cluster-2', shards: world.shards } });
  const error = await refused(b.coordinator.done);
  t.is(error.code, 'cluster_mismatch');
  t.regex(error.message, /cluster-2.*cluster-1.*another prefix/);
  t.is((await refused(b.coordinator.ready)).code, 'cluster_mismatch');
  t.is(a.owned().length, world.shards);
});

test('a node with another number of shards is refused', async (t) => {
  const world = await clusterWorld(t);
  const a = await world.node('a');
  await world.settled(a);
  const b = await world.node('b', { identity: { clusterId: 'cluster-1', shards: 16 } });
  const error = await refused(b.coordinator.done);
  t.is(error.code, 'cluster_shards_mismatch');
  t.regex(error.message, /\(8\): 16/);
});

test('another prefix is another cluster', async (t) => {
  const world = await clusterWorld(t);
  const a = await world.node('a');
  await world.settled(a);
  const b = await world.node('b', { prefix: 'other', identity: { clusterId: 'cluster-2', shards: 4 } });
  await b.coordinator.ready;
  t.deepEqual(
    b.coordinator.status().nodes.map(({ id }) => id),
    ['b'],
  );
});

test('a second process under an id that is alive is refused within a lease time or so, and the first goes on', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const first = await world.node('a');
  await world.settled(first);
  const second = await world.node('a');
  const error = await refused(second.coordinator.done);
  t.is(error.code, 'node_id_taken');
  t.regex(error.message, /cluster\.node: must be unique in the cluster: a /);
  t.is(first.owned().length, world.shards);
  t.deepEqual(second.host.opens, []);
});

test('a process that follows one that died takes its id after one lease time', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const first = await world.node('a');
  await world.settled(first);
  await first.kill();
  const began = performance.now();
  const second = await world.node('a');
  await second.coordinator.ready;
  t.true(performance.now() - began >= LEASE_MS * 0.6);
  await world.settled(second);
  t.deepEqual(world.problems, []);
});

test('a process that stood still while another took its id gives everything up when it goes on', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const first = await world.node('a');
  await world.settled(first);
  first.clock.stop();
  const second = await world.node('a');
  await world.settled(second);
  first.clock.goOn(() => world.look());
  t.is((await refused(first.coordinator.done)).code, 'node_id_taken');
  t.deepEqual(first.owned(), []);
  t.is(second.owned().length, world.shards);
  t.deepEqual(world.problems, []);
});

test('no node may be called like the record of the cluster', async (t) => {
  const world = await clusterWorld(t);
  await t.throwsAsync(world.node('cluster'), { message: /cluster\.node/ });
  await t.throwsAsync(world.node('a.b'), { message: /cluster\.node/ });
});
