import { once } from 'node:events';
import net from 'node:net';
import anyTest, { type TestFn } from 'ava';
import { DOCUMENTED_BODY, startWorld, type World } from '../support/gateway/world.ts';

const test = anyTest as TestFn<World>;

const APPOINT = '/metering-services/v1/SUPX/appoint';

test.before(async (t) => {
  t.context = await startWorld({ maxBodyBytes: 2048, bodyTimeoutMs: 300, failedAuthBurst: 1e6 });
  t.context.face.handlers.appoint = async () => ({ kind: 'accepted', response: {} });
});
test.after.always((t) => t.context.close());

function head(world: World, more: string, path = APPOINT): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost:${world.port}\r\nX-API-KEY: ${world.key}\r\nX-IDEMPOTENCY-KEY: raw\r\nContent-Type: application/json\r\n${more}`;
}

test('404: a path that is not there', async (t) => {
  const response = await t.context.fetch('/metering-services/v2/SUPX/appoint', { method: 'POST' });
  t.is(response.status, 404);
  t.deepEqual(await response.json(), { detail: 'Not Found' });
});

test('405 names the methods that are there', async (t) => {
  const response = await t.context.fetch(APPOINT);
  t.is(response.status, 405);
  t.is(response.headers.get('allow'), 'POST');
  const other = await t.context.fetch('/requests/v1/SUPX', { method: 'PUT', body: '{}' });
  t.is(other.headers.get('allow'), 'GET, HEAD');
});

test('HEAD answers as GET without a body', async (t) => {
  const response = await t.context.fetch('/health/live', { method: 'HEAD' });
  t.is(response.status, 200);
  t.is(response.headers.get('content-length'), '15');
  t.is(await response.text(), '');
});

test('421: a Host that is not ours', async (t) => {
  const text = await t.context.raw(`GET /health/live HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`);
  t.regex(text, /^HTTP\/1\.1 421 /);
});

test('421 comes before 404', async (t) => {
  t.regex(await t.context.raw(`GET /nowhere HTTP/1.1\r\nHost: evil.example.test\r\n\r\n`), /^HTTP\/1\.1 421 /);
});

test('the names of this service pass with and without a port', async (t) => {
  for (const host of ['localhost', 'LOCALHOST:1', '127.0.0.1', '[::1]:80', 'callbacks.example.test']) {
    t.regex(await t.context.raw(`GET /health/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`, /\}$/), /^HTTP\/1\.1 200 /, host);
  }
});

test('413: a body above the limit, whole or in chunks', async (t) => {
  const whole = await t.context.raw(head(t.context, `Content-Length: 5000\r\n\r\n${'a'.repeat(5000)}`));
  t.regex(whole, /^HTTP\/1\.1 413 /);
  t.regex(whole, /has more than 2048 bytes/);
  const chunk = `400\r\n${'a'.repeat(1024)}\r\n`;
  t.regex(await t.context.raw(head(t.context, `Transfer-Encoding: chunked\r\n\r\n${chunk.repeat(3)}`)), /^HTTP\/1\.1 413 /);
});

test('a body in chunks is one body', async (t) => {
  const body = JSON.stringify(DOCUMENTED_BODY);
  const [a, b] = [body.slice(0, 20), body.slice(20)];
  const chunks = [a, b].map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');
  t.regex(await t.context.raw(head(t.context, `Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`), /\}$/), /^HTTP\/1\.1 202 /);
});

test('400: a broken chunk', async (t) => {
  t.regex(await t.context.raw(head(t.context, 'Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n')), /^HTTP\/1\.1 400 /);
});

test('400: two lengths that disagree', async (t) => {
  t.regex(await t.context.raw(head(t.context, 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n')), /^HTTP\/1\.1 400 /);
});

test('431: a head above the limit', async (t) => {
  t.regex(await t.context.raw(head(t.context, `X-Big: ${'a'.repeat(70_000)}\r\n\r\n`)), /^HTTP\/1\.1 431 /);
});

test('408: a body that does not arrive in time', async (t) => {
  t.regex(await t.context.raw(head(t.context, 'Content-Length: 100\r\n\r\n{')), /^HTTP\/1\.1 408 /);
});

test('a connection that ends in the middle of a body leaves nothing behind', async (t) => {
  const socket = net.connect(t.context.port, '127.0.0.1');
  socket.write(head(t.context, 'Content-Length: 100\r\n\r\n{"a":'));
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.destroy();
  t.is((await t.context.fetch('/health/live')).status, 200);
});

test('a connection that ends while its answer is made is not written to', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  let open = (): void => {};
  const entered = new Promise<void>((reached) => {
    world.face.gate = ({ type }) =>
      type === 'appoint'
        ? new Promise((resolve) => {
            open = resolve;
            reached();
          })
        : Promise.resolve();
  });
  world.face.handlers.appoint = async () => ({ kind: 'conflict', rule: 'active_process', detail: 'taken' });
  const body = JSON.stringify(DOCUMENTED_BODY);
  const socket = net.connect(world.port, '127.0.0.1');
  socket.write(head(world, `Content-Length: ${body.length}\r\n\r\n${body}`));
  await entered;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await closed;
  t.is((await world.fetch('/health/live')).status, 200);
  open();
  t.is((await world.fetch('/health/live')).status, 200);
});

test('a refused request leaves its connection usable', async (t) => {
  const first = `POST ${APPOINT} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n0123456789`;
  const second = `GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  const text = await t.context.raw(first + second, /"ok"\}$/);
  t.regex(text, /^HTTP\/1\.1 401 [\s\S]*HTTP\/1\.1 200 /);
});

test('503 with Retry-After: more requests in hand than the bound', async (t) => {
  const world = await startWorld({ maxInFlight: 1 });
  t.teardown(() => world.close());
  let open = (): void => {};
  const entered = new Promise<void>((reached) => {
    world.face.gate = () =>
      new Promise((resolve) => {
        open = resolve;
        reached();
      });
  });
  world.face.handlers.appoint = async () => ({ kind: 'conflict', rule: 'active_process', detail: 'taken' });
  const headers = { 'x-api-key': world.key, 'x-idempotency-key': 'a', 'content-type': 'application/json' };
  const first = world.fetch(APPOINT, { method: 'POST', body: JSON.stringify(DOCUMENTED_BODY), headers });
  await entered;
  const second = await world.fetch(`/requests/v1/SUPX`, { headers });
  t.is(second.status, 503);
  t.is(second.headers.get('retry-after'), '1');
  open();
  t.is((await first).status, 409);
});

test('503: a handler that does not end in time', async (t) => {
  const world = await startWorld({ handlerTimeoutMs: 100 });
  t.teardown(() => world.close());
  world.face.gate = () => new Promise(() => {});
  const headers = { 'x-api-key': world.key, 'x-idempotency-key': 'a', 'content-type': 'application/json' };
  const response = await world.fetch(APPOINT, { method: 'POST', body: JSON.stringify(DOCUMENTED_BODY), headers });
  t.is(response.status, 503);
});

test('429 with Retry-After: failed authentications of one source beyond the bound; good keys pass', async (t) => {
  const world = await startWorld({ failedAuthBurst: 3, failedAuthPerSecond: 0.001 });
  t.teardown(() => world.close());
  const statuses: number[] = [];
  for (let i = 0; i < 5; i += 1) statuses.push((await world.fetch('/requests/v1/SUPX')).status);
  t.deepEqual(statuses, [401, 401, 401, 429, 429]);
  t.is((await world.fetch('/requests/v1/SUPX', { headers: { 'x-api-key': world.key } })).status, 200);
});

test('429 with Retry-After: a key beyond its rate; other keys are not touched', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  const { key } = await world.access.createKey({ mpids: ['SUPX'], label: '', rate: { perSecond: 0.5, burst: 2 }, by: 'test' });
  const get = (with_: string): Promise<Response> => world.fetch('/requests/v1/SUPX', { headers: { 'x-api-key': with_ } });
  t.is((await get(key)).status, 200);
  t.is((await get(key)).status, 200);
  const refused = await get(key);
  t.is(refused.status, 429);
  t.is(refused.headers.get('retry-after'), '2');
  t.is((await get(world.key)).status, 200);
});

test('a stop finishes what is in hand and refuses what is new', async (t) => {
  const world = await startWorld();
  t.teardown(() => world.close());
  let open = (): void => {};
  const entered = new Promise<void>((reached) => {
    world.face.gate = () =>
      new Promise((resolve) => {
        open = resolve;
        reached();
      });
  });
  world.face.handlers.appoint = async () => ({ kind: 'conflict', rule: 'active_process', detail: 'taken' });
  const headers = { 'x-api-key': world.key, 'x-idempotency-key': 'a', 'content-type': 'application/json' };
  const first = world.fetch(APPOINT, { method: 'POST', body: JSON.stringify(DOCUMENTED_BODY), headers });
  await entered;
  const closed = world.close();
  await t.throwsAsync(world.fetch('/health/live'));
  open();
  t.is((await first).status, 409);
  await closed;
});

test('a port that is taken is one clear error', async (t) => {
  const error = await t.throwsAsync(startWorld({ httpPort: t.context.port }));
  t.regex(error.message, /^port: cannot listen on 127\.0\.0\.1:/);
});

test('a port that was asked for is shared with nobody', async (t) => {
  const finder = net.createServer().listen(0, '127.0.0.1');
  await once(finder, 'listening');
  const { port } = finder.address() as net.AddressInfo;
  finder.close();
  await once(finder, 'close');
  const first = await startWorld({ httpPort: port });
  t.teardown(first.close);
  const error = await t.throwsAsync(startWorld({ httpPort: port }));
  t.is(error.message, `port: cannot listen on 127.0.0.1:${port} (is it taken?)`);
});
