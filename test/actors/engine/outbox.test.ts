import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { START, TestChannel, toyWorld } from '../../support/engine.ts';
import { toyContext } from '../../support/toy.ts';

test('an effect leaves after the commit, with the bytes of the commit, and its outcome is an event', async (t) => {
  const out = new TestChannel('out', 'none', (effect) => ({ kind: 'done', event: { type: 'sent', name: effect.name } }));
  const world = toyWorld({ store: openMemoryStore(), out });
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  t.deepEqual(
    out.performed.map(({ key, body }) => ({ key, body })),
    [{ key: 'out:x', body: 'body of x' }],
  );
  const doc = await world.doc('a');
  t.deepEqual(toyContext(doc).seen, ['send', 'sent']);
  t.deepEqual(doc?.owed, []);
  t.is(await world.store.outboxSize('out'), 0);
});

test('a failed effect is tried again after its pause, under the same key', async (t) => {
  const out = new TestChannel('out', 'none', (_effect, attempt) => (attempt < 3 ? { kind: 'retry', delayMs: 1_000, text: 'away' } : { kind: 'done' }));
  const world = toyWorld({ store: openMemoryStore(), out });
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  t.is(out.performed.length, 1);
  const seen = await world.engine.inspect('toy:a');
  t.deepEqual(seen?.owed, [{ key: 'out:x', channel: 'out', name: 'x', attempts: 1, nextAttemptAt: START + 1_000, lastError: 'away' }]);
  await world.clock.advance(1_000);
  await world.settle();
  await world.clock.advance(1_000);
  await world.settle();
  t.deepEqual(
    out.performed.map((effect) => effect.key),
    ['out:x', 'out:x', 'out:x'],
  );
  t.is(await world.store.outboxSize('out'), 0);
});

test('a withdrawn effect is not done any more', async (t) => {
  const out = new TestChannel('out', 'none', () => ({ kind: 'retry', delayMs: 1_000, text: 'away' }));
  const world = toyWorld({ store: openMemoryStore(), out });
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  await world.apply('a', { type: 'unsend', name: 'x' });
  await world.clock.advance(5_000);
  await world.settle();
  t.is(out.performed.length, 1);
  t.is(await world.store.outboxSize('out'), 0);
});

test('what one engine left undone the next one does', async (t) => {
  const store = openMemoryStore();
  const dead = toyWorld({ store, crash: (point) => (point === 'before-effect' ? 'stop' : 'go') });
  await dead.create('a');
  await dead.apply('a', { type: 'send', name: 'x' });
  await dead.settle();
  t.is(dead.out.performed.length, 0);
  dead.engine.abandon();
  const next = toyWorld({ store });
  await next.settle();
  t.deepEqual(next.out.names, ['x']);
  t.is(await store.outboxSize('out'), 0);
});

test('three events of one step all leave, in order, and before those of later steps', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await Promise.all([world.apply('a', { type: 'say', words: ['one', 'two', 'three'] }), world.apply('a', { type: 'say', words: ['four', 'five', 'six'] })]);
  await world.settle();
  t.deepEqual(world.events.names, ['one', 'two', 'three', 'four', 'five', 'six']);
  t.deepEqual(
    world.events.performed.map((effect) => effect.key),
    ['toy:a/2/0', 'toy:a/2/1', 'toy:a/2/2', 'toy:a/3/0', 'toy:a/3/1', 'toy:a/3/2'],
  );
});

test('events of one actor keep their order while the bus is away and more waits than memory holds', async (t) => {
  let away = true;
  const events = new TestChannel('events', 'actor', () => (away ? { kind: 'retry', delayMs: 1_000, text: 'away' } : { kind: 'done' }));
  const world = toyWorld({ store: openMemoryStore(), events, engine: { outboxMemory: 16, scanIntervalMs: 500 } });
  for (const name of ['a', 'b', 'c', 'd']) await world.create(name);
  for (let i = 0; i < 10; i++) {
    for (const name of ['a', 'b', 'c', 'd']) await world.apply(name, { type: 'say', words: [`${name}${i}x`, `${name}${i}y`, `${name}${i}z`] });
  }
  await world.settle();
  away = false;
  events.performed.length = 0;
  for (let i = 0; i < 20; i++) {
    await world.clock.advance(1_000);
    await world.settle();
  }
  t.is(await world.store.outboxSize('events'), 0);
  for (const name of ['a', 'b', 'c', 'd']) {
    const said = events.names.filter((word) => word.startsWith(name));
    const expected = Array.from({ length: 10 }, (_, i) => [`${name}${i}x`, `${name}${i}y`, `${name}${i}z`]).flat();
    t.deepEqual(said, expected);
  }
});

test('effects and reminders of a parked actor wait; unparking applies messages first, then overdue reminders, then effects go', async (t) => {
  const out = new TestChannel('out', 'none', (_effect, attempt) => (attempt === 1 ? { kind: 'retry', delayMs: 1_000, text: 'away' } : { kind: 'done' }));
  const world = toyWorld({ store: openMemoryStore(), out });
  const operator = (type: string): Promise<unknown> =>
    world.engine.command({ key: 'a', type, payload: { actor: 'toy:a', by: 'op', reason: 'look' }, origin: 'caller', id: type });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'w', dueAt: START + 2_000 });
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  await operator('engine.park');
  await world.apply('a', { type: 'add', amount: 1 }, { ids: ['m1'] });
  await world.clock.advance(10_000);
  await world.settle();
  t.is(out.performed.length, 1);
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send']);
  await operator('engine.unpark');
  await world.settle();
  await world.clock.advance(1);
  await world.settle();
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send', 'add', 'reminder:w']);
  t.is(out.performed.length, 2);
});
