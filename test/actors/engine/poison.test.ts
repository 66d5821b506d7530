import test from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { toyWorld } from '../../support/engine.ts';
import { toyContext, toyDefinition } from '../../support/toy.ts';

const LONG = `toy:${'x'.repeat(600)}` as const;

test('a document that cannot be stored fails its own message only, and not the store', async (t) => {
  const failures: string[] = [];
  const world = toyWorld({ store: openMemoryStore(), onFailure: (part) => failures.push(part) });
  await world.create('a');
  await world.create('b');
  const bad = (key: string, origin: 'caller' | 'durable') =>
    world.engine.command<{ kind: string }>({ key, type: 'toy.create', payload: LONG, origin, id: 'bad' });
  const results = await Promise.allSettled([
    world.apply('a', { type: 'add', amount: 1 }),
    bad('b', 'caller'),
    world.apply('b', { type: 'add', amount: 1 }),
    bad('c', 'durable'),
  ]);
  t.deepEqual(
    results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : (result.value as { kind: string }).kind)),
    ['applied', 'document_invalid', 'applied', 'quarantined'],
  );
  t.deepEqual(failures, []);
  t.is(toyContext(await world.doc('a')).total, 1);
  t.is(toyContext(await world.doc('b')).total, 1);
});

test('a message that throws when its actor is put back goes to quarantine, and the ones behind it are applied', async (t) => {
  const store = openMemoryStore();
  const world = toyWorld({ store });
  const operator = (type: string): Promise<unknown> =>
    world.engine.command({ key: 'a', type, payload: { actor: 'toy:a', by: 'op', reason: 'look' }, origin: 'caller', id: type });
  await world.create('a');
  await operator('engine.park');
  await world.apply('a', { type: 'add', amount: 1 }, { ids: ['m1'] });
  await world.apply('a', { type: 'boom' }, { ids: ['m2'] });
  await world.apply('a', { type: 'add', amount: 1 }, { ids: ['m3'] });
  await operator('engine.unpark');
  const doc = await world.doc('a');
  t.is(doc?.parked, undefined);
  t.is(toyContext(doc).total, 2);
  t.is((await store.page({ index: 'state', value: 'quarantine|held', limit: 10 })).items.length, 1);
});

test('a tell that was put in quarantine can be driven again after later tells of its sender, and once', async (t) => {
  const store = openMemoryStore();
  const broken = toyWorld({ store });
  await broken.create('a');
  await broken.create('b');
  // The amount makes the receiver's step throw as long as its definition is broken.
  const picky = toyDefinition({
    detailsOf: (event) => {
      if (event.type === 'add' && event.amount === 13) throw new Error('unlucky');
      return undefined;
    },
  });
  await broken.engine.stop();
  const world = toyWorld({ store, definition: picky });
  await world.apply('a', { type: 'pass-on', to: 'toy:b', key: 'b', amount: 13 });
  await world.settle();
  await world.apply('a', { type: 'pass-on', to: 'toy:b', key: 'b', amount: 1 });
  await world.settle();
  t.is(toyContext(await world.doc('b')).total, 1);
  const { items } = await store.page({ index: 'state', value: 'quarantine|held', limit: 10 });
  t.is(items.length, 1);
  await world.engine.stop();
  const mended = toyWorld({ store });
  await mended.engine.command({ key: 'b', type: 'engine.redrive', payload: { id: items[0]?.id, by: 'op' }, origin: 'caller', id: 'r' });
  t.is(toyContext(await mended.doc('b')).total, 14);
});
