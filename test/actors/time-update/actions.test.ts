import test from 'ava';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { contextOf, PASSWORD_REFUSED_EARLIER } from '../../../actors/time-update/index.ts';
import { countedAttempts, statusOf } from '../../../machines/time-update/index.ts';
import { actionWorld, failed, newAction, reading } from './world.ts';

const METER = '10.0.0.1:4059';

test('an immediate action is submitted, runs its session and ends', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(newAction(METER));
  await world.settle();
  t.is(await world.state(id), 'running');
  world.session(id).end({ before: reading(3), serialNumber: 'A1' });
  await world.settle();
  t.is(await world.state(id), 'done');
  t.is(await world.result(id), 'SUCCESS');
  t.deepEqual(
    world.events.names.filter((name) => name !== 'raised'),
    ['queued', 'started', 'clock-read', 'succeeded'],
  );
  await world.stop();
});

test('events go out under a safe token of the owner', async (t) => {
  const world = actionWorld();
  await world.actions.submit(newAction(METER, { owner: 'night team.*' }));
  await world.settle();
  const data = world.events.performed[0]?.data as { readonly subject: string } | undefined;
  t.regex(data?.subject ?? '', /^mw\.evt\.meter-action\.night_team__\.\d+\.queued$/);
  world.held[0]?.end();
  await world.stop();
});

test('one session at a time at an address, in order', async (t) => {
  const world = actionWorld();
  const first = await world.actions.submit(newAction(METER));
  const second = await world.actions.submit(newAction(METER));
  await world.settle();
  t.deepEqual(
    world.held.map(({ order }) => order.requestId),
    [first],
  );
  world.session(first).end();
  await world.settle();
  t.deepEqual(
    world.held.map(({ order }) => order.requestId),
    [second],
  );
  world.session(second).end();
  await world.stop();
});

test('what an action found out is committed before its session ends', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(newAction(METER));
  await world.settle();
  const session = world.session(id);
  session.watcher.progress({ type: 'progress', stage: 'sign-on', connectionStartAt: 7_000 }, world.registry.list()[0] as never);
  t.deepEqual(await session.watcher.intend(reading(60)), { kind: 'go' });
  await world.settle();
  const doc = await world.doc(id);
  const context = doc && contextOf(doc);
  t.is(context?.times.connectionStartAt, 7_000);
  t.like(context?.write, { attempt: 1, sure: false });
  session.end({ wrote: true, before: reading(60), after: reading(0) });
  await world.settle();
  t.is(await world.result(id), 'SUCCESS');
  await world.stop();
});

test('a failed call is tried again after a pause, three times in all', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(newAction(METER));
  for (let attempt = 1; attempt <= 3; attempt++) {
    await world.settle();
    t.is(world.session(id).order.attempt, attempt);
    world.session(id).end(failed('transport', 'open: connection refused'));
    await world.settle();
    if (attempt < 3) {
      t.is(await world.state(id), 'paused');
      await world.clock.advance(59_000);
      await world.settle();
      t.is(await world.state(id), 'paused');
      await world.clock.advance(31_000);
    }
  }
  t.is(await world.state(id), 'done');
  t.is(await world.result(id), 'ERROR: open: connection refused');
  await world.stop();
});

test('a refused password is not tried again by anybody for a day', async (t) => {
  const world = actionWorld();
  const order = newAction(METER, { sealedPassword: 'sealed', passwordMark: 'mark-1' });
  const first = await world.actions.submit(order);
  await world.settle();
  world.session(first).end(failed('login', 'log-in: password refused'));
  await world.settle();
  t.is(await world.result(first), 'ERROR: log-in: password refused');

  const again = await world.actions.submit(order);
  await world.settle();
  t.is(await world.result(again), `ERROR: ${PASSWORD_REFUSED_EARLIER}`);
  t.is(world.held.length, 0);

  const other = await world.actions.submit({ ...order, passwordMark: 'mark-2' });
  await world.settle();
  world.session(other).end();

  await world.clock.advance(86_400_000);
  const nextDay = await world.actions.submit(order);
  await world.settle();
  t.is(await world.state(nextDay), 'running');
  world.session(nextDay).end();
  await world.stop();
});

test('an action that was queued behind the refusal of its password opens no session', async (t) => {
  const world = actionWorld();
  const order = newAction(METER, { sealedPassword: 'sealed', passwordMark: 'mark-1' });
  const first = await world.actions.submit(order);
  const second = await world.actions.submit(order);
  await world.settle();
  world.session(first).end(failed('login'));
  await world.settle();
  t.is(await world.result(second), `ERROR: ${PASSWORD_REFUSED_EARLIER}`);
  t.is(world.held.length, 0);
  await world.stop();
});

test('a password that one meter of a multi-drop refused is still tried at its neighbour', async (t) => {
  const world = actionWorld();
  const order = newAction(METER, { sealedPassword: 'sealed', passwordMark: 'mark-1' });
  const first = await world.actions.submit({ ...order, target: { ...order.target, outstationAddress: '1' } });
  await world.settle();
  world.session(first).end(failed('login'));
  const neighbour = await world.actions.submit({ ...order, target: { ...order.target, outstationAddress: '2' } });
  await world.settle();
  t.is(await world.state(neighbour), 'running');
  world.session(neighbour).end();
  await world.stop();
});

test('request ids rise, also across a restart', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({ store: openMemoryStore({ disk }), options: { requestIdRange: 5 } });
  const before: number[] = [];
  for (let i = 0; i < 7; i++) before.push(await first.actions.submit(newAction(`10.0.0.${i}:1`)));
  t.deepEqual(before, [1, 2, 3, 4, 5, 6, 7]);
  first.engine.abandon();

  const second = actionWorld({ store: openMemoryStore({ disk }), options: { requestIdRange: 5 } });
  const after = await second.actions.submit(newAction('10.0.1.1:1'));
  t.is(after, 11);
  second.engine.abandon();
});

test('callers at the same time get ids of their own', async (t) => {
  const world = actionWorld({ options: { requestIdRange: 3 } });
  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => world.actions.submit(newAction(`10.0.0.${i}:1`))));
  t.is(new Set(ids).size, 10);
  world.engine.abandon();
});

test('what a session lost with its process did is done again, as a new attempt that may read and write', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({ store: openMemoryStore({ disk }) });
  const id = await first.actions.submit(newAction(METER));
  await first.settle();
  t.deepEqual(await first.session(id).watcher.intend(reading(60)), { kind: 'go' });
  first.engine.abandon();

  const second = actionWorld({ store: openMemoryStore({ disk }) });
  await second.settle();
  const { order } = second.session(id);
  t.is(order.attempt, 2);
  t.is(order.task, 'time-update');
  second.session(id).end({ before: reading(0) });
  await second.settle();
  const doc = await second.doc(id);
  // The reading before the write that may have left stands; what was read afterwards is the reading after it.
  t.like(doc && statusOf(contextOf(doc)), { meterTimeOffset: '+60s', meterTimeOffsetPostUpdate: '+0s', result: 'SUCCESS' });
  await second.stop();
});

test('cancelled while it waits, or is queued, or pauses: it is over, and no session is opened', async (t) => {
  const world = actionWorld();
  const waiting = await world.actions.submit(newAction('10.0.0.1:1', { immediate: false }));
  const blocker = await world.actions.submit(newAction('10.0.0.2:1'));
  const queued = await world.actions.submit(newAction('10.0.0.2:1'));
  const paused = await world.actions.submit(newAction('10.0.0.3:1'));
  await world.settle();
  world.session(paused).end(failed('transport'));
  await world.settle();
  for (const id of [waiting, queued, paused]) t.true(await world.actions.cancel(id, 'token-1'));
  world.session(blocker).end();
  await world.clock.advance(200_000);
  await world.settle();
  for (const id of [waiting, queued, paused]) t.is(await world.result(id), 'ERROR: cancelled');
  t.is(world.held.length, 0);
  await world.stop();
});

test('cancelled before the write: the live session is told, and no intent is taken any more', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(newAction(METER));
  await world.settle();
  await world.actions.cancel(id, 'token-1');
  await world.settle();
  const session = world.session(id);
  t.is(session.halted, 'cancelled');
  t.deepEqual(await session.watcher.intend(reading(60)), { kind: 'refused', reason: 'cancelled' });
  session.end({ outcome: 'cancelled' });
  await world.settle();
  t.is(await world.result(id), 'ERROR: cancelled');
  await world.stop();
});

test('cancelled after the intent to write: the session goes on and its result stands', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(newAction(METER));
  await world.settle();
  const session = world.session(id);
  await session.watcher.intend(reading(60));
  await world.actions.cancel(id, 'token-1');
  await world.settle();
  t.is(session.halted, null);
  session.end({ wrote: true, before: reading(60), after: reading(0) });
  await world.settle();
  t.is(await world.result(id), 'SUCCESS');
  t.true(await world.actions.cancel(id, 'token-1'));
  t.is(await world.result(id), 'SUCCESS');
  await world.stop();
});

test('there is nothing to cancel where there is no action', async (t) => {
  const world = actionWorld();
  t.false(await world.actions.cancel(99, 'token-1'));
  await world.stop();
});

test('stopping ends sessions in order; one that had not written is begun anew after the start, and no attempt is spent', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({ store: openMemoryStore({ disk }) });
  const id = await first.actions.submit(newAction(METER));
  const wrote = await first.actions.submit(newAction('10.0.0.2:1'));
  await first.settle();
  const stopped = first.engine.stop();
  await first.clock.flush();
  t.is(first.session(id).halted, 'stopping');
  t.false(first.session(id).wasCut);
  await first.clock.advance(first.options.stopGraceMs);
  t.true(first.session(id).wasCut);
  first.session(id).end({ outcome: 'error', failure: { stage: 'clock', class: 'engine', text: 'clock: the process is stopping' } });
  first.session(wrote).end({ wrote: true, before: reading(60), after: reading(0) });
  await stopped;
  t.is(await first.state(id), 'queued');
  t.is(await first.result(wrote), 'SUCCESS');

  const second = actionWorld({ store: openMemoryStore({ disk }) });
  await second.settle();
  t.is(second.session(id).order.attempt, 2);
  second.session(id).end();
  await second.settle();
  t.is(await second.result(id), 'SUCCESS');
  t.is(countedAttempts(contextOf((await second.doc(id))!)), 1);
  await second.stop();
});

test('the stop switch opens no session and ends those that run; taken back, they are done', async (t) => {
  const world = actionWorld();
  const running = await world.actions.submit(newAction(METER));
  await world.settle();
  await world.stopSwitch.set(true, 'op', 'storm');
  const later = await world.actions.submit(newAction('10.0.0.2:1'));
  await world.settle();
  t.is(world.session(running).halted, 'stopping');
  t.deepEqual(await world.session(running).watcher.intend(reading(60)), { kind: 'refused', reason: 'stop-switch' });
  world.session(running).end({ outcome: 'partial', failure: { stage: 'decide', class: 'guard', guard: 'stop-switch', text: 'held' } });
  await world.settle();
  await world.clock.advance(10_000);
  t.is(world.held.length, 0);
  t.is(await world.state(later), 'queued');

  await world.stopSwitch.set(false, 'op', 'over');
  await world.settle();
  t.deepEqual(world.held.map(({ order }) => order.requestId).sort(), [running, later].sort());
  for (const session of [...world.held]) session.end();
  await world.settle();
  t.is(await world.result(running), 'SUCCESS');
  await world.stop();
});

test('the stop switch outlives a restart', async (t) => {
  const disk = new MemoryDisk();
  const first = actionWorld({ store: openMemoryStore({ disk }) });
  await first.stopSwitch.set(true, 'op', 'storm');
  await first.stop();
  const second = actionWorld({ store: openMemoryStore({ disk }) });
  await second.stopSwitch.load();
  t.like(second.stopSwitch.state, { on: true, by: 'op', reason: 'storm' });
  t.false(second.stopSwitch.gate.open);
  await second.stop();
});

test('immediate ones get the next free slot before overnight ones that wait for one', async (t) => {
  const world = actionWorld({ lines: { 'modem:default': 1 } });
  const first = await world.actions.submit(newAction('07700900001'));
  const overnight = await world.actions.submit(newAction('07700900002', { immediate: false }));
  await world.settle();
  await world.engine.command({ key: 'tel:07700900002', type: 'action.release', payload: { requestId: overnight }, origin: 'caller', id: 'release' });
  world.clock.set(Date.parse('2026-01-15T01:00:00Z'));
  await world.settle();
  const immediate = await world.actions.submit(newAction('07700900003'));
  await world.settle();
  t.deepEqual(
    world.held.map(({ order }) => order.requestId),
    [first],
  );
  world.session(first).end();
  await world.settle();
  t.deepEqual(
    world.held.map(({ order }) => order.requestId),
    [immediate],
  );
  world.session(immediate).end();
  await world.settle();
  t.deepEqual(
    world.held.map(({ order }) => order.requestId),
    [overnight],
  );
  world.session(overnight).end();
  await world.stop();
});

test('a trace is kept apart from the action and found by it; passwords are in no history', async (t) => {
  const world = actionWorld();
  const id = await world.actions.submit(newAction(METER, { sealedPassword: 'SEALED-SECRET' }));
  await world.settle();
  await world.engine.command({
    key: `tcp:${METER}`,
    type: 'action.trace',
    payload: { requestId: id, attempt: 1, text: '-> 2F 3F' },
    origin: 'caller',
    id: 'trace',
  });
  t.deepEqual(await world.store.find('about', `action:${id}`), [`action-trace:${id}/1`]);
  t.false(JSON.stringify(await world.store.history(`action:${id}`)).includes('SEALED-SECRET'));
  world.session(id).end();
  await world.stop();
});

test('actions are found by owner, reference and serial number', async (t) => {
  const world = actionWorld();
  const order = newAction(METER, { requestReference: 'ref-7' });
  const id = await world.actions.submit({ ...order, target: { ...order.target, serialNumber: 'S1' } });
  await world.settle();
  world.session(id).end({ serialNumber: '00S1' });
  await world.settle();
  t.deepEqual(
    (await world.actions.list('mts', 10)).items.map((doc) => doc.id),
    [`action:${id}`],
  );
  t.deepEqual((await world.actions.list('other', 10)).items, []);
  for (const [index, value] of [
    ['requestId', String(id)],
    ['requestReference', 'ref-7'],
    ['serialNumber', 'S1'],
    ['serialNumber', '00S1'],
  ] as const) {
    t.deepEqual(await world.store.find(index, value), [`action:${id}`]);
  }
  t.is((await world.doc(id))?.reason, 'success|ELSTERA1700|-');
  await world.stop();
});
