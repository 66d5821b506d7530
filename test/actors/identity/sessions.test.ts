import test from 'ava';
import type { HoldEnd } from '../../../actors/access/index.ts';
import { peopleNodes, signedIn } from '../../support/people.ts';

const MINUTE = 60_000;

test('a session without a request ends after half an hour', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const secret = await signedIn(all[0]);
  await clock.advance(30 * MINUTE - 1);
  t.truthy(await all[0].identity.authenticateSession(secret));
  await clock.advance(30 * MINUTE);
  t.is(await all[0].identity.authenticateSession(secret), undefined);
});

test('a session that is used ends after twelve hours all the same', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const began = clock.now();
  const secret = await signedIn(all[0]);
  while (await all[0].identity.authenticateSession(secret)) await clock.advance(10 * MINUTE);
  t.is(clock.now() - began, 12 * 60 * MINUTE);
});

test('a session that is used on one node is not idle on another', async (t) => {
  const { all, clock } = peopleNodes(t, 2);
  const secret = await signedIn(all[0]);
  t.truthy(await all[1].identity.authenticateSession(secret));
  const ended: HoldEnd[] = [];
  const grant = await all[1].identity.authenticateSession(secret);
  all[1].identity.hold(grant!, (why) => ended.push(why));
  for (let i = 0; i < 10; i++) {
    await clock.advance(10 * MINUTE);
    t.truthy(await all[0].identity.authenticateSession(secret));
  }
  await clock.advance(2_000);
  t.truthy(await all[1].identity.authenticateSession(secret));
  t.deepEqual(ended, []);
});

test('an open socket is no use of its session: it ends with it when it is idle', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const secret = await signedIn(all[0]);
  const grant = await all[0].identity.authenticateSession(secret);
  const ends: [HoldEnd, number][] = [];
  const began = clock.now();
  all[0].identity.hold(grant!, (why) => ends.push([why, clock.now() - began]));
  await clock.advance(60 * MINUTE);
  t.is(ends.length, 1);
  t.is(ends[0]![0], 'expired');
  t.true(ends[0]![1] >= 30 * MINUTE && ends[0]![1] <= 30 * MINUTE + 1_000);
});

test('log-out ends the session and what it held open, on every node within a second, heard of or not', async (t) => {
  for (const isHeard of [true, false]) {
    const { all, clock, voices } = peopleNodes(t, 2);
    const secret = await signedIn(all[0]);
    await clock.advance(2_000);
    const ended: HoldEnd[] = [];
    for (const { identity } of all) identity.hold((await identity.authenticateSession(secret))!, (why) => ended.push(why));
    await clock.advance(2_000);
    if (!isHeard) voices.loses = () => true;
    await all[0].identity.endSession((await all[0].identity.authenticateSession(secret))!);
    t.is(await all[0].identity.authenticateSession(secret), undefined);
    await clock.advance(1_000);
    t.deepEqual(ended, ['revoked', 'revoked']);
    t.is(await all[1].identity.authenticateSession(secret), undefined);
  }
});

test('all sessions of one operator are ended, or all there are', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { identity } = all[0];
  await identity.addOperator({ name: 'ann', role: 'viewer', password: 'a long enough one', by: 'test' });
  const anns = [await signedIn(all[0], 'ann'), await signedIn(all[0], 'ann')];
  const local = await signedIn(all[0]);
  t.is(await identity.endSessions('ann'), 2);
  for (const secret of anns) t.is(await identity.authenticateSession(secret), undefined);
  t.truthy(await identity.authenticateSession(local));
  t.is(await identity.endSessions(), 1);
  t.is(await identity.authenticateSession(local), undefined);
  t.is(await identity.endSessions(), 0);
});

test('the oldest session ends when an operator opens more than there may be', async (t) => {
  const { all, clock } = peopleNodes(t, 1, { sessionsPerOperator: 3 });
  const secrets: string[] = [];
  for (let i = 0; i < 4; i++) {
    secrets.push(await signedIn(all[0]));
    await clock.advance(1_000);
  }
  const alive = await Promise.all(secrets.map((secret) => all[0].identity.authenticateSession(secret)));
  t.deepEqual(
    alive.map((grant) => grant !== undefined),
    [false, true, true, true],
  );
});

test('uses of a session are written down at most once a minute', async (t) => {
  const { all, clock, face } = peopleNodes(t, 1);
  const secret = await signedIn(all[0]);
  for (let second = 0; second < 300; second++) {
    await all[0].identity.authenticateSession(secret);
    await clock.advance(1_000);
  }
  t.true(face.commands.filter(({ type }) => type === 'identity.seen').length <= 5);
});

test('what is no secret of a session is refused without a read', (t) => {
  const { all } = peopleNodes(t, 1);
  for (const text of ['', 'x', 'x'.repeat(44), `${'x'.repeat(42)};`]) t.is(all[0].identity.authenticateSession(text), undefined);
});

test('while the store is away a session that is known is believed for a second only', async (t) => {
  const { all, clock, cut } = peopleNodes(t, 2);
  const secret = await signedIn(all[0]);
  await clock.advance(1_000);
  t.truthy(await all[1].identity.authenticateSession(secret));
  cut.add(1);
  await clock.advance(3_000);
  await t.throwsAsync(async () => all[1].identity.authenticateSession(secret), { message: 'away' });
});
