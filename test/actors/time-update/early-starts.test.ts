import test from 'ava';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { contextOf, EarlyStarts } from '../../../actors/time-update/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type ActionWorld, actionWorld, newAction } from './world.ts';

const EVENING = Date.parse('2026-01-13T20:00:00Z');
const OPEN = Date.parse('2026-01-14T00:30:01Z');
const settings = { pull: true, early: true, options: { windowSpreadMs: 0, sessionsPerSecond: 0 } } as const;

const overnight = (world: ActionWorld, host = '10.0.0.1:1'): Promise<number> => world.actions.submit(newAction(host, { immediate: false }));

async function toWindow(world: ActionWorld): Promise<void> {
  await world.clock.advance(OPEN - world.clock.now());
  await world.settle();
}

test('an overnight action is let go and begun in one commit where a slot is free', async (t) => {
  let commits = 0;
  const world = actionWorld({
    ...settings,
    clock: new FakeClock(EVENING),
    crash: (point, key) => {
      if (point === 'before-commit' && key === 'tcp:10.0.0.1:1') commits++;
      return 'go';
    },
  });
  const id = await overnight(world);
  await toWindow(world);
  t.is(await world.state(id), 'running');
  t.deepEqual(
    world.held.map(({ order }) => [order.requestId, order.attempt]),
    [[id, 1]],
  );
  t.is(commits, 2);
  for (const session of [...world.held]) session.end();
  await world.settle();
  t.is(await world.result(id), 'SUCCESS');
  await world.stop();
});

test('while the pace is used up an action is let go but not begun', async (t) => {
  const world = actionWorld({ ...settings, options: { windowSpreadMs: 0, sessionsPerSecond: 1 }, clock: new FakeClock(EVENING) });
  const ids = [await overnight(world, '10.0.0.1:1'), await overnight(world, '10.0.0.2:1')];
  await world.clock.advance(OPEN - 1_100 - world.clock.now());
  await world.slots.acquire({ requestId: 99, key: 'tcp:other', class: 'tcp', immediate: true }, new AbortController().signal);
  await world.clock.advance(200);
  await world.settle();
  for (const id of ids) t.is(await world.state(id), 'queued');
  t.is(world.held.length, 0);
  await world.stop();
});

test('a cancel between the beginning of an attempt and its session ends the action without one', async (t) => {
  let cancelled: Promise<boolean> | undefined;
  const world = actionWorld({
    ...settings,
    clock: new FakeClock(EVENING),
    crash: (point, _key, what) => {
      if (point === 'before-effect' && what.includes('effect'))
        cancelled ??= world.engine.command({
          key: 'tcp:10.0.0.1:1',
          type: 'action.cancel',
          payload: { requestId: id, by: 'test' },
          origin: 'caller',
          id: 'cancel',
        });
      return 'go';
    },
  });
  const id = await overnight(world);
  await toWindow(world);
  t.truthy(cancelled);
  t.is(world.held.length, 0);
  t.is(await world.state(id), 'done');
  await world.stop();
});

test('an attempt that was begun and lost its engine before its session opened is one that was lost: another follows', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({
    ...settings,
    store: openMemoryStore({ disk }),
    clock: new FakeClock(EVENING),
    crash: (point, _key, what) => (point === 'before-effect' && what.includes('effect') ? 'stop' : 'go'),
  });
  const id = await overnight(first);
  await toWindow(first);
  t.is(first.held.length, 0);
  t.is(await first.state(id), 'running');
  await first.puller.stop();
  first.engine.abandon();

  const second = actionWorld({ ...settings, store: openMemoryStore({ disk }), clock: new FakeClock(OPEN + 1_000) });
  await second.settle();
  t.deepEqual(
    second.held.map(({ order }) => [order.requestId, order.attempt]),
    [[id, 2]],
  );
  const doc = await second.doc(id);
  t.is(doc && contextOf(doc).lost, 1);
  for (const session of [...second.held]) session.end();
  await second.stop();
});

test('an early start is told once', async (t) => {
  const starts = new EarlyStarts();
  starts.expect({ requestId: 7, attempt: Promise.resolve(1) });
  t.is(await starts.take(7), 1);
  t.is(await starts.take(7), undefined);
});

test('of early starts that nobody comes for the oldest are forgotten', async (t) => {
  const starts = new EarlyStarts();
  for (let requestId = 0; requestId <= 10_000; requestId++) starts.expect({ requestId, attempt: Promise.resolve(1) });
  t.is(await starts.take(0), undefined);
  t.is(await starts.take(1), 1);
  t.is(await starts.take(10_000), 1);
});
