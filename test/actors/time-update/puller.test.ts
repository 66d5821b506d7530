import test from 'ava';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { gateBucket } from '../../../actors/time-update/gate.ts';
import { contextOf, whyActionWaits } from '../../../actors/time-update/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { type ActionWorld, actionWorld, failed, newAction } from './world.ts';

const at = (text: string): number => Date.parse(text);
const EVENING = at('2026-01-13T20:00:00Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Overnight actions, each at an address of its own. */
async function overnight(world: ActionWorld, count: number, first = 0): Promise<number[]> {
  const ids: number[] = [];
  for (let from = 0; from < count; from += 1_000) {
    const batch = Array.from({ length: Math.min(1_000, count - from) }, (_, i) =>
      world.actions.submit(newAction(`10.0.0.1:${first + from + i + 1}`, { immediate: false })),
    );
    ids.push(...(await Promise.all(batch)));
  }
  return ids;
}

const running = (world: ActionWorld): number[] => world.held.map(({ order }) => order.requestId).sort((a, b) => a - b);

/** Move on to an instant and let everything happen that follows. */
async function to(world: ActionWorld, text: string): Promise<void> {
  await world.clock.advance(at(text) - world.clock.now());
  await world.settle();
}

test('overnight actions wait for the window and start in it', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { windowSpreadMs: 0 } });
  const ids = await overnight(world, 3);
  await to(world, '2026-01-14T00:29:59Z');
  t.deepEqual(running(world), []);
  await to(world, '2026-01-14T00:30:01Z');
  t.deepEqual(running(world), ids);
  for (const session of [...world.held]) session.end();
  await world.settle();
  for (const id of ids) t.is(await world.result(id), 'SUCCESS');
  await world.stop();
});

for (const [what, evening, before, after] of [
  ['goes to summer time', '2026-03-28T20:00:00Z', '2026-03-29T00:29:59Z', '2026-03-29T00:30:01Z'],
  ['is in summer time', '2026-07-13T20:00:00Z', '2026-07-13T23:29:59Z', '2026-07-13T23:30:01Z'],
  ['goes to winter time', '2026-10-24T20:00:00Z', '2026-10-24T23:29:59Z', '2026-10-24T23:30:01Z'],
] as const) {
  test(`when the country ${what} the window opens at half past midnight of London`, async (t) => {
    const world = actionWorld({ clock: new FakeClock(at(evening)), pull: true, options: { windowSpreadMs: 0 } });
    const ids = await overnight(world, 1);
    await to(world, before);
    t.deepEqual(running(world), []);
    await to(world, after);
    t.deepEqual(running(world), ids);
    for (const session of [...world.held]) session.end();
    await world.stop();
  });
}

test('nothing starts once the window is over', async (t) => {
  const world = actionWorld({ clock: new FakeClock(at('2026-01-14T05:30:00Z')), pull: true });
  await overnight(world, 1);
  await to(world, '2026-01-14T23:00:00Z');
  t.deepEqual(running(world), []);
  await world.stop();
});

test('the start is spread by buckets over the beginning of the window', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true });
  const ids = await overnight(world, 300);
  await to(world, '2026-01-14T00:45:01Z');
  const half = running(world);
  t.deepEqual(
    half,
    ids.filter((id) => gateBucket(id) <= 30),
  );
  t.true(half.length > 100 && half.length < 200);
  await to(world, '2026-01-14T01:00:01Z');
  t.deepEqual(running(world), ids);
  for (const session of [...world.held]) session.end();
  await world.stop();
});

test('slots are filled, never more, and the oldest of a bucket first', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { sessions: 2, windowSpreadMs: 0 } });
  const ids = await overnight(world, 60);
  const sameBucket = ids.filter((id) => gateBucket(id) === gateBucket(ids[0] ?? 0));
  await to(world, '2026-01-14T00:30:01Z');
  const order: number[] = [];
  for (let rounds = 0; rounds < 60; rounds++) {
    t.true(world.held.length <= 2);
    const [next] = world.held;
    if (!next) break;
    order.push(next.order.requestId);
    next.end();
    await world.settle();
    if (world.held.length < 2) await world.clock.advance(1_000);
    await world.settle();
  }
  t.deepEqual(
    [...order].sort((a, b) => a - b),
    ids,
  );
  t.deepEqual(
    order.filter((id) => sameBucket.includes(id)),
    sameBucket,
  );
  await world.stop();
});

test('of one address one is let go at a time, and the next as soon as it ends', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { windowSpreadMs: 0 } });
  const same = await Promise.all([1, 2, 3].map(() => world.actions.submit(newAction('10.0.0.1:1', { immediate: false }))));
  await to(world, '2026-01-14T00:30:01Z');
  const seen: number[] = [];
  for (let i = 0; i < 3; i++) {
    t.is(world.held.length, 1);
    const [session] = world.held;
    seen.push(session?.order.requestId ?? 0);
    session?.end();
    await world.settle();
  }
  t.deepEqual(seen.sort(), same);
  await world.stop();
});

test('numbers wait for the lines, not for TCP', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, lines: { 'modem:default': 1 }, options: { windowSpreadMs: 0 } });
  const calls = await Promise.all(['07700900001', '07700900002'].map((number) => world.actions.submit(newAction(number, { immediate: false }))));
  const [tcp] = await overnight(world, 1);
  await to(world, '2026-01-14T00:30:01Z');
  t.is(world.held.filter(({ order }) => calls.includes(order.requestId)).length, 1);
  t.true(running(world).includes(tcp ?? 0));
  world.held.find(({ order }) => calls.includes(order.requestId))?.end();
  await world.settle();
  t.is(world.held.filter(({ order }) => calls.includes(order.requestId)).length, 1);
  for (const session of [...world.held]) session.end();
  await world.stop();
});

test('PAKNET addresses wait for the pads, whatever modem lines and TCP have free', async (t) => {
  const lines = { 'modem:default': 2, 'pad:pads': 1 };
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, lines, options: { windowSpreadMs: 0 } });
  const calls = await Promise.all(['PAKNET:23530001', 'PAKNET:23530002'].map((address) => world.actions.submit(newAction(address, { immediate: false }))));
  await to(world, '2026-01-14T00:30:01Z');
  t.is(world.held.length, 1);
  world.held[0]?.end();
  await world.settle();
  t.is(world.held.length, 1);
  world.held[0]?.end();
  await world.settle();
  for (const id of calls) t.is(await world.result(id), 'SUCCESS');
  await world.stop();
});

test('what comes while the window is open starts in it, on a node without lines too', async (t) => {
  const world = actionWorld({ clock: new FakeClock(at('2026-01-14T01:30:00Z')), pull: true, options: { windowSpreadMs: 0 } });
  await world.settle();
  for (let night = 0; night < 2; night++) {
    const ids = await overnight(world, 2, 10 * night);
    await world.clock.advance(2_000);
    await world.settle();
    t.deepEqual(running(world), ids);
    for (const session of [...world.held]) session.end();
    await world.clock.advance(24 * HOUR);
    await world.settle();
  }
  await world.stop();
});

test('lines that are all busy do not hold up what comes for TCP', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, lines: { 'modem:default': 1 }, options: { windowSpreadMs: 0 } });
  for (const number of ['07700900001', '07700900002', '07700900003']) await world.actions.submit(newAction(number, { immediate: false }));
  await to(world, '2026-01-14T00:30:01Z');
  t.is(world.held.length, 1);
  const [tcp] = await overnight(world, 1);
  await to(world, '2026-01-14T00:30:05Z');
  t.true(running(world).includes(tcp ?? 0));
  for (const session of [...world.held]) session.end();
  await world.stop();
});

test('an action that missed three windows ends in an error', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { windowSpreadMs: 0, sessions: 1 } });
  const blocker = await world.actions.submit(newAction('10.9.9.9:1'));
  const [id = 0] = await overnight(world, 1);
  for (const [day, missed] of [
    ['14', 1],
    ['15', 2],
  ] as const) {
    await to(world, `2026-01-${day}T05:32:00Z`);
    const doc = await world.doc(id);
    t.is(doc?.state, 'waiting');
    t.is(doc && contextOf(doc).windowsMissed, missed);
  }
  await to(world, '2026-01-16T05:32:00Z');
  t.is(await world.result(id), 'ERROR: it could not be started in 3 overnight windows');
  world.session(blocker).end();
  await world.stop();
});

test('an action that came while the window was open has not missed it', async (t) => {
  const world = actionWorld({ clock: new FakeClock(at('2026-01-14T03:00:00Z')), pull: true, options: { windowSpreadMs: 0, sessions: 1 } });
  const blocker = await world.actions.submit(newAction('10.9.9.9:1'));
  const [id = 0] = await overnight(world, 1);
  await to(world, '2026-01-14T05:32:00Z');
  const doc = await world.doc(id);
  t.is(doc && contextOf(doc).windowsMissed, 0);
  world.session(blocker).end();
  await world.stop();
});

test('a window that passed while the engine was down is missed once, however often it starts', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({ store: openMemoryStore({ disk }), clock: new FakeClock(EVENING) });
  const [id = 0] = await overnight(first, 1);
  first.engine.abandon();
  for (const hour of ['09', '10']) {
    const world = actionWorld({ store: openMemoryStore({ disk }), clock: new FakeClock(at(`2026-01-14T${hour}:00:00Z`)), pull: true });
    await world.settle();
    await world.clock.advance(MINUTE);
    await world.settle();
    const doc = await world.doc(id);
    t.is(doc && contextOf(doc).windowsMissed, 1);
    await world.stop();
  }
});

test('what was let go and lost its engine before it began waits for the next window', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({
    store: openMemoryStore({ disk }),
    clock: new FakeClock(EVENING),
    pull: true,
    options: { windowSpreadMs: 0 },
    crash: (point, _key, what) => (point === 'before-effect' && what.includes('action:') ? 'stop' : 'go'),
  });
  const [id = 0] = await overnight(first, 1);
  await to(first, '2026-01-14T00:30:01Z');
  t.is(await first.state(id), 'queued');
  await first.puller.stop();
  first.engine.abandon();

  const second = actionWorld({
    store: openMemoryStore({ disk }),
    clock: new FakeClock(at('2026-01-14T09:00:00Z')),
    pull: true,
    options: { windowSpreadMs: 0 },
  });
  await second.settle();
  t.is(await second.state(id), 'waiting');
  t.is(second.held.length, 0);
  await to(second, '2026-01-15T00:30:01Z');
  t.deepEqual(running(second), [id]);
  second.session(id).end();
  await second.stop();
});

test('while the stop switch is on nothing is let go', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { windowSpreadMs: 0 } });
  const ids = await overnight(world, 2);
  await world.stopSwitch.set(true, 'op', 'storm');
  await to(world, '2026-01-14T01:00:00Z');
  for (const id of ids) t.is(await world.state(id), 'waiting');
  await world.stopSwitch.set(false, 'op', 'over');
  await world.settle();
  t.deepEqual(running(world), ids);
  for (const session of [...world.held]) session.end();
  await world.stop();
});

test('a refused password is found before an overnight action goes, and its slot is free again', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { windowSpreadMs: 0, sessions: 1 } });
  const order = newAction('10.0.0.1:1', { sealedPassword: 's', passwordMark: 'm' });
  const waits = await world.actions.submit({ ...order, immediate: false });
  const refused = await world.actions.submit(order);
  await world.settle();
  world.session(refused).end(failed('login'));
  await to(world, '2026-01-14T00:30:02Z');
  t.is(await world.result(waits), 'ERROR: password refused earlier');
  t.is(world.slots.free('tcp'), 1);
  await world.stop();
});

test('twenty thousand waiting fill five thousand slots in one go, and not one more is let go', async (t) => {
  t.timeout(90_000);
  const clock = new FakeClock(EVENING);
  const world = actionWorld({
    clock,
    options: { windowSpreadMs: 0, sessionsPerSecond: 0 },
    engine: { outboxMemory: 20_000, maxQueued: 50_000 },
  });
  await overnight(world, 20_000);
  clock.set(at('2026-01-14T00:30:00Z'));
  world.puller.start();
  while (world.held.length < 5_000) await new Promise((resolve) => setImmediate(resolve));
  t.is(world.held.length, 5_000);
  t.is(world.puller.released, 5_000);
  await world.puller.stop();
  world.engine.abandon();
});

test('why says what an action waits for', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), lines: { 'modem:default': 1 } });
  const { options, slots, classOf } = world;
  const why = async (id: number): Promise<readonly string[]> => {
    const doc = await world.doc(id);
    const session = world.registry.find(id);
    return doc ? whyActionWaits(doc, { now: world.clock.now(), options, slots, stopSwitch: world.stopSwitch.state, classOf, session }) : ['missing'];
  };
  const waiting = await world.actions.submit(newAction('10.0.0.1:1', { immediate: false }));
  const calling = await world.actions.submit(newAction('07700900001'));
  const next = await world.actions.submit(newAction('07700900002'));
  await world.settle();
  t.deepEqual(await why(waiting), ['the overnight window opens at 2026-01-14T00:30:00Z']);
  t.regex((await why(calling)).join(), /its session with 07700900001 runs: stage open/);
  t.true((await why(next)).includes('all 1 modem lines of group default are in use'));
  world.session(calling).end(failed('transport', 'open: busy'));
  await world.settle();
  t.regex((await why(calling)).join(), /^pause until 2026-01-13T20:01:\d\dZ after: open: busy$/);
  await world.stopSwitch.set(true, 'op', 'storm');
  t.regex((await why(waiting)).join(), /the stop switch is on since .* \(by op: storm\)/);
  world.session(next).end();
  await world.settle();
  t.deepEqual(await why(next), []);
  await world.stop();
});

for (const [address, missing] of [
  ['07700900001', 'there are no modem lines of group default'],
  ['PAKNET:23530001', 'there are no PAKNET pads of group pads'],
] as const) {
  test(`why says before the window, in it and after it that ${missing}`, async (t) => {
    const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { window: { from: '20:10', to: '20:20' }, windowSpreadMs: 0 } });
    const { options, slots, classOf } = world;
    const id = await world.actions.submit(newAction(address, { immediate: false }));
    for (const [now, opens] of [
      ['2026-01-13T20:05:00Z', ['the overnight window opens at 2026-01-13T20:10:00Z']],
      ['2026-01-13T20:15:00Z', []],
      ['2026-01-13T20:25:00Z', ['the overnight window opens at 2026-01-14T20:10:00Z']],
    ] as const) {
      await to(world, now);
      const doc = await world.doc(id);
      const why = doc && whyActionWaits(doc, { now: at(now), options, slots, stopSwitch: world.stopSwitch.state, classOf, session: undefined });
      t.deepEqual(why, [...opens, missing]);
    }
    t.deepEqual(running(world), []);
    await world.stop();
  });
}

test('a night of two hours has a window that ends', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), pull: true, options: { window: { from: '23:00', to: '01:00' }, windowSpreadMs: 0 } });
  const ids = await overnight(world, 1);
  await to(world, '2026-01-13T23:00:01Z');
  t.deepEqual(running(world), ids);
  for (const session of [...world.held]) session.end();
  await world.clock.advance(3 * HOUR);
  const late = await overnight(world, 1, 10);
  await world.clock.advance(HOUR);
  await world.settle();
  for (const id of late) t.is(await world.state(id), 'waiting');
  await world.stop();
});
