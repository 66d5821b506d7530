import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { type AppointAllOptions, appointAll, type Line } from '../../../ops/cli/appoint-all.ts';
import { Target } from '../../../ops/cli/target.ts';

type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown } | 'cut';

/** A server that answers the n-th call under each key by `answer`. */
async function world(t: ExecutionContext, answer: (key: string, n: number, request: IncomingMessage) => Answer): Promise<{ target: Target; calls: string[] }> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const key = String(request.headers['x-idempotency-key']);
      calls.push(key);
      const told = answer(key, calls.filter((one) => one === key).length, request);
      if (told === 'cut') return void request.socket.destroy();
      response.writeHead(told.status, { 'content-type': 'application/json', ...told.headers }).end(JSON.stringify(told.body ?? {}));
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  const target = new Target({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, key: 'k', mpid: 'SUPX' });
  t.teardown(async () => {
    await target.close();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  return { target, calls };
}

const lines = (count: number): Line[] =>
  Array.from({ length: count }, (_, index) => ({ line: index + 1, key: `key-${index + 1}`, body: { mpan_core: index } }));
const options = (change: Partial<AppointAllOptions> = {}): AppointAllOptions => ({
  parallel: 4,
  patienceMs: 10_000,
  test: false,
  refusedFile: undefined,
  broken: [],
  ...change,
});

test('every line is sent once, under its key', async (t) => {
  const { target, calls } = await world(t, () => ({ status: 202 }));
  t.like(await appointAll(target, lines(20), options()), { accepted: 20, refused: {}, notSent: 0 });
  t.deepEqual(
    calls.sort(),
    lines(20)
      .map((line) => line.key)
      .sort(),
  );
});

test('Retry-After is honoured: the call comes again under the same key, not before', async (t) => {
  const at: number[] = [];
  const { target } = await world(t, (_key, n) => {
    at.push(performance.now());
    return n === 1 ? { status: 503, headers: { 'retry-after': '1' } } : { status: 202 };
  });
  t.like(await appointAll(target, lines(1), options()), { accepted: 1 });
  t.is(at.length, 2);
  t.true(at[1]! - at[0]! >= 990, `${at[1]! - at[0]!} ms`);
});

test('an answer that was lost is asked for again', async (t) => {
  const { target, calls } = await world(t, (_key, n) => (n === 1 ? 'cut' : { status: 202 }));
  t.like(await appointAll(target, lines(1), options()), { accepted: 1 });
  t.deepEqual(calls, ['key-1', 'key-1']);
});

test('a refusal is final and counted by its status', async (t) => {
  const { target, calls } = await world(t, (key) => ({ status: key === 'key-2' ? 422 : key === 'key-3' ? 409 : 202 }));
  t.like(await appointAll(target, lines(4), options()), { accepted: 2, refused: { 422: 1, 409: 1 }, notSent: 0 });
  t.is(calls.length, 4);
});

test('patience at its end leaves a line unsent and says so', async (t) => {
  const { target } = await world(t, () => ({ status: 503, headers: { 'retry-after': '60' } }));
  t.like(await appointAll(target, lines(2), options({ patienceMs: 50 })), { accepted: 0, notSent: 2 });
});

test('--test goes along as X-TEST-MODE', async (t) => {
  const seen: unknown[] = [];
  const { target } = await world(t, (_key, _n, request) => {
    seen.push(request.headers['x-test-mode']);
    return { status: 202 };
  });
  await appointAll(target, lines(1), options({ test: true }));
  await appointAll(target, lines(1), options());
  t.deepEqual(seen, ['true', undefined]);
});
