import test from 'ava';
import { shardOf } from '../../../actors/engine/index.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { addDue, type Fill, fillPending, fillRecords, removePlaces, scatteredMpan } from '../../../ops/bench/fill/fill.ts';
import { makeTemplates } from '../../../ops/bench/fill/template.ts';
import { openWorld } from '../../../ops/bench/world/engine.ts';

const COUNT = 25;
const ALL = Array.from({ length: 64 }, (_, shard) => shard);

async function filled(): Promise<Fill> {
  const fill: Fill = { store: openMemoryStore(), templates: await makeTemplates(), shardOf };
  await fillPending(fill, COUNT);
  return fill;
}

test('every copy is a pending process with a record, found by its own meter point', async (t) => {
  const { store } = await filled();
  t.is(await store.count({ index: 'mpidStatus', value: 'SUPX|Pending' }), COUNT);
  for (let place = 0; place < COUNT; place++) {
    const mpan = scatteredMpan(place);
    const [id, more] = await store.find('mpan', `SUPX:${mpan}`);
    const [doc] = await store.get(id ? [id] : []);
    t.is(more, undefined);
    t.is(doc?.key, mpan);
    t.is(doc?.shard, shardOf(mpan, 64));
    t.deepEqual(await store.find('mpanAny', mpan), [`mpan:SUPX:${mpan}`]);
    t.true((await store.history(doc?.id ?? 'appointment:none')).length >= 2);
  }
});

test('no deadline of a copy falls due for months', async (t) => {
  const { store } = await filled();
  t.deepEqual(await store.due({ shards: ALL, until: Date.now() + 60 * 86_400_000, limit: 1 }), []);
});

test('a copy goes on as the process it was copied from', async (t) => {
  const { store } = await filled();
  const world = await openWorld(store);
  const mpan = scatteredMpan(0);
  const [id] = await store.find('mpan', `SUPX:${mpan}`);
  await world.engine.command({ key: mpan, type: 'engine.park', payload: { actor: id, by: 'test', reason: 'to see' }, origin: 'caller', id: '1' });
  const [doc] = await store.get(id ? [id] : []);
  t.is(doc?.parked?.reason, 'to see');
});

test('a process can be added whose warning is due', async (t) => {
  const fill = await filled();
  const requestId = await addDue(fill, COUNT, 1_000);
  const [due] = await fill.store.due({ shards: ALL, until: 1_000, limit: 10 });
  t.is(due?.actor, `appointment:${requestId}`);
});

test('what was added can be taken out again', async (t) => {
  const fill = await filled();
  await fillRecords(fill, COUNT, 5);
  await addDue(fill, COUNT + 5, 1_000);
  await removePlaces(
    fill.store,
    [0, 1, 2, 3, 4, 5].map((index) => COUNT + index),
  );
  t.is(await fill.store.count({ index: 'kind', value: 'mpan' }), COUNT);
  t.is(await fill.store.count({ index: 'kind', value: 'appointment' }), COUNT);
  t.deepEqual(await fill.store.due({ shards: ALL, until: 1_000, limit: 10 }), []);
});

test('the walk over meter points comes to none twice', (t) => {
  const seen = new Set(Array.from({ length: 20_000 }, (_, place) => scatteredMpan(place)));
  t.is(seen.size, 20_000);
});
