import test from 'ava';
import type { Count } from '../../../actors/store/index.ts';
import { createActorCounts } from '../../../ops/node/actor-counts.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const count = (state: string, day: string, n: number): Count => ({ shard: 1, kind: 'appointment', state, day, reason: '', count: n });
const log = { debug: () => {} };

function world(answer: () => Promise<readonly Count[]>, shards: readonly number[] = [1, 2]) {
  const clock = new FakeClock();
  const asked: (readonly number[])[] = [];
  const counts = (of: readonly number[]): Promise<readonly Count[]> => {
    asked.push(of);
    return answer();
  };
  return { clock, asked, actors: createActorCounts({ store: { counts }, shards: () => shards, clock, log }) };
}

test('counts of a kind and state are one sum, over days, reasons and shards', async (t) => {
  const { actors, asked } = world(async () => [count('DONE', '2026-01-01', 2), count('DONE', '2026-01-02', 3), count('ACTIVE', '2026-01-02', 1)]);
  t.deepEqual(await actors(), [
    { labels: { kind: 'appointment', state: 'DONE' }, value: 5 },
    { labels: { kind: 'appointment', state: 'ACTIVE' }, value: 1 },
  ]);
  t.deepEqual(asked, [[1, 2]]);
});

test('the store is asked again after ten seconds, not before', async (t) => {
  const { actors, asked, clock } = world(async () => []);
  await actors();
  await clock.advance(9_999);
  await actors();
  t.is(asked.length, 1);
  await clock.advance(1);
  await actors();
  t.is(asked.length, 2);
});

test('a store that takes long is asked seldom', async (t) => {
  const gate = Promise.withResolvers<readonly Count[]>();
  const { actors, asked, clock } = world(() => gate.promise);
  const first = actors();
  await clock.advance(3_000);
  gate.resolve([count('DONE', '2026-01-01', 1)]);
  t.deepEqual(await first, []);
  t.is((await actors()).length, 1);
  await clock.advance(59_999);
  await actors();
  t.is(asked.length, 1);
  await clock.advance(1);
  await actors();
  t.is(asked.length, 2);
});

test('who asks while the store is asked already waits for the same answer', async (t) => {
  const gate = Promise.withResolvers<readonly Count[]>();
  const { actors, asked } = world(() => gate.promise);
  const both = Promise.all([actors(), actors()]);
  gate.resolve([count('DONE', '2026-01-01', 1)]);
  t.deepEqual(
    (await both).map((samples) => samples.length),
    [1, 1],
  );
  t.is(asked.length, 1);
});

test('after a failure nothing is told until the store answers again', async (t) => {
  let fails = false;
  const { actors, clock } = world(async () => {
    if (fails) throw new Error('away');
    return [count('DONE', '2026-01-01', 1)];
  });
  t.is((await actors()).length, 1);
  fails = true;
  await clock.advance(10_000);
  t.deepEqual(await actors(), []);
  fails = false;
  await clock.advance(10_000);
  t.is((await actors()).length, 1);
});

test('a node that serves nothing asks nothing', async (t) => {
  const { actors, asked } = world(async () => [], []);
  t.deepEqual(await actors(), []);
  t.deepEqual(asked, []);
});
