import { jetstreamManager } from '@nats-io/jetstream';
import test from 'ava';
import { connect } from 'nats';
import { type ClusterNode, clusterWorld, LEASE_MS, SHORT } from './cluster-world.ts';

const owners = (...nodes: readonly ClusterNode[]) => nodes.map((node) => node.owned());

test('without NATS everybody steps down in time and says why', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  const died = performance.now();
  await world.server.kill('SIGKILL');
  await world.until('nobody owns anything', () => world.nodes.every((node) => node.owned().length === 0));
  t.true(performance.now() - died <= 10 * LEASE_MS);
  await world.until('the hosts know', () => a.host.lost.length + b.host.lost.length === world.shards);
  const { isReady, problem } = a.coordinator.health();
  t.false(isReady);
  t.regex(problem ?? '', /no NATS/);
  t.deepEqual(world.problems, []);
});

test('after NATS was away for long, owners get their own shards back', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  const before = owners(a, b);
  await world.server.kill('SIGKILL');
  await world.until('nobody owns anything', () => world.nodes.every((node) => node.owned().length === 0));
  await world.server.restart();
  await world.settled(a, b);
  t.deepEqual(owners(a, b), before);
  t.true([...world.epochs.values()].every((epoch) => epoch > 1));
  t.deepEqual(world.problems, []);
});

test('a short absence of NATS changes no owner and loses nothing', async (t) => {
  const world = await clusterWorld(t);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  const before = owners(a, b);
  await world.server.kill('SIGKILL');
  await world.until('they have noticed', () => world.nodes.every(({ coordinator }) => !coordinator.health().isReady));
  await world.server.restart();
  await world.until('they are back', () => world.nodes.every(({ coordinator }) => coordinator.health().isReady));
  t.deepEqual(owners(a, b), before);
  t.deepEqual([a.host.lost, b.host.lost], [[], []]);
  t.deepEqual(world.problems, []);
});

test('a NATS that comes back with nothing in it leaves every shard with its owner, under a higher epoch', async (t) => {
  const world = await clusterWorld(t);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  const before = owners(a, b);
  const epochs = new Map(world.epochs);
  await world.wipe();
  await world.until('claimed again', () => [...world.epochs].every(([shard, epoch]) => epoch > (epochs.get(shard) ?? 0)));
  await world.settled(a, b);
  t.deepEqual(owners(a, b), before);
  t.deepEqual([a.host.lost, b.host.lost], [[], []]);
  t.deepEqual(world.problems, []);
});

test('a NATS that comes back with nothing in it, and a node less, is settled after the lease', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  await b.kill();
  await world.wipe();
  await world.settled(a);
  t.deepEqual(world.problems, []);
});

test('buckets that somebody deletes are made anew', async (t) => {
  const world = await clusterWorld(t);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  const epochs = new Map(world.epochs);
  const nc = await connect({ servers: world.server.url });
  t.teardown(() => nc.close());
  const manager = await jetstreamManager(nc);
  await manager.streams.delete('KV_MW_SHARDS');
  await manager.streams.delete('KV_MW_NODES');
  await world.until('claimed again', () => [...world.epochs].every(([shard, epoch]) => epoch > (epochs.get(shard) ?? 0)));
  await world.settled(a, b);
  t.deepEqual(world.problems, []);
});

test('a node that starts without NATS joins when it comes', async (t) => {
  const world = await clusterWorld(t);
  await world.server.kill();
  const a = await world.node('a');
  await world.until('it says why', () => a.coordinator.health().problem !== null);
  await world.server.restart();
  await a.coordinator.ready;
  await world.settled(a);
  t.pass();
});

test('a node stops in good time while NATS is away', async (t) => {
  const world = await clusterWorld(t);
  const a = await world.node('a');
  await world.settled(a);
  await world.server.kill('SIGKILL');
  await a.coordinator.stop();
  await a.coordinator.done;
  t.deepEqual(a.owned(), []);
});

test('one node cut off from NATS loses its shards to the others, never sharing any', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  await b.bus.close();
  await world.settled(a);
  t.deepEqual(b.owned(), []);
  t.false(b.coordinator.health().isReady);
  t.deepEqual(world.problems, []);
});
