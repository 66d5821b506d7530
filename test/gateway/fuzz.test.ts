import net from 'node:net';
import anyTest, { type TestFn } from 'ava';
import fc from '../support/fc.ts';
import { DOCUMENTED_BODY, startWorld, type World } from '../support/gateway/world.ts';

const test = anyTest as TestFn<World>;
const APPOINT = '/metering-services/v1/SUPX/appoint';

test.before(async (t) => {
  t.context = await startWorld({ failedAuthBurst: 1e6, bodyTimeoutMs: 1000 });
  t.context.face.handlers.appoint = async () => ({ kind: 'accepted', response: {} });
});
test.after.always((t) => t.context.close());

const member = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(DOCUMENTED_BODY)), fc.string({ unit: 'binary' }), fc.double());
const nearBody = fc
  .record(Object.fromEntries(Object.keys(DOCUMENTED_BODY).map((name) => [name, member])), { requiredKeys: [] })
  .map((changes) => JSON.stringify({ ...DOCUMENTED_BODY, ...changes }));

function post(world: World, body: string | Buffer, headers: Record<string, string> = {}): Promise<Response> {
  return world.fetch(APPOINT, {
    method: 'POST',
    body,
    headers: { 'x-api-key': world.key, 'x-idempotency-key': 'fuzz', 'content-type': 'application/json', ...headers },
  });
}

test('no body gives a 5xx or a hang: bytes', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (bytes) => {
      const response = await post(t.context, Buffer.from(bytes));
      await response.arrayBuffer();
      t.true(response.status < 500);
    }),
    { numRuns: 200 },
  );
});

test('no body gives a 5xx or a hang: JSON near the right form', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(nearBody, fc.json()), async (body) => {
      const response = await post(t.context, body);
      await response.arrayBuffer();
      t.true([202, 409, 422].includes(response.status), `${response.status} ${body}`);
    }),
    { numRuns: 300 },
  );
});

test('no date gives a 5xx', async (t) => {
  const two = fc.integer({ min: 0, max: 99 }).map((n) => String(n).padStart(2, '0'));
  const date = fc.tuple(
    fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, '0')),
    two,
    two,
    fc.constantFrom('T00:00:00', 'T00:00', 'T24:00:00', ' 00:00:00'),
    fc.constantFrom('Z', '+00:00', '+01:00', '-12:30', '+99:99', ''),
  );
  await fc.assert(
    fc.asyncProperty(date, async ([year, month, day, time, offset]) => {
      const response = await post(t.context, JSON.stringify({ ...DOCUMENTED_BODY, effective_from: `${year}-${month}-${day}${time}${offset}` }));
      await response.arrayBuffer();
      t.true([202, 409, 422].includes(response.status));
    }),
    { numRuns: 200 },
  );
});

const PATHS = [
  APPOINT,
  '/requests/v1/SUPX',
  '/mpan/v1/SUPX',
  '/meter-technical-details/v1/SUPX',
  '/agents/v1/SUPX',
  '/dip/inbound/IF-035',
  '/dip/inbound/status',
  '/ops/v1/actors/x',
  '/health/ready',
];
const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9a-zA-Z-]{1,30}$/);
const value = fc.string({ unit: 'binary-ascii', maxLength: 200 }).map((text) => text.replaceAll(/[\r\n\0]/g, ' '));
const headerName = fc.oneof(
  token,
  fc.constantFrom('X-API-KEY', 'X-IDEMPOTENCY-KEY', 'X-TEST-MODE', 'Authorization', 'Content-Type', 'X-DIP-Signature', 'Accept-Encoding', 'Expect'),
);

test('no header gives a 5xx or a hang', async (t) => {
  const request = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'BREW'),
    path: fc.constantFrom(...PATHS),
    headers: fc.array(fc.tuple(headerName, value), { maxLength: 12 }),
  });
  await fc.assert(
    fc.asyncProperty(request, async ({ method, path, headers }) => {
      const usable = headers.filter(([name]) => !/^(content-length|transfer-encoding|host|connection|upgrade)$/i.test(name));
      const lines = usable.map(([name, text]) => `${name}: ${text}\r\n`).join('');
      const text = await t.context.raw(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n${lines}\r\n{}`, /\r\n\r\n/);
      t.regex(text, /^HTTP\/1\.1 [234]\d\d /, JSON.stringify(text));
    }),
    { numRuns: 300 },
  );
});

test('no query gives a 5xx', async (t) => {
  const names = fc.constantFrom(
    'mpan_id',
    'request_id',
    'request_type',
    'request_status',
    'start_date',
    'end_date',
    'show_messages',
    'page',
    'page_size',
    'sort_direction',
    'as_of',
    'dip_id',
    'x',
  );
  const values = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.constantFrom('1', '2026-03-24', 'Pending', 'true', '2000056535971', '%', '%zz', '%00', '+'));
  const pair = fc.tuple(names, values).map(([name, text]) => `${name}=${text.replaceAll(/[^!-~]|#/g, '%20')}`);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS.slice(1, 5)), fc.array(pair, { maxLength: 6 }), async (path, pairs) => {
      const text = await t.context.raw(`GET ${path}?${pairs.join('&')} HTTP/1.1\r\nHost: localhost\r\nX-API-KEY: ${t.context.key}\r\n\r\n`, /\r\n\r\n/);
      t.regex(text, /^HTTP\/1\.1 [24]\d\d /);
    }),
    { numRuns: 300 },
  );
});

test('bytes that are no HTTP end the connection', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
      await new Promise<void>((resolve) => {
        const socket = net.connect(t.context.port, '127.0.0.1');
        socket.on('data', () => {});
        socket.on('error', () => {});
        socket.on('close', () => resolve());
        socket.end(Buffer.concat([Buffer.from(bytes), Buffer.from('\r\n\r\n')]));
      });
    }),
    { numRuns: 100 },
  );
  t.is((await t.context.fetch('/health/live')).status, 200);
});
