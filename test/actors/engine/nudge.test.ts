/** An operator has an actor try again now: what it owes to the outside, and timers whose handling failed. */
import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { START, TestChannel, toyWorld } from '../../support/engine.ts';
import { toyContext } from '../../support/toy.ts';

const HOUR = 3_600_000;
const operator = (world: ReturnType<typeof toyWorld>, type: string, name = 'a'): Promise<unknown> =>
  world.engine.command({ key: name, type, payload: { actor: `toy:${name}`, by: 'op', reason: 'the line is mended' }, origin: 'caller', id: `${type}:${name}` });

test('what an actor owes is tried at once, and what others owe waits out its pause', async (t) => {
  const out = new TestChannel('out', 'none', (_effect, attempt) => (attempt === 1 ? { kind: 'retry', delayMs: HOUR, text: 'away' } : { kind: 'done' }));
  const world = toyWorld({ store: openMemoryStore(), out });
  for (const name of ['a', 'b']) {
    await world.create(name);
    await world.apply(name, { type: 'send', name: `${name}1` });
  }
  await world.settle();
  t.deepEqual(out.names, ['a1', 'b1']);
  await operator(world, 'engine.nudge');
  await world.settle();
  t.deepEqual(out.names, ['a1', 'b1', 'a1']);
  t.is(await world.store.outboxSize('out'), 1);
  const history = await world.store.history('toy:a');
  t.like(
    history.find(({ event }) => event === 'nudge'),
    { details: { by: 'op', reason: 'the line is mended' } },
  );
});

test('also where more waits than memory holds', async (t) => {
  let away = true;
  let delayMs = 1_000;
  const out = new TestChannel('out', 'none', () => (away ? { kind: 'retry', delayMs, text: 'away' } : { kind: 'done' }));
  const world = toyWorld({ store: openMemoryStore(), out, engine: { outboxMemory: 8, scanIntervalMs: 1_000 } });
  const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
  for (const name of names) {
    await world.create(name);
    await world.apply(name, { type: 'send', name });
  }
  await world.settle();
  delayMs = HOUR;
  for (let i = 0; i < 5; i++) {
    await world.clock.advance(1_000);
    await world.settle();
  }
  for (const name of names) t.true(out.names.includes(name), `${name} was tried, and rests`);
  away = false;
  for (const name of ['n1', 'n39']) await operator(world, 'engine.nudge', name);
  await world.settle();
  t.is(await world.store.outboxSize('out'), 38);
});

test('a timer whose handling failed fires again', async (t) => {
  const world = toyWorld({ store: openMemoryStore(), engine: { reminderRetryMs: HOUR } });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'boom', dueAt: START + 1_000 });
  await world.clock.advance(2_000);
  await world.settle();
  const failed = await world.doc('a');
  t.true((failed?.reminders[0]?.retryAt ?? 0) > START + HOUR);
  await world.clock.advance(60_000);
  await operator(world, 'engine.nudge');
  await world.clock.advance(1);
  await world.settle();
  const again = await world.doc('a');
  t.true((again?.reminders[0]?.retryAt ?? 0) > (failed?.reminders[0]?.retryAt ?? 0), 'it was tried, and failed once more');
});

test('a timer that is not due yet keeps its instant', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'w', dueAt: START + HOUR });
  await operator(world, 'engine.nudge');
  await world.clock.advance(1_000);
  await world.settle();
  t.deepEqual(toyContext(await world.doc('a')).seen, []);
  t.is((await world.doc('a'))?.reminders[0]?.dueAt, START + HOUR);
});

test('refused: an actor that is parked, and one that is not there', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await operator(world, 'engine.park');
  await t.throwsAsync(operator(world, 'engine.nudge'), { code: 'parked' });
  await t.throwsAsync(operator(world, 'engine.nudge', 'none'), { code: 'no_such_actor' });
});
