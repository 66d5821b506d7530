/** Connections that are open and say nothing: a NATS server that stands still, a network that drops everything, an owner that is frozen. */
import test, { type ExecutionContext } from 'ava';
import { ROAD_LIMITS } from '../../../actors/cluster/command-limits.ts';
import { OverloadedError } from '../../../actors/errors/error.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { type NatsServer, startNats } from '../../support/nats.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { type House, LEASE_MS, note, settled, startHouse, until } from './cluster-house.ts';

interface World {
  readonly server: NatsServer;
  /** Between each node and NATS. */
  readonly proxies: readonly [TcpProxy, TcpProxy];
  readonly a: House;
  readonly b: House;
}

async function world(t: ExecutionContext): Promise<World> {
  const server = await startNats();
  t.teardown(() => server.close());
  const proxies = await Promise.all([startTcpProxy({ port: server.port }), startTcpProxy({ port: server.port })]);
  const store = openMemoryStore();
  const [a, b] = await Promise.all(['a', 'b'].map((name, index) => startHouse(t, { name, store, url: `nats://127.0.0.1:${proxies[index]?.port}` })));
  if (!a || !b) throw new Error('no nodes');
  t.teardown(() => Promise.all(proxies.map((proxy) => proxy.close())));
  await settled(a, b);
  return { server, proxies, a, b };
}

/** How a command of one node to a shard of another ends once it is known that no answer can come. */
async function refusedAtOnce(t: ExecutionContext, from: House, key: string): Promise<void> {
  const began = performance.now();
  const error = await t.throwsAsync(from.face.command(note(key, 'meanwhile')), { instanceOf: OverloadedError });
  t.true(performance.now() - began < ROAD_LIMITS.timeoutMs / 2, 'long before its deadline');
  t.is(error?.details.outcome, 'none', error?.message);
  t.true((error as OverloadedError).retryAfterMs > 0);
}

test('a NATS server that stands still is known as such within two thirds of the lease time or so; then nothing is sent, and callers hear at once', async (t) => {
  const { server, a, b } = await world(t);
  const key = b.key();
  server.freeze();
  const frozen = performance.now();
  await until('a knows', () => !a.connected());
  t.true(performance.now() - frozen < 3 * LEASE_MS);
  await refusedAtOnce(t, a, key);
  server.thaw();
  await until('both are back', () => [a, b].every(({ connected, house }) => connected() && house.health().isReady));
  await settled(a, b);
  t.is(await a.face.command(note(key, 'after')), 'after');
  t.false([...a.ran, ...b.ran].includes('meanwhile'), 'what was refused was not sent');
});

test('a node whose network drops everything refuses at once what belongs to others, and comes back by itself', async (t) => {
  const { proxies, a, b } = await world(t);
  const [cut] = proxies;
  const key = b.key();
  cut.hold('up', 'down');
  await until('a knows', () => !a.connected());
  await refusedAtOnce(t, a, key);
  await until('b has all', () => b.house.health().serving === 8);
  cut.restore();
  await settled(a, b);
  t.is(await a.face.command(note(b.key(), 'after')), 'after');
  t.false([...a.ran, ...b.ran].includes('meanwhile'));
});

test('a command for an owner whose heartbeats do not come is refused at once; the next owner runs what is said again', async (t) => {
  const { proxies, a, b } = await world(t);
  const key = b.key();
  // It hears and says nothing, and the server believes it to be there.
  proxies[1].hold('up', 'down');
  const { shards } = a.house.status();
  const owned = shards.find(({ owner }) => owner === 'b')?.shard ?? -1;
  await until('b is late', () => (a.house.status().nodes.find(({ id }) => id === 'b')?.silentMs ?? 0) > 0.8 * LEASE_MS);
  t.is(a.house.status().shards[owned]?.owner, 'b');
  await refusedAtOnce(t, a, key);
  await until('a has all', () => a.house.health().serving === 8);
  t.is(await a.face.command(note(key, 'meanwhile')), 'meanwhile');
  proxies[1].restore();
  await settled(a, b);
  t.deepEqual(
    [...a.ran, ...b.ran].filter((id) => id === 'meanwhile'),
    ['meanwhile'],
    'it ran once',
  );
});
