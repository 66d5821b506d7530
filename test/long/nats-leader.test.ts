/** Three NATS servers with three copies of the buckets. */
import test from 'ava';
import { type ClusterNode, clusterWorld } from '../actors/cluster/cluster-world.ts';
import { startNatsCluster } from '../support/nats-cluster.ts';

test('when the NATS server that leads the leases dies, owners keep their shards or get them back first', async (t) => {
  const nats = await startNatsCluster();
  t.teardown(() => nats.close());
  const world = await clusterWorld(t, { nats: { url: nats.url, replicas: 3 } });
  const [a, b, c] = [await world.node('a'), await world.node('b'), await world.node('c')];
  await world.settled(a, b, c);
  await nats.settled('KV_MW_SHARDS');
  const before = world.nodes.map((node) => node.owned());
  const died = performance.now();
  await nats.kill(await nats.leaderOf('KV_MW_SHARDS'));
  await nats.leaderOf('KV_MW_SHARDS');
  await world.until('all are back', () => world.nodes.every(({ coordinator }) => coordinator.health().isReady), 20_000);
  await world.settled(a, b, c);
  t.log(`settled again after ${Math.round(performance.now() - died)} ms`);
  t.deepEqual(
    world.nodes.map((node) => node.owned()),
    before,
  );
  t.deepEqual(world.problems, []);
});

test('servers that die while they lead, one after the other, leave all nodes joined and all shards served', async (t) => {
  t.timeout(240_000);
  const nats = await startNatsCluster();
  t.teardown(() => nats.close());
  const world = await clusterWorld(t, { nats: { url: nats.url, replicas: 3 }, limits: { leaseMs: 2_000 } });
  const [a, b, c] = [await world.node('a'), await world.node('b'), await world.node('c')];
  await world.settled(a, b, c);
  const nodes = [a, b, c];
  for (const [round, bucket] of ['KV_MW_NODES', 'KV_MW_SHARDS', 'KV_MW_NODES', 'KV_MW_SHARDS'].entries()) {
    for (const each of ['KV_MW_NODES', 'KV_MW_SHARDS']) await nats.settled(each);
    const leader = await nats.leaderOf(bucket);
    await nats.kill(leader);
    await nats.leaderOf(bucket);
    await nats.restart(leader);
    // Copies that differ are met by those who must ask or take over: one who was silent, and the others.
    const paused = nodes[round % nodes.length];
    paused?.clock.stop();
    await world.until(`round ${round}: the others serve all`, () => serving(world.living) === world.shards, 30_000);
    paused?.clock.goOn(() => world.look());
    const isDone = () => world.nodes.every(({ coordinator }) => coordinator.health().isReady) && serving(world.nodes) === world.shards;
    await world.until(`round ${round}: all joined, all served`, isDone, 30_000);
  }
  t.deepEqual(world.problems, []);
});

function serving(nodes: readonly ClusterNode[]): number {
  return nodes.reduce((sum, { coordinator }) => sum + coordinator.health().serving, 0);
}
