import test from 'ava';
import type { HoldEnd } from '../../../actors/access/index.ts';
import { peopleNodes } from '../../support/people.ts';

const KEY = { mpids: ['SUPX', 'SUPY'], label: '', rate: null, by: 'test' } as const;
const TOKEN = { scopes: ['ops:read'], owner: 'o', expiresAt: null, by: 'test' } as const;

test('what a revoked key held open ends at once on its node, and within a second on another, heard of or not', async (t) => {
  for (const isHeard of [true, false]) {
    const { all, clock, voices } = peopleNodes(t, 2);
    const { key, record } = await all[0].access.createKey(KEY);
    await clock.advance(2_000);
    const ended: string[] = [];
    for (const [index, { access }] of all.entries()) {
      const grant = await access.authenticateKey(key);
      access.hold(grant!, (why) => ended.push(`${index} ${why}`));
    }
    await clock.advance(5_000);
    t.deepEqual(ended, []);
    if (!isHeard) voices.loses = () => true;
    await all[0].access.revokeKey(record.id);
    await clock.flush();
    t.true(ended.includes('0 revoked'));
    await clock.advance(1_000);
    t.deepEqual([...ended].sort(), ['0 revoked', '1 revoked']);
  }
});

test('what a token held open ends with it, and its end is told once', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const expiresAt = clock.now() + 3_600_000 * 5;
  const { token } = await all[0].access.createToken({ ...TOKEN, expiresAt });
  const ends: [HoldEnd, number][] = [];
  const grant = await all[0].access.authenticateToken(token);
  all[0].access.hold(grant!, (why) => ends.push([why, clock.now() - expiresAt]));
  await clock.advance(3_600_000 * 5 - 1);
  t.deepEqual(ends, []);
  await clock.advance(3_600_000);
  t.is(ends.length, 1);
  t.is(ends[0]![0], 'expired');
  t.true(ends[0]![1] <= 1_000);
});

test('a key with an end is refused from then on', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const { key } = await all[0].access.createKey({ ...KEY, expiresAt: clock.now() + 1_000 });
  t.truthy(await all[0].access.authenticateKey(key));
  await clock.advance(1_000);
  t.is(await all[0].access.authenticateKey(key), undefined);
});

test('a key that no longer covers what a grant had ends its holds; one that covers more does not', async (t) => {
  const { all, clock } = peopleNodes(t, 2);
  const key = '11111111-1111-4111-8111-111111111111';
  await all[0].access.adoptKey(key, KEY);
  await clock.advance(2_000);
  const ended: HoldEnd[] = [];
  const grant = await all[1].access.authenticateKey(key);
  all[1].access.hold(grant!, (why) => ended.push(why));
  await all[0].access.adoptKey(key, { ...KEY, mpids: ['SUPX', 'SUPY', 'SUPZ'] });
  await clock.advance(1_000);
  t.deepEqual(ended, []);
  await all[0].access.adoptKey(key, { ...KEY, mpids: ['SUPX'] });
  await clock.advance(1_000);
  t.deepEqual(ended, ['narrowed']);
});

test('a hold by a grant that was recognised before its revocation ends too', async (t) => {
  const { all, clock } = peopleNodes(t, 2);
  const { token, record } = await all[0].access.createToken(TOKEN);
  await clock.advance(2_000);
  const grant = await all[1].access.authenticateToken(token);
  await all[0].access.revokeToken(record.id);
  await clock.advance(2_000);
  const ended: HoldEnd[] = [];
  all[1].access.hold(grant!, (why) => ended.push(why));
  await clock.advance(1_000);
  t.deepEqual(ended, ['revoked']);
});

test('who let go is told nothing', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const { token, record } = await all[0].access.createToken(TOKEN);
  const grant = await all[0].access.authenticateToken(token);
  const letGo = all[0].access.hold(grant!, () => t.fail());
  letGo();
  letGo();
  await all[0].access.revokeToken(record.id);
  await clock.advance(1_000);
  t.pass();
});

test('more changes than can be named make a node ask for all that it holds open', async (t) => {
  const { all, clock, voices, cut } = peopleNodes(t, 2);
  const { token, record } = await all[0].access.createToken(TOKEN);
  await clock.advance(1_000);
  const grant = await all[1].access.authenticateToken(token);
  const ended: HoldEnd[] = [];
  all[1].access.hold(grant!, (why) => ended.push(why));
  await clock.advance(1_000);
  voices.loses = () => true;
  cut.add(1);
  await all[0].access.revokeToken(record.id);
  for (let i = 0; i < 250; i++) await all[0].access.createToken(TOKEN);
  cut.delete(1);
  await clock.advance(1_000);
  t.deepEqual(ended, ['revoked']);
});

test('while nobody can say what changed, holds stand for five seconds and no longer', async (t) => {
  const { all, clock, cut } = peopleNodes(t, 2);
  const { token } = await all[0].access.createToken(TOKEN);
  await clock.advance(1_000);
  const grant = await all[1].access.authenticateToken(token);
  const ended: HoldEnd[] = [];
  all[1].access.hold(grant!, (why) => ended.push(why));
  await clock.advance(1_000);
  cut.add(1);
  await clock.advance(4_000);
  t.deepEqual(ended, []);
  await clock.advance(2_000);
  t.deepEqual(ended, ['unknown']);
});
