import test from 'ava';
import type { World } from '../../support/gateway/world.ts';
import { liveWorld } from '../../support/live/world.ts';

test('a key, or a token with a scope for it, makes a socket ready and says which filters it may use', async (t) => {
  const { world, open } = await liveWorld(t);
  const mts = await world.access.createToken({ scopes: ['mts'], owner: 'mts', expiresAt: null, by: 'test' });
  t.deepEqual((await (await open({ key: world.key })).next('ready')).filters, ['mpid', 'mpan', 'requestId']);
  t.deepEqual((await (await open({ token: mts.token })).next('ready')).filters, ['action', 'meter']);
  t.deepEqual((await (await open({ token: world.token })).next('ready')).filters, ['mpid', 'mpan', 'requestId', 'action', 'meter', 'node', 'all']);
});

test('an unknown key closes with 4401, and many of one source with 4429', async (t) => {
  const { open } = await liveWorld(t, { http: { failedAuthBurst: 2, failedAuthPerSecond: 0.01 } });
  const codes: number[] = [];
  for (let left = 3; left > 0; left--) codes.push((await (await open({ key: '00000000-0000-4000-8000-000000000000' })).closed).code);
  t.deepEqual(codes, [4401, 4401, 4429]);
});

test('a token without a scope for live sockets closes with 4403', async (t) => {
  const { world, open } = await liveWorld(t);
  const { token } = await world.access.createToken({ scopes: ['metrics'], owner: 'm', expiresAt: null, by: 'test' });
  t.is((await (await open({ token })).closed).code, 4403);
});

test('a socket that does not say who it is closes with 4401 in time', async (t) => {
  const { open } = await liveWorld(t, { live: { authTimeoutMs: 100 } });
  const socket = await open();
  t.is((await socket.closed).code, 4401);
});

test('nothing but auth and ping is taken before ready', async (t) => {
  const { open } = await liveWorld(t);
  const socket = await open();
  socket.subscribe('a', { all: true });
  t.like(await socket.next('error'), { code: 'unauthenticated', sub: 'a' });
  socket.send({ kind: 'ping' });
  t.deepEqual(await socket.next(), { kind: 'pong' });
});

test('a second auth is refused', async (t) => {
  const { world, ready } = await liveWorld(t);
  const socket = await ready();
  socket.send({ kind: 'auth', key: world.key });
  t.is((await socket.next('error')).code, 'already_authenticated');
});

test('a key has only so many sockets, and gets a place back when one closes', async (t) => {
  const { world, open, ready } = await liveWorld(t, { live: { maxSocketsPerKey: 1 } });
  const first = await ready();
  t.is((await (await open({ key: world.key })).closed).code, 4429);
  first.ws.close();
  await first.closed;
  await ready();
  t.pass();
});

test('subscriptions beyond the bound, of a taken name, or unknown ones are refused, and the socket stays', async (t) => {
  const { ready } = await liveWorld(t, { live: { maxSubscriptions: 2 } });
  const socket = await ready();
  socket.subscribe('a', { mpid: 'SUPX' });
  socket.subscribe('a', { mpid: 'SUPN' });
  t.like(await socket.next('error'), { sub: 'a', code: 'sub_taken' });
  socket.subscribe('b', { mpid: 'SUPX' });
  socket.subscribe('c', { mpid: 'SUPX' });
  t.like(await socket.next('error'), { sub: 'c', code: 'too_many_subscriptions' });
  socket.send({ kind: 'unsubscribe', sub: 'x' });
  t.like(await socket.next('error'), { sub: 'x', code: 'sub_unknown' });
  socket.send({ kind: 'unsubscribe', sub: 'a' });
  socket.subscribe('c', { mpid: 'SUPX' });
  t.is((await socket.next('snapshot', ({ sub }) => sub === 'c')).sub, 'c');
});

test('malformed frames are refused by name, without their values', async (t) => {
  const { ready } = await liveWorld(t);
  const socket = await ready();
  const secret = 'not-a-secret-of-anybody';
  const frames: readonly [string | object, string][] = [
    ['{', 'frame: must be JSON'],
    ['[]', 'frame: must be an object'],
    ['null', 'frame: must be an object'],
    [{ kind: 'listen' }, 'kind: must be auth, subscribe, unsubscribe or ping'],
    [{ kind: 'auth', key: 1, secret }, 'auth: must have key or token, a string, and nothing else'],
    [
      { kind: 'subscribe', sub: 'a', filter: { mpid: 'SUPX', mpan: '1' } },
      'filter: must have exactly one of mpid, mpan, requestId, action, meter, node, all, in its form',
    ],
    [
      { kind: 'subscribe', sub: 'a', filter: { mpid: secret } },
      'filter: must have exactly one of mpid, mpan, requestId, action, meter, node, all, in its form',
    ],
  ];
  for (const [frame, text] of frames) {
    socket.send(frame);
    t.is((await socket.next('error')).text, text);
  }
  for (const frame of [
    { kind: 'subscribe', sub: '', filter: { mpid: 'SUPX' } },
    { kind: 'subscribe', sub: 'a', filter: { mpid: 'SUPX' }, after: -1 },
    { kind: 'subscribe', sub: 'a', filter: { mpid: 'SUPX' }, after: 1.5 },
    { kind: 'subscribe', sub: 'a', filter: { mpid: 'SUPX' }, [secret]: true },
    { kind: 'subscribe', sub: 'a\u0000', filter: { mpid: 'SUPX' } },
    { kind: 'subscribe', sub: 'a' },
    { kind: 'unsubscribe' },
    { kind: 'ping', [secret]: 1 },
  ]) {
    socket.send(frame);
    t.is((await socket.next('error')).code, 'frame_invalid', JSON.stringify(frame));
  }
  socket.ws.send(Buffer.from('{"kind":"ping"}'), { binary: true });
  t.is((await socket.next('error')).text, 'frame: must be text');
  t.false(JSON.stringify(socket.frames).includes(secret));
});

test('an oversized frame closes with 1009', async (t) => {
  const { ready } = await liveWorld(t, { live: { maxFrameBytes: 512 } });
  const socket = await ready();
  socket.send({ kind: 'ping', pad: 'x'.repeat(600) });
  t.is((await socket.next('error')).code, 'frame_too_large');
  t.is((await socket.closed).code, 1009);
});

test('a frame beyond all measure ends the socket', async (t) => {
  const { ready } = await liveWorld(t, { live: { maxFrameBytes: 512 } });
  const socket = await ready();
  socket.send('x'.repeat(100_000));
  t.is((await socket.closed).code, 1006);
});

test('more frames than the rate closes with 4429', async (t) => {
  const { ready } = await liveWorld(t, { live: { framesPerSecond: 0.01, frameBurst: 5 } });
  const socket = await ready();
  for (let left = 6; left > 0; left--) socket.send({ kind: 'ping' });
  t.is((await socket.closed).code, 4429);
  t.true(socket.of('pong').length < 6);
});

test('a page of another origin, or of another port, cannot open a socket', async (t) => {
  const { world, open } = await liveWorld(t);
  for (const origin of [
    'https://evil.example',
    `https://127.0.0.1:${world.port + 1}`,
    `http://127.0.0.1:${world.port + 1}`,
    'null',
    `https://localhost:${world.port}`,
  ])
    await t.throwsAsync(open({ origin }), { message: 'refused with 403' }, origin);
});

test('a foreign host name is refused', async (t) => {
  const { open } = await liveWorld(t);
  await t.throwsAsync(open({ host: 'evil.example' }), { message: 'refused with 421' });
});

test('what is no upgrade is told so', async (t) => {
  const { world } = await liveWorld(t);
  const answer = await world.fetch('/live/v1');
  t.is(answer.status, 426);
  t.is(answer.headers.get('upgrade'), 'websocket');
});

test('an origin of the settings may open a socket, but its cookie does not count', async (t) => {
  const { world, open } = await liveWorld(t, { live: { origins: ['https://watch.example'], authTimeoutMs: 300 } });
  const cookie = `__Secure-mw-session=${await sessionOf(world)}`;
  const socket = await open({ origin: 'https://watch.example', cookie });
  t.is((await socket.closed).code, 4401);
  t.is(socket.of('ready').length, 0);
});

test('a session is known by its cookie on our own origin, and by nothing else', async (t) => {
  const { world, open } = await liveWorld(t, { live: { authTimeoutMs: 300 } });
  const cookie = `__Secure-mw-session=${await sessionOf(world)}`;
  const own = await open({ origin: `https://127.0.0.1:${world.port}`, cookie });
  t.true((await own.next('ready')).filters.includes('all'));
  const none = await open({ cookie });
  t.is((await none.closed).code, 4401);
});

test('a cookie that is no session does not stand in the way of a key', async (t) => {
  const { world, open } = await liveWorld(t);
  const cookie = `__Secure-mw-session=${'x'.repeat(43)}`;
  const socket = await open({ origin: `https://127.0.0.1:${world.port}`, cookie, key: world.key });
  t.deepEqual((await socket.next('ready')).filters, ['mpid', 'mpan', 'requestId']);
});

test('a socket closes within a second when its key is revoked, its token or its session', async (t) => {
  const { world, open, ready } = await liveWorld(t);
  const secret = await sessionOf(world);
  const byKey = await ready();
  const byToken = await ready({ token: world.token });
  const bySession = await open({ origin: `https://127.0.0.1:${world.port}`, cookie: `__Secure-mw-session=${secret}` });
  await bySession.next('ready');
  const [key] = await world.access.listKeys();
  const [token] = await world.access.listTokens();
  const began = performance.now();
  await world.access.revokeKey(key?.id ?? '');
  t.is((await byKey.closed).code, 4401);
  await world.access.revokeToken(token?.id ?? '');
  t.is((await byToken.closed).code, 4401);
  const session = await world.identity.authenticateSession(secret);
  if (session) await world.identity.endSession(session);
  t.is((await bySession.closed).code, 4401);
  t.true(performance.now() - began < 2_000);
});

test('at the stop every socket is told to come again, with 1001, and nobody new is let in', async (t) => {
  const { world, ready } = await liveWorld(t);
  const sockets = [await ready(), await ready()];
  const closing = world.gateway.close();
  for (const socket of sockets) t.is((await socket.closed).code, 1001);
  await closing;
});

test('sockets that came and went do not use up the connections of the front door', async (t) => {
  const { ready, world } = await liveWorld(t, { http: { maxConnections: 16 } });
  for (let left = 40; left > 0; left--) {
    const socket = await ready();
    socket.ws.close();
    await socket.closed;
  }
  t.is((await world.fetch('/health/live')).status, 200);
});

/** The secret of a session of an operator. */
async function sessionOf({ identity }: World): Promise<string> {
  const { link } = await identity.createLink({ by: 'test' });
  const made = await identity.signInByLink({ link, source: '127.0.0.1' });
  if (made.kind !== 'in') throw new Error('no session');
  return made.secret;
}
