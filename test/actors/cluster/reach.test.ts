/** What is known not to be answered is not sent. */
import test from 'ava';
import { Reach } from '../../../actors/cluster/reach.ts';
import { OverloadedError } from '../../../actors/errors/error.ts';
import { clusterWorld, SHORT } from './cluster-world.ts';
import { flushed, keysOf, note, openRoad } from './router-nodes.ts';

const [key] = keysOf(1, 1) as [string];

test('a command for a shard that cannot be reached is refused at once, and nothing was sent', async (t) => {
  const { a, b } = await openRoad(t, { limits: { timeoutMs: 60_000 } });
  b.open(1);
  await flushed(b);
  a.unreachable.set(1, 'shard: its owner b was not heard of for 2100 ms');
  const error = await t.throwsAsync(a.router.command(note(key, 'late')), { instanceOf: OverloadedError });
  t.is(error?.details.outcome, 'none');
  t.regex(error?.message ?? '', /owner b was not heard of.*nothing was changed/);
  t.is((error as OverloadedError).retryAfterMs, 1_000);
  t.is(a.router.stats.remote, 0);
  a.unreachable.clear();
  t.is(await a.router.command(note(key, 'again')), 'again');
  t.deepEqual(b.ran, ['again']);
});

test('what was sent before is not said again: its answer is awaited, and it runs once', async (t) => {
  const gate = Promise.withResolvers<void>();
  const began = Promise.withResolvers<void>();
  const handlers = {
    'test.slow': async (_turn: unknown, payload: unknown) => {
      began.resolve();
      await gate.promise;
      return payload;
    },
  };
  const { a, b } = await openRoad(t, { handlers });
  b.open(1);
  await flushed(b);
  const first = a.router.command(note(key, 'first', { type: 'test.slow' }));
  await began.promise;
  a.unreachable.set(1, 'shard: its owner b was not heard of for 2100 ms');
  const second = a.router.command(note(key, 'second'));
  // It waits behind what is under way for its key, and is refused as soon as it is looked at.
  await t.throwsAsync(second, { instanceOf: OverloadedError, message: /nothing was changed/ });
  gate.resolve();
  t.is(await first, 'first');
  t.is(a.router.stats.remote, 1);
});

test('shards served here are not asked about', async (t) => {
  const { a } = await openRoad(t);
  a.open(1);
  a.unreachable.set(1, 'nats: does not answer');
  t.is(await a.router.command(note(key, 'here')), 'here');
});

test('an owner of whom the server says that nobody listens is gone, and what waits for its shards may go on', (t) => {
  const clock = { now: 10_000, monotonic: () => clock.now };
  let problem: string | null = null;
  const late = { node: 'b', silentMs: 2_100 };
  const reach = new Reach({ clock, problem: () => problem, ownerOf: () => 'b', lateOwnerOf: (shard) => (shard === 1 ? late : undefined) });
  t.regex(reach.problemWith(1) ?? '', /its owner b was not heard of for 2100 ms/);
  t.is(reach.problemWith(2), undefined);
  reach.nobody(2);
  t.is(reach.problemWith(1), undefined);
  // It was back since, and is silent again.
  clock.now += 60_000;
  t.regex(reach.problemWith(1) ?? '', /not heard of/);
  problem = 'cluster: no NATS';
  t.is(reach.problemWith(2), 'cluster: no NATS');
});

test('an owner that stands still is late before its shards may be taken, and no more once another has them', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  const [shard] = b.owned() as [number];
  t.is(a.coordinator.lateOwnerOf(shard), undefined);
  b.clock.stop();
  await world.until('a knows', () => a.coordinator.lateOwnerOf(shard) !== undefined);
  t.is(a.coordinator.lateOwnerOf(shard)?.node, 'b');
  t.is(a.coordinator.ownerOf(shard), 'b');
  t.is(a.coordinator.unheard(), null);
  await world.settled(a);
  t.is(a.coordinator.lateOwnerOf(shard), undefined);
  t.deepEqual(world.problems, []);
});

test('a node that is late, or was lost, is no destination of any move', async (t) => {
  const world = await clusterWorld(t, { ...SHORT, shards: 16, limits: { ...SHORT.limits, maxMoves: 1 } });
  const a = await world.node('a');
  await world.settled(a);
  const closing = Promise.withResolvers<void>();
  a.host.closed = () => closing.promise;
  const b = await world.node('b');
  await world.until('moves to b are shown', () => a.coordinator.status().shards.some(({ move }) => move?.to === 'b'));
  const wrong: string[] = [];
  b.clock.stop();
  const isThere = () => a.coordinator.status().nodes.some(({ id, isAlive }) => id === 'b' && isAlive);
  await world.until('b is dead', () => {
    if (!isThere() && a.coordinator.status().shards.some(({ move, desired }) => move?.to === 'b' || desired === 'b')) wrong.push('a move to the dead');
    return !isThere();
  });
  closing.resolve();
  await world.settled(a);
  t.deepEqual(wrong, []);
});

test('without a session with NATS nothing is expected of anybody', async (t) => {
  const world = await clusterWorld(t, SHORT);
  const [a, b] = [await world.node('a'), await world.node('b')];
  await world.settled(a, b);
  t.is(a.coordinator.unheard(), null);
  await world.server.kill('SIGKILL');
  await world.until('a knows', () => a.coordinator.unheard() !== null);
  t.regex(a.coordinator.unheard() ?? '', /no NATS/);
  t.true(a.coordinator.status().shards.every(({ move, desired }) => move === null && desired === null));
});
