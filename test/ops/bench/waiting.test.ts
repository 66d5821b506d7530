import test from 'ava';
import { shardOf } from '../../../actors/engine/index.ts';
import { openMemoryStore, type Store } from '../../../actors/store/index.ts';
import { gateBucket, gateValue } from '../../../actors/time-update/gate.ts';
import { actionActor, contextOf } from '../../../actors/time-update/index.ts';
import { addressOf, fillWaiting } from '../../../ops/bench/meters/seed.ts';
import { windowAt } from '../../../ops/bench/meters/window.ts';
import { openWorld } from '../../../ops/bench/world/engine.ts';
import type { MeterSpec } from '../../../ops/sim/meters/options.ts';

const COUNT = 12;
const meters: readonly MeterSpec[] = [
  { meterType: 'ISKRA_MX37X', serialNumber: '111', port: 4_001 },
  { meterType: 'ISKRA_MX37X', serialNumber: '222', port: 4_002 },
];

async function filled(): Promise<Store> {
  const store = openMemoryStore();
  await fillWaiting(store, COUNT, meters, ['sealed-a', 'sealed-b']);
  return store;
}

test('every copy waits at the gate under its own address, with the serial number and password of its meter', async (t) => {
  const store = await filled();
  for (let requestId = 1; requestId <= COUNT; requestId++) {
    const [doc] = await store.get([actionActor(requestId)]);
    if (!doc) return t.fail(`no action ${requestId}`);
    const address = addressOf(requestId, 4_001 + (requestId % 2));
    const { request } = contextOf(doc);
    t.like(doc, { state: 'waiting', key: `tcp:${address}`, shard: shardOf(`tcp:${address}`, 64) });
    t.like(request, { requestId, sealedPassword: requestId % 2 === 0 ? 'sealed-a' : 'sealed-b' });
    t.like(request.target, { remoteAddress: address, canonicalAddress: `tcp:${address}`, serialNumber: requestId % 2 === 0 ? '111' : '222' });
    t.true((await store.find('gate', gateValue('tcp', gateBucket(requestId)))).includes(doc.id));
  }
});

test('a copy goes on as the action it was copied from', async (t) => {
  const store = await filled();
  const { engine } = await openWorld(store);
  const key = `tcp:${addressOf(3, 4_002)}`;
  t.deepEqual(await engine.command({ key, type: 'action.release', payload: { requestId: 3 }, origin: 'caller', id: '1' }), { kind: 'released' });
  t.is((await store.get([actionActor(3)]))[0]?.state, 'queued');
});

test('addresses of copies differ', (t) => {
  t.is(new Set(Array.from({ length: 200_000 }, (_, at) => addressOf(at, 1))).size, 200_000);
});

test('a window opens at its minute of London and is open for four hours', (t) => {
  t.deepEqual(windowAt(Date.parse('2026-07-01T21:30:00Z')), { from: '22:30', to: '02:30' });
  t.deepEqual(windowAt(Date.parse('2026-01-15T00:05:00Z')), { from: '00:05', to: '04:05' });
});
