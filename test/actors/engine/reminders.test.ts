import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { START, toyWorld } from '../../support/engine.ts';
import { toyContext } from '../../support/toy.ts';

const seen = async (world: ReturnType<typeof toyWorld>, name = 'a'): Promise<string[]> => toyContext(await world.doc(name)).seen;

test('a reminder fires at its instant, not before, and once', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'w', dueAt: START + 5_000 });
  await world.clock.advance(4_999);
  await world.settle();
  t.deepEqual(await seen(world), []);
  await world.clock.advance(1);
  await world.settle();
  await world.clock.advance(120_000);
  await world.settle();
  t.deepEqual(await seen(world), ['reminder:w']);
});

test('a reminder beyond the window in memory fires too', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'far', dueAt: START + 10 * 60_000 });
  for (let i = 0; i < 11; i++) {
    await world.clock.advance(60_000);
    await world.settle();
  }
  t.deepEqual(await seen(world), ['reminder:far']);
});

test('a reminder that is asked for again moves', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'w', dueAt: START + 1_000 });
  await world.apply('a', { type: 'wake-me', name: 'w', dueAt: START + 9_000 });
  await world.clock.advance(5_000);
  await world.settle();
  t.deepEqual(await seen(world), []);
  await world.clock.advance(4_000);
  await world.settle();
  t.deepEqual(await seen(world), ['reminder:w']);
});

test('a reminder that fell due while no engine ran fires at the next start', async (t) => {
  const store = openMemoryStore();
  const first = toyWorld({ store });
  await first.create('a');
  await first.apply('a', { type: 'wake-me', name: 'w', dueAt: START + 1_000 });
  await first.engine.stop();
  await first.clock.advance(3_600_000);
  const second = toyWorld({ store, clock: first.clock });
  await second.settle();
  t.deepEqual(await seen(second), ['reminder:w']);
});

test('many more reminders than memory holds all fire, in the order of their instants', async (t) => {
  const world = toyWorld({ store: openMemoryStore(), engine: { reminderEntries: 16, reminderInFlight: 4 } });
  await world.create('a');
  for (let i = 0; i < 100; i++) await world.apply('a', { type: 'wake-me', name: `w${i}`, dueAt: START + 1_000 + ((i * 37) % 100) });
  await world.clock.advance(2_000);
  await world.settle();
  await world.clock.advance(10_000);
  await world.settle();
  const fired = await seen(world);
  t.is(fired.length, 100);
  t.is(new Set(fired).size, 100);
});

test('a reminder behind the closed gate waits, and holds up no other', async (t) => {
  const world = toyWorld({ store: openMemoryStore() });
  world.engine.setDipGate(false);
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'gated', dueAt: START + 1_000, gate: 'dip' });
  await world.apply('a', { type: 'wake-me', name: 'free', dueAt: START + 2_000 });
  await world.clock.advance(3_000);
  await world.settle();
  t.deepEqual(await seen(world), ['reminder:free']);
  world.engine.setDipGate(true);
  await world.settle();
  t.deepEqual(await seen(world), ['reminder:free', 'reminder:gated']);
});

test('a reminder whose handling throws stays, and is tried again later', async (t) => {
  const world = toyWorld({ store: openMemoryStore(), engine: { reminderRetryMs: 60_000 } });
  await world.create('a');
  await world.apply('a', { type: 'wake-me', name: 'boom', dueAt: START + 1_000 });
  await world.clock.advance(2_000);
  await world.settle();
  const doc = await world.doc('a');
  t.is(doc?.reminders[0]?.dueAt, START + 1_000);
  t.true((doc?.reminders[0]?.retryAt ?? 0) > START + 60_000);
});
