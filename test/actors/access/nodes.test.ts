import test from 'ava';
import { Value } from 'typebox/value';
import { Access, AccessOptionsSchema, accessHandlers } from '../../../actors/access/index.ts';
import type { StoreReader } from '../../../actors/engine/face.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { TestFace } from '../../support/gateway/face.ts';
import { Voices } from '../../support/voice.ts';

const quiet = (): void => {};
const REQUEST = { mpids: ['SUPX'], label: '', rate: null, by: 'test' } as const;

/** Nodes on one store, each with its own keys in memory. */
function nodes(t: { teardown(end: () => void): void }, count: number) {
  const clock = new FakeClock();
  const face = new TestFace(() => clock.now());
  Object.assign(face.handlers, accessHandlers());
  const voices = new Voices();
  let seed = 0;
  let counter = 0;
  /** Reads of these nodes fail. */
  const cut = new Set<number>();
  /** Every read of the store waits for it, after it has read. */
  const slow: { gate: Promise<void> | undefined } = { gate: undefined };
  const reads: (readonly string[])[] = [];
  const make = (index: number): Access => {
    const store: StoreReader = {
      ...face.store,
      get: async (ids) => {
        if (cut.has(index)) throw new Error('away');
        reads.push(ids);
        const found = await face.store.get(ids);
        await slow.gate;
        return found;
      },
    };
    const access = new Access(Value.Create(AccessOptionsSchema), {
      engine: { command: (command) => face.command(command), store },
      clock,
      ids: { uuid: () => String(++counter) },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      secrets: {
        bytes: (size) => {
          seed++;
          return Uint8Array.from({ length: size }, (_, i) => (seed * 37 + i * 11) % 256);
        },
      },
      pepper: 'pepper',
      defaultRate: { perSecond: 10, burst: 20 },
      voice: voices.of(`n${index}`),
    });
    access.start();
    t.teardown(() => access.stop());
    return access;
  };
  return { clock, face, voices, cut, slow, reads, all: Array.from({ length: count }, (_, index) => make(index)) as [Access, Access, ...Access[]] };
}

test('a key revoked on one node is refused on the others as soon as they hear of it', async (t) => {
  const { all, clock } = nodes(t, 3);
  const { key, record } = await all[0].createKey(REQUEST);
  for (const access of all) t.truthy(await access.authenticateKey(key));
  await all[0].revokeKey(record.id);
  await clock.flush();
  for (const access of all) t.is(await access.authenticateKey(key), undefined);
});

test('a key or token whose revocation nobody heard of is refused within a second', async (t) => {
  const { all, clock, voices } = nodes(t, 2);
  const { key, record } = await all[0].createKey(REQUEST);
  const { token, record: made } = await all[0].createToken({ scopes: ['mts'], owner: 'o', expiresAt: null, by: 'test' });
  await clock.advance(5_000);
  t.truthy(await all[1].authenticateKey(key));
  t.truthy(await all[1].authenticateToken(token));
  await clock.advance(5_000);
  voices.loses = () => true;
  await all[0].revokeKey(record.id);
  await all[0].revokeToken(made.id);
  await clock.advance(1_000);
  t.is(await all[1].authenticateKey(key), undefined);
  t.is(await all[1].authenticateToken(token), undefined);
});

test('more changes than the record names make a node forget all it holds', async (t) => {
  const { all, clock, voices, face, cut } = nodes(t, 2);
  const { key, record } = await all[0].createKey(REQUEST);
  await clock.advance(1_000);
  t.truthy(await all[1].authenticateKey(key));
  voices.loses = () => true;
  cut.add(1);
  await all[0].revokeKey(record.id);
  for (let i = 0; i < 250; i++) await all[0].createKey(REQUEST);
  t.is((face.docs.get('access-changes:recent')!.snapshot as { hashes: string[] }).hashes.length, 200);
  cut.delete(1);
  await clock.advance(1_000);
  t.is(await all[1].authenticateKey(key), undefined);
});

test('while the store cannot be read, what is held is believed for a second only', async (t) => {
  const { all, clock, cut } = nodes(t, 2);
  const { key } = await all[0].createKey(REQUEST);
  await clock.advance(1_000);
  t.truthy(await all[1].authenticateKey(key));
  cut.add(1);
  await clock.advance(900);
  t.truthy(await all[1].authenticateKey(key));
  await clock.advance(1_000);
  await t.throwsAsync(async () => all[1].authenticateKey(key), { message: 'away' });
});

test('a known key costs no read of its own while nothing changes', async (t) => {
  const { all, clock, reads } = nodes(t, 2);
  const { key, record } = await all[0].createKey(REQUEST);
  await clock.advance(500);
  await all[1].authenticateKey(key);
  reads.length = 0;
  for (let i = 0; i < 50; i++) {
    t.truthy(await all[1].authenticateKey(key));
    await clock.advance(1_000);
  }
  t.deepEqual(
    reads.flat().filter((id) => id === `api-key:${record.hash}`),
    [],
  );
});

test('a key that is revoked while it is being read is not kept', async (t) => {
  const { all, clock, slow } = nodes(t, 2);
  const { key, record } = await all[0].createKey(REQUEST);
  await clock.advance(1_000);
  const gate = Promise.withResolvers<void>();
  slow.gate = gate.promise;
  const early = all[1].authenticateKey(key);
  await clock.flush();
  slow.gate = undefined;
  await all[0].revokeKey(record.id);
  await clock.flush();
  gate.resolve();
  t.truthy(await early, 'asked for before the revocation');
  t.is(await all[1].authenticateKey(key), undefined);
});

test('a key has one rate for all nodes', async (t) => {
  const { all, clock } = nodes(t, 3);
  const { key } = await all[0].createKey({ ...REQUEST, rate: { perSecond: 10, burst: 20 } });
  let taken = 0;
  const SECONDS = 60;
  for (let tick = 0; tick < SECONDS * 20; tick++) {
    for (const access of all) {
      const grant = await access.authenticateKey(key);
      if (grant?.take() === 0) taken++;
    }
    await clock.advance(50);
  }
  const [rate, bursts, interval] = [SECONDS * 10, 3 * 20, 3 * 2];
  t.true(taken <= rate + bursts + interval, `${taken} were taken`);
  t.true(taken >= rate * 0.8, `${taken} were taken`);
});

test('what others take is told at most every 200 ms, by hash only', async (t) => {
  const { all, clock, voices } = nodes(t, 2);
  const { key } = await all[0].createKey({ ...REQUEST, rate: { perSecond: 1_000, burst: 1_000 } });
  const grant = await all[0].authenticateKey(key);
  voices.said.length = 0;
  for (let i = 0; i < 100; i++) {
    grant?.take();
    await clock.advance(10);
  }
  const words = voices.said.filter(({ topic }) => topic === 'rate');
  t.true(words.length <= 5, `${words.length} words`);
  t.false(JSON.stringify(voices.said).includes(key));
});

test('a bucket of a node that never saw the key knows what others took', async (t) => {
  const { all, clock } = nodes(t, 2);
  const { key } = await all[0].createKey({ ...REQUEST, rate: { perSecond: 0.001, burst: 5 } });
  const grant = await all[0].authenticateKey(key);
  for (let i = 0; i < 5; i++) t.is(grant?.take(), 0);
  await clock.advance(300);
  t.true(((await all[1].authenticateKey(key))?.take() ?? 0) > 0);
});

test('rubbish said about rates and changes is passed over', async (t) => {
  const { all, clock, voices } = nodes(t, 1);
  const { key } = await all[0].createKey(REQUEST);
  const stranger = voices.of('stranger');
  for (const payload of [null, 5, 'x', [[1, 2]], [['ab', 1]], [['a'.repeat(64), -1]], { hash: 'x' }]) {
    stranger.tell('rate', payload);
    stranger.tell('access', payload);
  }
  await clock.flush();
  t.is((await all[0].authenticateKey(key))?.take(), 0);
});

test('the latest use that any node saw is kept', async (t) => {
  const { all, clock } = nodes(t, 2);
  const { key } = await all[0].createKey(REQUEST);
  await all[1].authenticateKey(key);
  await clock.advance(10_000);
  await all[0].authenticateKey(key);
  await all[0].flushLastUse();
  const late = clock.now();
  clock.set(late - 5_000);
  await all[1].flushLastUse();
  t.is((await all[0].listKeys())[0]?.lastUseAt, late);
});
