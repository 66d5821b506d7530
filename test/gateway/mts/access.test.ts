import test from 'ava';
import { type MtsWorld, SAMPLE, startMtsWorld } from '../../support/gateway/mts-world.ts';

let world: MtsWorld;

test.before(async () => {
  world = await startMtsWorld();
});
test.after.always(() => world.close());

const ROUTES = [
  ['POST', '/MTS/time-update'],
  ['GET', '/MTS/action-status?requestId=1'],
  ['GET', '/MTS/test-status?requestId=1'],
  ['GET', '/MTS/action-cancel?requestId=1'],
  ['POST', '/MTS/action-cancel'],
  ['DELETE', '/MTS/action-cancel'],
] as const;

test('403 over plain HTTP, on every route, whatever the token', async (t) => {
  for (const [method, path] of ROUTES) {
    const told = await world.call(method, path, { plain: true, body: method === 'GET' ? undefined : SAMPLE });
    t.is(told.status, 403, path);
    t.deepEqual(told.json, { details: 'The MTS Actions API is only available over HTTPS' });
  }
});

test('401 without a token, with a malformed, an unknown, or another scheme, with the challenge', async (t) => {
  const tokens = [null, 'abc', `mwt_${'0'.repeat(16)}_${'0'.repeat(64)}`];
  for (const [method, path] of ROUTES) {
    for (const token of tokens) {
      const told = await world.call(method, path, { token });
      t.is(told.status, 401, path);
      t.is(told.headers['www-authenticate'], 'Bearer');
      t.deepEqual(Object.keys(told.json), ['details']);
    }
  }
  t.is((await world.call('GET', '/MTS/action-status?requestId=1', { token: null, headers: { authorization: `Basic ${world.token}` } })).status, 401);
});

test('401 comes before what is wrong with the request', async (t) => {
  t.is((await world.call('POST', '/MTS/time-update', { token: null, raw: '{' })).status, 401);
  t.is((await world.call('GET', '/MTS/action-status', { token: null })).status, 401);
});

test('403 for a token of another scope, with the challenge', async (t) => {
  const told = await world.post(SAMPLE, { token: world.operator });
  t.is(told.status, 403);
  t.is(told.headers['www-authenticate'], 'Bearer');
  t.regex(told.json.details, /scope/);
});

test('a token that expired is refused from that moment on', async (t) => {
  const other = await startMtsWorld();
  t.teardown(() => other.close());
  const { token } = await other.tokenOf(['mts'], 'mts', other.clock.now() + 1_000);
  t.is((await other.post(SAMPLE, { token })).status, 200);
  await other.clock.advance(1_000);
  t.is((await other.post(SAMPLE, { token })).status, 401);
});

test('a token that was deleted is refused at once', async (t) => {
  const made = await world.ops('POST', '/tokens', { scopes: ['mts'], owner: 'mts' });
  const { token, id } = made.json;
  t.is((await world.post(SAMPLE, { token })).status, 200);
  t.is((await world.ops('DELETE', `/tokens/${id}`)).status, 200);
  t.is((await world.post(SAMPLE, { token })).status, 401);
});

test('actions of another owner are 404, to look at and to cancel', async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  const { token } = await world.tokenOf(['mts'], 'another');
  for (const [method, path] of [
    ['GET', `/MTS/action-status?requestId=${requestId}`],
    ['GET', `/MTS/test-status?requestId=${requestId}`],
    ['GET', `/MTS/action-cancel?requestId=${requestId}`],
    ['DELETE', `/MTS/action-cancel?requestId=${requestId}`],
  ] as const) {
    const told = await world.call(method, path, { token });
    t.is(told.status, 404, path);
    t.deepEqual(told.json, { details: `There is no action with requestId ${requestId}` });
    t.is((await world.call(method, path.replace(String(requestId), '999999'), { token })).status, 404);
  }
  t.is((await world.call('DELETE', '/MTS/action-cancel', { token, body: { requestId } })).status, 404);
  t.is((await world.status(requestId)).json.result, 'PENDING');
});

test('the password in clear for the token that brought it, covered for another of the owner', async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  t.is((await world.status(requestId)).json.password, 'AAAA0000');
  const { token } = await world.tokenOf(['mts']);
  const told = await world.status(requestId, { token });
  t.is(told.json.password, '********');
  t.false(told.text.includes('AAAA0000'));
});

test('an action without a password has none', async (t) => {
  const { requestId } = (await world.post({ meterType: 'EMLITECOP10', remoteAddress: '07777000700' })).json;
  t.false('password' in (await world.status(requestId)).json);
});

test('paths are matched without regard to case', async (t) => {
  for (const path of ['/mts/time-update', '/Mts/Time-Update', '/MTS/TIME-UPDATE']) {
    const told = await world.call('POST', path, { body: SAMPLE });
    t.is(told.status, 200, path);
    t.is((await world.call('GET', `/mts/action-status?requestId=${told.json.requestId}`)).status, 200);
  }
});

test('404 and 405 in the shape of this API', async (t) => {
  for (const path of ['/MTS', '/MTS/', '/mts/other', '/MTS/time-update/', '/MTS/time-update/x']) {
    const told = await world.call('POST', path, { body: SAMPLE });
    t.is(told.status, 404, path);
    t.is(typeof told.json.details, 'string');
  }
  const told = await world.call('GET', '/MTS/time-update');
  t.is(told.status, 405);
  t.is(told.headers.allow, 'POST');
  t.is(typeof told.json.details, 'string');
  t.is((await world.call('PUT', '/MTS/action-cancel', { body: { requestId: 1 } })).headers.allow, 'DELETE, POST, GET');
});

test('HEAD cancels nothing', async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  t.is((await world.call('HEAD', `/MTS/action-cancel?requestId=${requestId}`)).status, 405);
  t.is((await world.status(requestId)).json.result, 'PENDING');
});

test('421 for a foreign Host', async (t) => {
  const told = await world.call('POST', '/MTS/time-update', { plain: true, body: SAMPLE, headers: { host: 'evil.example' } });
  t.is(told.status, 421);
  t.is(typeof told.json.details, 'string');
});

test('guessing is slowed down, and a good token passes meanwhile', async (t) => {
  const other = await startMtsWorld();
  t.teardown(() => other.close());
  const statuses = new Set<number>();
  let slowed: unknown;
  for (let i = 0; i < 102; i++) {
    const told = await other.call('GET', '/MTS/action-status?requestId=1', { token: 'x' });
    statuses.add(told.status);
    if (told.status === 429) slowed = told;
  }
  t.deepEqual([...statuses], [401, 429]);
  t.like(slowed, { json: { details: 'Too many failed authentications' } });
  t.is((await other.post(SAMPLE)).status, 200);
});

test('a trusted proxy says whether a call came over HTTPS; the word of others is nothing', async (t) => {
  const proxied = await startMtsWorld({ mts: { trustedProxies: ['127.0.0.0/8'] } });
  t.teardown(() => proxied.close());
  const ask = (headers: Record<string, string>, plain: boolean, by = proxied) => by.post(SAMPLE, { plain, headers });
  t.is((await ask({ 'x-forwarded-proto': 'https' }, true)).status, 200);
  t.is((await ask({ 'x-forwarded-proto': 'HTTPS' }, true)).status, 200);
  t.is((await ask({ 'x-forwarded-proto': 'http, https' }, true)).status, 200);
  t.is((await ask({ 'x-forwarded-proto': 'https, http' }, true)).status, 403);
  t.is((await ask({ 'x-forwarded-proto': 'http' }, true)).status, 403);
  t.is((await ask({ 'x-forwarded-proto': 'http' }, false)).status, 403);
  t.is((await ask({}, true)).status, 403);
  t.is((await ask({}, false)).status, 200);
  t.is((await ask({ 'x-forwarded-proto': 'https' }, true, world)).status, 403);
});

test('no password stands in the log, in an error, or in what an operator is shown', async (t) => {
  const secret = 'HUSH4711';
  const { requestId } = (await world.post({ ...SAMPLE, remoteAddress: '07777000800', password: secret, immediate: true })).json;
  const told = [
    await world.post({ ...SAMPLE, password: secret, remoteAddress: 'abc' }),
    await world.post({ ...SAMPLE, password: `${secret}9` }),
    await world.call('POST', '/MTS/time-update', { raw: `{"password": "${secret}", }` }),
    await world.ops('GET', `/actors/action:${requestId}`),
    await world.ops('GET', `/meter-actions/${requestId}`),
    await world.ops('GET', '/meter-actions'),
  ];
  for (const { text } of told) t.false(text.includes('HUSH'), text);
  t.false(JSON.stringify(await world.doc(requestId)).includes('HUSH'));
  t.false(world.logged.join('\n').includes('HUSH'));
  t.regex(told[3]?.text ?? '', /"waitsFor"/);
  t.false((told[3]?.text ?? '').includes('sealedPassword'));
});
