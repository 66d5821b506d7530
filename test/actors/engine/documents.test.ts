import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { TestChannel, toyWorld } from '../../support/engine.ts';
import { toyContext, toyDefinition } from '../../support/toy.ts';

test('a read that a commit overtook does not put the older document back into memory', async (t) => {
  const store = openMemoryStore();
  const get = store.get.bind(store);
  let slow: PromiseWithResolvers<void> | undefined;
  store.get = async (ids) => {
    const wait = slow?.promise;
    const found = await get(ids);
    await wait;
    return found;
  };
  const world = toyWorld({ store, engine: { cacheEntries: 1 } });
  await world.create('a');
  await world.create('b');
  slow = Promise.withResolvers();
  const early = world.engine.inspect('toy:a');
  const gate = slow;
  slow = undefined;
  await world.apply('a', { type: 'add', amount: 1 });
  gate.resolve();
  await early;
  t.is((await world.engine.inspect('toy:a'))?.doc.version, 2);
});

test('a reason goes with the state that had it', async (t) => {
  const definition = toyDefinition({
    reasonOf: (snapshot: { context: { total: number } }) => (snapshot.context.total === 1 ? 'stuck' : undefined),
  });
  const store = openMemoryStore();
  const world = toyWorld({ store, definition });
  await world.create('a');
  await world.apply('a', { type: 'add', amount: 1 });
  t.is((await world.doc('a'))?.reason, 'stuck');
  await world.apply('a', { type: 'add', amount: 1 });
  t.is((await world.doc('a'))?.reason, undefined);
  const counts = await store.counts([0, 1, 2, 3]);
  t.deepEqual(
    counts.map(({ state, reason, count }) => ({ state, reason, count })),
    [{ state: 'open', reason: '', count: 1 }],
  );
});

test('putting back an actor that still cannot be loaded is an error that passes, and leaves it parked with what waits', async (t) => {
  const store = openMemoryStore();
  const first = toyWorld({ store, definition: toyDefinition({ machineVersion: 2 }) });
  await first.create('a');
  await first.engine.stop();
  const older = toyWorld({ store, out: new TestChannel('out') });
  await older.apply('a', { type: 'add', amount: 1 }, { ids: ['m1'] });
  const operator = { actor: 'toy:a', by: 'op', reason: 'try' };
  await t.throwsAsync(older.engine.command({ key: 'a', type: 'engine.unpark', payload: operator, origin: 'caller', id: 'u' }), {
    code: 'actor_unloadable',
    message: /newer/,
  });
  const doc = await older.doc('a');
  t.is(doc?.held?.length, 1);
  t.is(toyContext(doc).total, 0);
});
