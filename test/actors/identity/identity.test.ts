import test from 'ava';
import { peopleNodes, signedIn } from '../../support/people.ts';

const PASSWORD = 'correct horse battery';
const ANN = { name: 'ann', role: 'operator', password: PASSWORD, by: 'test' } as const;
const HERE = '10.0.0.1';

test('an operator signs in by name and password, whatever the case of the name; the role says what may be done', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { identity } = all[0];
  await identity.addOperator(ANN);
  const signIn = await identity.signIn({ name: ' Ann', password: PASSWORD, source: HERE });
  if (signIn.kind !== 'in') return t.fail();
  const grant = await identity.authenticateSession(signIn.secret);
  t.like(grant, { kind: 'session', owner: 'operator:ann' });
  t.deepEqual([...grant!.scopes], ['ops:read', 'ops:write']);
  await identity.changeOperator({ name: 'ann', role: 'viewer', by: 'test' });
  const later = await identity.authenticateSession(await signedIn(all[0], 'ann'));
  t.deepEqual([...later!.scopes], ['ops:read']);
});

// Alone, so that the processor time of no other test is counted.
test.serial('an unknown name, a wrong password and a removed operator are one answer, and one cost', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { identity } = all[0];
  await identity.addOperator(ANN);
  await identity.addOperator({ ...ANN, name: 'bob' });
  await identity.removeOperator('bob');
  const took: number[] = [];
  for (const given of [
    { name: 'ann', password: 'wrong horse battery' },
    { name: 'nobody', password: PASSWORD },
    { name: '\u0000?', password: PASSWORD },
    { name: 'bob', password: PASSWORD },
    { name: 'local', password: PASSWORD },
  ]) {
    const began = process.cpuUsage();
    t.deepEqual(await identity.signIn({ ...given, source: HERE }), { kind: 'refused' });
    const { user, system } = process.cpuUsage(began);
    took.push((user + system) / 1_000);
  }
  t.true(Math.min(...took) > Math.max(...took) / 5, `${took.map(Math.round).join(', ')} ms of processor time`);
});

test('failed sign-ins slow down their source, which is told how long; another source is not slowed, and no account is closed', async (t) => {
  const { all, clock } = peopleNodes(t, 1, { failedSignInBurst: 3, failedSignInsPerMinute: 6 });
  const { identity } = all[0];
  await identity.addOperator(ANN);
  for (let i = 0; i < 3; i++) t.is((await identity.signIn({ name: 'ann', password: 'x', source: HERE })).kind, 'refused');
  t.deepEqual(await identity.signIn({ name: 'ann', password: PASSWORD, source: HERE }), { kind: 'slow', waitMs: 10_000 });
  t.is((await identity.signIn({ name: 'ann', password: PASSWORD, source: '10.0.0.2' })).kind, 'in');
  await clock.advance(10_000);
  t.is((await identity.signIn({ name: 'ann', password: PASSWORD, source: HERE })).kind, 'in');
});

test('good sign-ins slow nobody down', async (t) => {
  const { all } = peopleNodes(t, 1, { failedSignInBurst: 1 });
  for (let i = 0; i < 5; i++) await t.notThrowsAsync(signedIn(all[0]));
});

test('all addresses of an IPv6 network are one source; mapped IPv4 ones are their own', async (t) => {
  const { all } = peopleNodes(t, 1, { failedSignInBurst: 1 });
  const guess = async (source: string): Promise<string> => (await all[0].identity.signInByLink({ link: 'x', source })).kind;
  t.is(await guess('2001:0db8:0000:0001:0000:0000:0000:0001'), 'refused');
  t.is(await guess('2001:0db8:0000:0001:ffff:0000:0000:0002'), 'slow');
  t.is(await guess('2001:0db8:0000:0002:0000:0000:0000:0001'), 'refused');
  t.is(await guess('0000:0000:0000:0000:0000:ffff:0a00:0001'), 'refused');
  t.is(await guess('0000:0000:0000:0000:0000:ffff:0a00:0002'), 'refused');
});

test('a link signs in once, on whichever node', async (t) => {
  const { all } = peopleNodes(t, 2);
  const { link, record } = await all[0].identity.createLink({ by: 'test' });
  t.like(record, { operator: 'local', createdBy: 'test' });
  t.is((await all[1].identity.signInByLink({ link, source: HERE })).kind, 'in');
  t.is((await all[0].identity.signInByLink({ link, source: HERE })).kind, 'refused');
});

test('a link is good for ten minutes', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const early = await all[0].identity.createLink({ by: 'test' });
  const late = await all[0].identity.createLink({ by: 'test' });
  await clock.advance(599_999);
  t.is((await all[0].identity.signInByLink({ link: early.link, source: HERE })).kind, 'in');
  await clock.advance(1);
  t.is((await all[0].identity.signInByLink({ link: late.link, source: HERE })).kind, 'refused');
});

test('a link of an operator who was removed signs in nobody; one for nobody is not made', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { identity } = all[0];
  await identity.addOperator(ANN);
  const { link } = await identity.createLink({ operator: 'ann', by: 'test' });
  await identity.removeOperator('ann');
  t.is((await identity.signInByLink({ link, source: HERE })).kind, 'refused');
  await t.throwsAsync(identity.createLink({ operator: 'ann', by: 'test' }), { code: 'no_such_operator' });
});

test('another password, another role, or removal ends the sessions of an operator on every node within a second', async (t) => {
  const { all, clock } = peopleNodes(t, 2);
  const [{ identity }] = all;
  await identity.addOperator(ANN);
  const changes = [
    () => identity.changeOperator({ name: 'ann', password: 'another good horse', by: 'test' }),
    () => identity.changeOperator({ name: 'ann', role: 'viewer', by: 'test' }),
    () => identity.removeOperator('ann'),
  ];
  for (const change of changes) {
    const secret = await signedIn(all[0], 'ann');
    t.truthy(await all[1].identity.authenticateSession(secret));
    await change();
    await clock.advance(1_000);
    for (const node of all) t.is(await node.identity.authenticateSession(secret), undefined);
  }
});

test('a password that was changed while it was being checked opens nothing', async (t) => {
  const { all, face } = peopleNodes(t, 1);
  const { identity } = all[0];
  await identity.addOperator(ANN);
  const other = await identity.addOperator({ ...ANN, name: 'eve', password: 'somebody elses horse' });
  t.is(other.name, 'eve');
  face.gate = async ({ type }) => {
    if (type !== 'identity.openSession') return;
    face.gate = async () => {};
    const eve = face.docs.get('operator:eve')!.snapshot as { password: string };
    const doc = face.docs.get('operator:ann')!;
    face.docs.set('operator:ann', { ...doc, snapshot: { ...(doc.snapshot as object), password: eve.password } as never });
  };
  t.is((await identity.signIn({ name: 'ann', password: PASSWORD, source: HERE })).kind, 'refused');
});

test('two operators never have one name; one who was removed may come again; nobody is called local', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { identity } = all[0];
  await identity.addOperator(ANN);
  await t.throwsAsync(identity.addOperator({ ...ANN, name: 'ANN' }), { code: 'operator_exists' });
  await t.throwsAsync(identity.addOperator({ ...ANN, name: 'local' }), { code: 'operator_exists' });
  await t.throwsAsync(identity.addOperator({ ...ANN, name: 'a b' }), { code: 'invalid_value' });
  await identity.removeOperator('ann');
  t.deepEqual(await identity.operators(), { items: [] });
  await t.notThrowsAsync(identity.addOperator(ANN));
  t.deepEqual(
    (await identity.operators()).items.map(({ name }) => name),
    ['ann'],
  );
});

test('no password, secret or link is in what is stored, logged or told to other nodes', async (t) => {
  const { all, face, voices, logged } = peopleNodes(t, 2);
  const { identity } = all[0];
  await identity.addOperator(ANN);
  const { link } = await identity.createLink({ by: 'test' });
  const byPassword = await identity.signIn({ name: 'ann', password: PASSWORD, source: HERE });
  const byLink = await identity.signInByLink({ link, source: HERE });
  if (byPassword.kind !== 'in' || byLink.kind !== 'in') return t.fail();
  await identity.endSessions();
  const everything = JSON.stringify([[...face.docs], face.commands, voices.said, logged, await identity.operators()]);
  for (const secret of [PASSWORD, link, byPassword.secret, byLink.secret, identity.sessionKey(byLink.secret)]) t.false(everything.includes(secret));
  t.false(JSON.stringify(await identity.operators()).includes('scrypt'));
});

test('an act is written down before it is done, and its outcome afterwards; the latest come first', async (t) => {
  const { all, clock } = peopleNodes(t, 1);
  const { audit } = all[0].identity;
  const act = { who: 'ann', by: { kind: 'token', id: 't1' }, what: 'POST /x', subject: 'key\u001b[2J', why: null, from: HERE } as const;
  const first = await audit.begin(act);
  t.like((await audit.page({ limit: 10 })).items[0], { id: first, who: 'ann', subject: 'key [2J', outcome: null, endedAt: null });
  await clock.advance(1_000);
  await audit.end(first, { outcome: 'done', status: 201, subject: 'key:1' });
  const second = await audit.begin({ ...act, why: 'because' });
  const { items, cursor } = await audit.page({ limit: 1 });
  t.like(items[0], { id: second, why: 'because' });
  const next = await audit.page({ limit: 1, cursor: cursor! });
  t.like(next.items[0], { id: first, outcome: 'done', status: 201, subject: 'key:1', endedAt: clock.now() });
});

test('an outcome is written once', async (t) => {
  const { all } = peopleNodes(t, 1);
  const { audit } = all[0].identity;
  const id = await audit.begin({ who: 'ann', by: { kind: 'token', id: 't1' }, what: 'x', subject: null, why: null, from: HERE });
  await audit.end(id, { outcome: 'refused', status: 409 });
  await audit.end(id, { outcome: 'done', status: 200 });
  t.like((await audit.page({ limit: 1 })).items[0], { outcome: 'refused', status: 409 });
});
