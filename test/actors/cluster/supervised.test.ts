import test from 'ava';
import { startCoordinator } from '../../../actors/cluster/coordinator.ts';
import { supervise } from '../../../actors/supervision/index.ts';
import { realPorts } from '../../support/real-ports.ts';
import { clusterWorld } from './cluster-world.ts';

test('a coordinator is a child like any other: it ends when told to, and what can never work escalates', async (t) => {
  const world = await clusterWorld(t);
  const a = await world.node('a');
  await world.settled(a);
  const errors: string[] = [];
  const ports = realPorts();
  const supervision = supervise({
    name: 'node',
    ports,
    policy: { maxRestarts: 1, backoffMinMs: 10 },
    onEscalate: ({ error }) => errors.push(error),
    children: [
      {
        id: 'cluster',
        start: async () =>
          startCoordinator({
            ports,
            nats: a.bus,
            prefix: 'mw',
            replicas: 1,
            identity: { clusterId: 'cluster-2', shards: world.shards },
            node: { id: 'b', version: '0.1.0', url: null },
            limits: { leaseMs: 3_000, maxMoves: 1, drainMs: 100, settleMs: 0, openRestarts: 0 },
            host: a.host,
            epochs: { getEpoch: async () => 0, putEpoch: async () => {} },
          }),
      },
    ],
  });
  t.is(await supervision.done, 'escalated');
  t.regex(errors[0] ?? '', /must belong to the cluster of this store/);

  const quiet = supervise({ name: 'node', ports, children: [{ id: 'cluster', start: async () => a.coordinator }] });
  await quiet.ready;
  await quiet.stop();
  t.is(await quiet.done, 'stopped');
  t.deepEqual(a.owned(), []);
});
