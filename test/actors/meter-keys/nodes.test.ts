import { randomBytes } from 'node:crypto';
import test from 'ava';
import type { Command } from '../../../actors/engine/index.ts';
import { NotOwnerError } from '../../../actors/errors/error.ts';
import { MeterKeyStore, meterKeysHandlers } from '../../../actors/meter-keys/index.ts';
import { createSealer } from '../../../actors/secrets/index.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import type { Store } from '../../../actors/store/store.ts';
import { toyWorld } from '../../support/engine.ts';

const TITLE = Buffer.from('MWRCLNT1');
const MARK = 'ab'.repeat(16);
const sealer = createSealer(new Uint8Array(32).fill(3), { bytes: (count) => randomBytes(count) });

let counter = 0;

/** One engine, and the key stores of several nodes that reach it. */
function nodes(store: Store, count: number) {
  const world = toyWorld({ store, handlers: meterKeysHandlers() });
  const stores = Array.from(
    { length: count },
    () => new MeterKeyStore({ engine: world.engine, ids: { uuid: () => `n${++counter}` }, sealer, reserveCount: 10 }),
  );
  return { world, stores };
}

/** @returns every counter of the ranges */
function spread(ranges: readonly { readonly from: number; readonly count: number }[]): number[] {
  return ranges.flatMap(({ from, count }) => Array.from({ length: count }, (_, index) => from + index));
}

test('two nodes never get the same counter, whoever asks and how often at once', async (t) => {
  const { stores } = nodes(openMemoryStore(), 2);
  const ranges = await Promise.all(Array.from({ length: 40 }, (_, index) => stores[index % 2]!.reserveCounters(TITLE, MARK)));
  const given = spread(ranges);
  t.is(new Set(given).size, 400);
});

test('a node that takes over goes on above all that was reserved, used or not', async (t) => {
  const store = openMemoryStore();
  const before = nodes(store, 2);
  const first = spread(await Promise.all(before.stores.map((keys) => keys.reserveCounters(TITLE, MARK))));
  before.world.engine.abandon();
  const after = nodes(store, 2);
  const second = spread(await Promise.all(after.stores.map((keys) => keys.reserveCounters(TITLE, MARK))));
  t.true(Math.min(...second) > Math.max(...first));
});

test('a reservation whose answer is lost in a takeover is skipped, not given again', async (t) => {
  const store = openMemoryStore();
  const { world, stores } = nodes(store, 1);
  const lost = new MeterKeyStore({
    engine: {
      store: world.engine.store,
      command: async <T>(command: Command): Promise<T> => {
        await world.engine.command(command);
        throw new NotOwnerError(1);
      },
    },
    ids: { uuid: () => `l${++counter}` },
    sealer,
    reserveCount: 10,
  });
  const [a] = await Promise.all([stores[0]!.reserveCounters(TITLE, MARK)]);
  await t.throwsAsync(lost.reserveCounters(TITLE, MARK), { code: 'not_owner' });
  const b = await stores[0]!.reserveCounters(TITLE, MARK);
  t.true(b.from >= a.from + 20);
});

test('an engine that still holds itself for the owner cannot give counters that its successor gave', async (t) => {
  const store = openMemoryStore();
  const stale = nodes(store, 1);
  const next = nodes(store, 1);
  // Both have the counter in memory.
  const ranges = [await stale.stores[0]!.reserveCounters(TITLE, MARK), await next.stores[0]!.reserveCounters(TITLE, MARK)];
  for (let round = 0; round < 5; round++) {
    ranges.push(...(await Promise.all([stale.stores[0]!.reserveCounters(TITLE, MARK), next.stores[0]!.reserveCounters(TITLE, MARK)])));
  }
  const given = spread(ranges);
  t.is(new Set(given).size, given.length);
});
