/** Three NATS servers with three copies of the buckets. */
import test from 'ava';
import { startNatsCluster } from '../../support/nats-cluster.ts';
import { clusterWorld } from './cluster-world.ts';

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
