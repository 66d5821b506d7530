import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import test from 'ava';
import { Connection } from '../../../ops/bench/load/connection.ts';
import { requestMaker } from '../../../ops/bench/load/forms.ts';
import { Generator } from '../../../ops/bench/load/generator.ts';
import type { LoadJob } from '../../../ops/bench/load/job.ts';

const TODAY = '2026-03-24';

interface Seen {
  readonly key: string;
  readonly mpan: number;
}

/** A server that answers as told, and what it saw. */
async function serve(t: { teardown(run: () => void): void }, answer: (seen: Seen, times: number) => number): Promise<{ port: number; seen: Seen[] }> {
  const seen: Seen[] = [];
  const times = new Map<string, number>();
  const server: Server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { key: String(request.headers['x-idempotency-key']), mpan: (JSON.parse(body) as { mpan_core: number }).mpan_core };
      const count = (times.get(one.key) ?? 0) + 1;
      times.set(one.key, count);
      seen.push(one);
      const text = '{}';
      response.writeHead(answer(one, count), { 'content-length': text.length }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  return { port: (server.address() as AddressInfo).port, seen };
}

const mpans = Array.from({ length: 50 }, (_, index) => String(2_000_000_000_000 + index));

function job(port: number, more: Partial<LoadJob> = {}): LoadJob {
  return { port, path: '/appoint', apiKey: 'key', run: 'r', subjects: mpans, connections: 4, pace: { kind: 'closed' }, ...more };
}

async function run(given: LoadJob, generator = new Generator(given, TODAY)) {
  const connections = await Promise.all(Array.from({ length: given.connections }, () => Connection.open(given.port)));
  try {
    return await generator.run(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

test('a request has its own key and meter point, and the length of its body', (t) => {
  const make = requestMaker({ path: '/appoint', apiKey: 'secret', run: 'r1' }, TODAY);
  const [head = '', body = ''] = make(7, '2000056535971').split('\r\n\r\n');
  t.true(head.includes('X-IDEMPOTENCY-KEY: r1-7\r\n'));
  t.true(head.includes(`Content-Length: ${body.length}`));
  t.is((JSON.parse(body) as { mpan_core: number }).mpan_core, 2_000_056_535_971);
});

test('with a closed pace every request is sent once and answered', async (t) => {
  const { port, seen } = await serve(t, () => 202);
  const result = await run(job(port));
  t.is(result.accepted, mpans.length);
  t.is(new Set(seen.map(({ key }) => key)).size, mpans.length);
  t.deepEqual(seen.map(({ mpan }) => String(mpan)).sort(), mpans);
});

test('what was turned away for the moment is sent again, what was refused is not', async (t) => {
  const { port, seen } = await serve(t, ({ mpan }, times) => (mpan % 10 === 0 && times === 1 ? 503 : mpan % 10 === 1 ? 422 : 202));
  const result = await run(job(port));
  t.deepEqual(result.others, { 422: 5, 503: 5 });
  t.is(result.accepted, 45);
  t.is(seen.length, 55);
});

test('no more requests leave than are allowed', async (t) => {
  const ten = Promise.withResolvers<void>();
  const { port, seen } = await serve(t, () => {
    if (seen.length === 10) ten.resolve();
    return 202;
  });
  const given = job(port, { allowed: 10 });
  const generator = new Generator(given, TODAY);
  const running = run(given, generator);
  await ten.promise;
  const other = await Connection.open(port);
  await other.send(requestMaker(given, TODAY)(-1, '2999999999999'));
  other.close();
  t.is(seen.length, 11);
  generator.allow(mpans.length);
  t.is((await running).accepted, mpans.length);
});

test('an open pace keeps to its rate', async (t) => {
  const { port } = await serve(t, () => 202);
  const result = await run(job(port, { pace: { kind: 'open', perSecond: 200 } }));
  t.is(result.accepted, mpans.length);
  t.true(result.elapsedMs >= ((mpans.length - 1) / 200) * 1_000 - 5);
});
