import test from 'ava';
import type { EngineChild } from '../../../actors/engine/index.ts';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { supervise } from '../../../actors/supervision/index.ts';
import { TestChannel, testPorts, toyWorld } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { toyContext } from '../../support/toy.ts';

/** A world whose parts are kept up by a supervisor, as in the real program. */
function supervisedWorld(given: Parameters<typeof toyWorld>[0]) {
  const world = toyWorld({ ...given, start: false });
  const escalated: string[] = [];
  const children: readonly EngineChild[] = world.engine.children();
  const supervision = supervise({ name: 'test', children, ports: testPorts(world.clock), onEscalate: ({ id }) => escalated.push(id) });
  const status = (id: string): string | undefined => supervision.health().find((child) => child.id === id)?.status;
  return { ...world, supervision, escalated, status };
}

test('while the store fails callers are told to come back, and it goes on by itself when the store does', async (t) => {
  let failing = false;
  const store = openMemoryStore({
    faults: {
      beforeWrite: () => {
        if (failing) throw new Error('no sync');
      },
    },
  });
  const world = supervisedWorld({ store });
  await world.settle();
  await world.create('a');
  failing = true;
  await t.throwsAsync(world.apply('a', { type: 'add', amount: 1 }), { code: 'commit_failed' });
  await t.throwsAsync(world.apply('a', { type: 'add', amount: 1 }), { code: 'overloaded' });
  failing = false;
  await world.clock.advance(30_000);
  await world.settle();
  await world.apply('a', { type: 'add', amount: 1 });
  t.is(toyContext(await world.doc('a')).total, 1);
  t.deepEqual(world.escalated, []);
});

test('a channel whose outbox cannot be read is started anew, and misses nothing', async (t) => {
  const store = openMemoryStore();
  let failing = false;
  const outbox = store.outbox.bind(store);
  store.outbox = (query) => (failing ? Promise.reject(new Error('cannot be read')) : outbox(query));
  const out = new TestChannel('out', 'none', () => ({ kind: 'done' }));
  const world = supervisedWorld({ store, out, engine: { scanIntervalMs: 1_000 } });
  await world.settle();
  await world.create('a');
  failing = true;
  await world.clock.advance(1_000);
  await world.settle();
  await world.apply('a', { type: 'send', name: 'x' });
  t.deepEqual(out.names, []);
  failing = false;
  await world.clock.advance(60_000);
  await world.settle();
  t.deepEqual(out.names, ['x']);
  t.is(world.status('channel:out'), 'up');
});

test('an effect whose channel throws at every try parks its actor, and the others go on', async (t) => {
  const out = new TestChannel('out', 'none', (effect) => {
    if (effect.name === 'poison') throw new Error('cannot be done');
    return { kind: 'done' };
  });
  const world = supervisedWorld({ store: openMemoryStore(), out });
  await world.settle();
  await world.create('a');
  await world.create('b');
  await world.apply('a', { type: 'send', name: 'poison' });
  for (let i = 0; i < 4; i++) {
    await world.clock.advance(1_000);
    await world.settle();
  }
  t.regex((await world.doc('a'))?.parked?.reason ?? '', /cannot be done/);
  await world.apply('b', { type: 'send', name: 'fine' });
  await world.settle();
  t.true(out.names.includes('fine'));
  const tries = out.names.filter((name) => name === 'poison').length;
  await world.clock.advance(60_000);
  await world.settle();
  t.is(out.names.filter((name) => name === 'poison').length, tries);
});

test('an engine that is stopped finishes what is in hand and takes nothing new', async (t) => {
  const disk = new MemoryDisk();
  const world = toyWorld({ store: openMemoryStore({ disk }) });
  await world.create('a');
  const inHand = Array.from({ length: 50 }, () => world.apply('a', { type: 'add', amount: 1 }));
  const stopped = world.engine.stop();
  await t.throwsAsync(world.apply('a', { type: 'add', amount: 1 }), { code: 'overloaded' });
  await Promise.all(inHand);
  await stopped;
  const [doc] = await openMemoryStore({ disk }).get(['toy:a']);
  t.is(toyContext(doc).total, 50);
});

test('a lost race for a version is won by applying the message again to what the store has', async (t) => {
  const disk = new MemoryDisk();
  const clock = new FakeClock();
  const one = toyWorld({ store: openMemoryStore({ disk }), clock });
  const two = toyWorld({ store: openMemoryStore({ disk }), clock });
  await one.create('a');
  await two.apply('a', { type: 'add', amount: 1 });
  await one.apply('a', { type: 'add', amount: 10 });
  await two.apply('a', { type: 'add', amount: 100 });
  t.is(toyContext(await one.doc('a')).total, 111);
});
