import { randomBytes } from 'node:crypto';
import test, { type ExecutionContext } from 'ava';
import { type MeterKeyLine, MeterKeyStore, meterKeysHandlers } from '../../../actors/meter-keys/index.ts';
import { createSealer } from '../../../actors/secrets/index.ts';
import type { Store } from '../../../actors/store/store.ts';
import { toyWorld } from '../../support/engine.ts';
import { openLmdb } from '../../support/store/lmdb.ts';

const sealer = createSealer(new Uint8Array(32).fill(3), { bytes: (count) => randomBytes(count) });
const TITLE = Buffer.from('MWRCLNT1');
const MARK = 'ab'.repeat(16);

let counter = 0;

function keysOver(store: Store, crash?: Parameters<typeof toyWorld>[0]['crash'], raise = 0) {
  const world = toyWorld({ store, handlers: meterKeysHandlers(), ...(crash ? { crash } : {}) });
  return { world, keys: new MeterKeyStore({ engine: world.engine, ids: { uuid: () => `m${++counter}` }, sealer, raise }) };
}

async function lmdb(t: ExecutionContext) {
  const opened = await openLmdb();
  t.teardown(() => opened.dispose());
  return opened;
}

const line = (change: Partial<MeterKeyLine> = {}): MeterKeyLine => ({
  meter: 'serial:50034481',
  suite: 0,
  encryptionKey: new Uint8Array(16).fill(0xe1),
  authenticationKey: new Uint8Array(16).fill(0xa1),
  clientSystemTitle: TITLE,
  serverSystemTitle: undefined,
  form: undefined,
  dedicated: false,
  nextCounter: undefined,
  ...change,
});

test('keys are found by serial number, with or without the letters of the maker, or by address', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  await keys.import([line(), line({ meter: 'address:tcp:10.0.0.1:4059', authenticationKey: new Uint8Array(16).fill(0xa2) })], 'test');
  for (const serialNumber of ['50034481', 'LGZ50034481', ' 0050034481 ', 'lgz0050034481']) {
    t.is((await keys.meterKeys({ serialNumber, canonicalAddress: '' }))?.authenticationKey[0], 0xa1, serialNumber);
  }
  t.is((await keys.meterKeys({ canonicalAddress: 'tcp:10.0.0.1:4059' }))?.authenticationKey[0], 0xa2);
  t.is(await keys.meterKeys({ serialNumber: '9', canonicalAddress: 'tcp:10.0.0.2:4059' }), undefined);
  t.is(await keys.meterKeys({ canonicalAddress: '' }), undefined);
  await world.engine.stop();
});

test('no key is in the store, the history or a list, and those that were handed in are zeros', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  const given = line();
  await keys.import([given], 'test');
  t.true([...given.encryptionKey, ...given.authenticationKey].every((octet) => octet === 0));
  const [doc] = await store.get(['meter-keys:serial:50034481']);
  const everything = JSON.stringify([doc, await store.history('meter-keys:serial:50034481'), await keys.list(10)]);
  for (const secret of ['e1'.repeat(16), 'a1'.repeat(16)]) {
    for (const form of ['hex', 'base64', 'base64url', 'latin1'] as const) t.false(everything.includes(Buffer.from(secret, 'hex').toString(form)));
    t.false(everything.includes(secret.toUpperCase()));
  }
  t.is((await keys.list(10)).items[0]?.meter, 'serial:50034481');
  await world.engine.stop();
});

test('released keys are zeros', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  await keys.import([line()], 'test');
  const found = await keys.meterKeys({ serialNumber: '50034481', canonicalAddress: '' });
  found?.release();
  t.true([...(found?.encryptionKey ?? []), ...(found?.authenticationKey ?? [])].every((octet) => octet === 0));
  await world.engine.stop();
});

test('an import replaces the keys of a meter; removed ones are gone', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  t.deepEqual(await keys.import([line()], 'test'), { created: 1, applied: 1 });
  t.deepEqual(await keys.import([line({ encryptionKey: new Uint8Array(16).fill(0xe2) })], 'test'), { created: 0, applied: 1 });
  t.is((await keys.meterKeys({ serialNumber: '50034481', canonicalAddress: '' }))?.encryptionKey[0], 0xe2);
  await keys.remove('serial:50034481');
  t.is(await keys.meterKeys({ serialNumber: '50034481', canonicalAddress: '' }), undefined);
  await t.throwsAsync(keys.remove('serial:50034481'), { code: 'no_such_meter_keys' });
  await world.engine.stop();
});

test('ranges of one title and key follow each other, those of another are their own', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  const ranges = await Promise.all(Array.from({ length: 20 }, () => keys.reserveCounters(TITLE, MARK)));
  const starts = ranges.map(({ from }) => from).sort((a, b) => a - b);
  t.deepEqual(
    starts,
    Array.from({ length: 20 }, (_, index) => 1 + index * 1_000),
  );
  t.is((await keys.reserveCounters(Buffer.from('MWRCLNT2'), MARK)).from, 1);
  t.is((await keys.reserveCounters(TITLE, 'cd'.repeat(16))).from, 1);
  await world.engine.stop();
});

test('what an import says of earlier use is kept to, and moves nothing back', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  await keys.import([line({ nextCounter: 70_000 })], 'test');
  const [doc] = (await keys.list(1)).items;
  t.truthy(doc);
  const [record] = await store.get(['meter-keys:serial:50034481']);
  const mark = (record!.snapshot as { keyMark: string }).keyMark;
  t.is((await keys.reserveCounters(TITLE, mark)).from, 70_000);
  await keys.import([line({ nextCounter: 5 })], 'test');
  t.is((await keys.reserveCounters(TITLE, mark)).from, 71_000);
  await world.engine.stop();
});

test('no counter is given twice over crashes before and after the commit', async (t) => {
  const opened = await lmdb(t);
  let { store } = opened;
  const given: { readonly from: number; readonly count: number }[] = [];
  for (const point of ['before-commit', 'after-commit', 'after-commit', 'before-commit'] as const) {
    let armed = false;
    let reached = (): void => {};
    const stopped = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const { keys } = keysOver(store, (at) => {
      if (!armed || at !== point) return 'go';
      reached();
      return 'stop';
    });
    given.push(await keys.reserveCounters(TITLE, MARK), await keys.reserveCounters(TITLE, MARK));
    armed = true;
    // Its answer never comes: the world stops in the middle of it.
    void keys.reserveCounters(TITLE, MARK).catch(() => {});
    await stopped;
    store = await opened.reopen();
  }
  const { world, keys } = keysOver(store);
  given.push(await keys.reserveCounters(TITLE, MARK, 3_000));
  given.push(await keys.reserveCounters(TITLE, MARK));
  for (const [index, { from }] of given.entries()) {
    const before = given[index - 1];
    if (before !== undefined) t.true(from >= before.from + before.count, `${from} after ${before.from}`);
  }
  await world.engine.stop();
});

test('keys that were sealed for one meter open for no other', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store);
  await keys.import([line()], 'test');
  const other = new MeterKeyStore({
    engine: {
      command: world.engine.command.bind(world.engine),
      store: {
        ...store,
        get: async (ids) => {
          const docs = await store.get(['meter-keys:serial:50034481']);
          return ids.map(() => docs[0] && { ...docs[0], snapshot: { ...(docs[0].snapshot as object), meter: 'serial:other' } });
        },
      },
    },
    ids: { uuid: () => `o${++counter}` },
    sealer,
  });
  await t.throwsAsync(other.meterKeys({ serialNumber: 'other', canonicalAddress: '' }), { code: 'seal_broken' });
  await world.engine.stop();
});

test('after a restore a counter goes on above what may have been used, and is in doubt once', async (t) => {
  const { store } = await lmdb(t);
  const before = keysOver(store);
  await before.keys.reserveCounters(TITLE, MARK);
  await before.world.engine.stop();
  const { keys, world } = keysOver(store, undefined, 1_000_000);
  t.deepEqual(await keys.reserveCounters(TITLE, MARK), { from: 1_001_001, count: 1_000, doubtful: true });
  t.deepEqual(await keys.reserveCounters(TITLE, MARK), { from: 1_002_001, count: 1_000, doubtful: false });
  await world.engine.stop();
});

test('a key that seems unused after a restore may have been used since the backup', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store, undefined, 1_000_000);
  t.deepEqual(await keys.reserveCounters(TITLE, MARK), { from: 1_000_001, count: 1_000, doubtful: true });
  await world.engine.stop();
});

test('a counter that slept through two restores is raised for both', async (t) => {
  const { store } = await lmdb(t);
  const before = keysOver(store, undefined, 1_000_000);
  await before.keys.reserveCounters(TITLE, MARK);
  await before.world.engine.stop();
  const { keys, world } = keysOver(store, undefined, 3_500_000);
  t.like(await keys.reserveCounters(TITLE, MARK), { from: 1_001_001 + 2_500_000, doubtful: true });
  t.like(await keys.reserveCounters(TITLE, 'cd'.repeat(16)), { from: 3_500_001 });
  await world.engine.stop();
});

test('a floor from the meter settles the doubt', async (t) => {
  const { store } = await lmdb(t);
  const { keys, world } = keysOver(store, undefined, 1_000_000);
  t.deepEqual(await keys.reserveCounters(TITLE, MARK, 5_000_000), { from: 5_001_000, count: 1_000, doubtful: false });
  await world.engine.stop();
});
