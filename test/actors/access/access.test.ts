import test from 'ava';
import { Value } from 'typebox/value';
import { Access, AccessOptionsSchema, accessHandlers, FailureLimiter, TokenBucket } from '../../../actors/access/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { TestFace } from '../../support/gateway/face.ts';

const quiet = (): void => {};

function world() {
  const clock = new FakeClock();
  const face = new TestFace(() => clock.now());
  Object.assign(face.handlers, accessHandlers());
  let reads = 0;
  const { get } = face.store;
  Object.assign(face.store, {
    get: (ids: Parameters<typeof get>[0]) => {
      reads += 1;
      return get(ids);
    },
  });
  let seed = 0;
  const random = (): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed >>> 16;
  };
  let counter = 0;
  const make = (): Access =>
    new Access(Value.Create(AccessOptionsSchema), {
      engine: face,
      clock,
      ids: { uuid: () => String(++counter) },
      log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
      secrets: { bytes: (count) => Uint8Array.from({ length: count }, random) },
      pepper: 'pepper',
      defaultRate: { perSecond: 50, burst: 200 },
    });
  return { clock, face, access: make(), make, reads: () => reads };
}

const REQUEST = { mpids: ['SUPX'], label: '', rate: null, by: 'test' } as const;

test('a key is a UUID of version 4', async (t) => {
  const { key } = await world().access.createKey(REQUEST);
  t.regex(key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('neither key nor token is in what is stored or sent to the engine', async (t) => {
  const { access, face } = world();
  const { key } = await access.createKey(REQUEST);
  const { token } = await access.createToken({ scopes: ['ops:read'], owner: 'o', expiresAt: null, by: 'test' });
  const everything = JSON.stringify([[...face.docs], face.commands]);
  t.false(everything.includes(key));
  t.false(everything.includes(token.split('_')[2]!));
});

test('a key is known in capitals too, and by an engine that starts later', async (t) => {
  const { access, make } = world();
  const { key } = await access.createKey(REQUEST);
  t.deepEqual([...((await access.authenticateKey(key.toUpperCase()))?.mpids ?? [])], ['SUPX']);
  t.truthy(await make().authenticateKey(key));
});

test('a known key is recognised at once and without a read, until the entry is old', async (t) => {
  const { access, clock, reads } = world();
  const { key } = await access.createKey(REQUEST);
  await access.authenticateKey(key);
  const before = reads();
  t.false(access.authenticateKey(key) instanceof Promise);
  t.is(reads(), before);
  clock.set(clock.now() + 60_001);
  t.truthy(await access.authenticateKey(key));
  t.is(reads(), before + 1);
});

test('another pepper knows none of the keys', async (t) => {
  const { access, face, clock } = world();
  const { key } = await access.createKey(REQUEST);
  const other = new Access(Value.Create(AccessOptionsSchema), {
    engine: face,
    clock,
    ids: { uuid: () => 'x' },
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    secrets: { bytes: () => new Uint8Array(0) },
    pepper: 'other',
    defaultRate: { perSecond: 1, burst: 1 },
  });
  t.is(await other.authenticateKey(key), undefined);
});

test('a revoked key is refused at once', async (t) => {
  const { access } = world();
  const { key, record } = await access.createKey(REQUEST);
  await access.authenticateKey(key);
  await access.revokeKey(record.id);
  t.is(await access.authenticateKey(key), undefined);
});

test('a rate is kept when the entry is read again', async (t) => {
  const { access, clock } = world();
  const { key } = await access.createKey({ ...REQUEST, rate: { perSecond: 0.001, burst: 1 } });
  t.is((await access.authenticateKey(key))?.take(), 0);
  clock.set(clock.now() + 60_001);
  t.true(((await access.authenticateKey(key))?.take() ?? 0) > 0);
});

test('keys of one label are one owner, others are their own', async (t) => {
  const { access } = world();
  const owner = async (label: string): Promise<string | undefined> =>
    (await access.authenticateKey((await access.createKey({ ...REQUEST, label })).key))?.owner;
  t.is(await owner('crm'), await owner('crm'));
  t.not(await owner(''), await owner(''));
});

test('a key for no MPID, or a bad one, is refused by name', async (t) => {
  const { access } = world();
  await t.throwsAsync(access.createKey({ ...REQUEST, mpids: [] }), { code: 'invalid_value' });
  const error = await t.throwsAsync(access.createKey({ ...REQUEST, mpids: ['sup'] }), { code: 'invalid_value' });
  t.regex(error.message, /^mpids\.0: /);
});

test('a token is nobody’s who could be taken for a person', async (t) => {
  const { access } = world();
  await t.throwsAsync(access.createToken({ scopes: ['mts'], owner: 'operator:ann', expiresAt: null, by: 'test' }), {
    code: 'invalid_value',
    message: /^owner: /,
  });
});

test('a given key must be a UUID', async (t) => {
  const { access } = world();
  await t.throwsAsync(access.adoptKey('abc', REQUEST), { code: 'invalid_value' });
  await access.adoptKey('0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd', REQUEST);
  t.truthy(await access.authenticateKey('0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd'));
});

test('instants of last use are written at intervals, once for many uses', async (t) => {
  const { access, clock, face } = world();
  const { key } = await access.createKey(REQUEST);
  access.start();
  for (let i = 0; i < 5; i += 1) await access.authenticateKey(key);
  await clock.advance(60_000);
  t.is(face.commands.filter(({ type }) => type === 'access.touch').length, 1);
  t.is((await access.listKeys())[0]?.lastUseAt, clock.now());
  await clock.advance(60_000);
  t.is(face.commands.filter(({ type }) => type === 'access.touch').length, 1);
  access.stop();
});

test('a token ends with its expiry', async (t) => {
  const { access, clock } = world();
  const { token } = await access.createToken({ scopes: ['ops:read'], owner: 'o', expiresAt: clock.now() + 1000, by: 'test' });
  t.true((await access.authenticateToken(token))?.scopes.has('ops:read'));
  clock.set(clock.now() + 1000);
  t.is(await access.authenticateToken(token), undefined);
});

test('a token bucket gives its burst, then its rate, and says how long to wait', (t) => {
  const bucket = new TokenBucket(2, 3, 0);
  t.deepEqual(
    [0, 0, 0, 0].map((now) => bucket.take(now)),
    [0, 0, 0, 500],
  );
  t.is(bucket.take(500), 0);
  t.is(bucket.take(600), 400);
  t.deepEqual(
    [10_000, 10_000, 10_000].map((now) => bucket.take(now)),
    [0, 0, 0],
  );
});

test('a clock that steps back takes nothing away', (t) => {
  const bucket = new TokenBucket(1, 1, 1000);
  t.is(bucket.take(1000), 0);
  t.is(bucket.take(500), 1000);
});

test('failures are counted per source, and the oldest source is forgotten first', (t) => {
  const limiter = new FailureLimiter({ perSecond: 1, burst: 1, sources: 2 });
  t.is(limiter.failed('a', 0), 0);
  t.is(limiter.failed('b', 0), 0);
  t.is(limiter.failed('a', 0), 1000);
  t.is(limiter.failed('c', 0), 0);
  t.is(limiter.failed('b', 0), 0);
});
