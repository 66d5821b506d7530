import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { Callers, lostOf } from '../../../ops/bench/cluster/callers.ts';
import { openFront } from '../../../ops/bench/cluster/front.ts';
import { pointsOf } from '../../../ops/bench/cluster/points.ts';
import { lookAt } from '../../../ops/bench/cluster/wire.ts';
import { until } from '../../support/process/until.ts';

type Reply = { readonly status: number; readonly retryAfter?: string } | 'cut';

interface Stub {
  readonly name: string;
  readonly httpPort: number;
  readonly keys: string[];
  isReady: boolean;
}

/** A gateway that answers as told. */
async function gateway(t: ExecutionContext, name: string, reply: (times: number) => Reply): Promise<Stub> {
  const keys: string[] = [];
  const stub = { name, httpPort: 0, keys, isReady: true };
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/health/ready') return response.writeHead(stub.isReady ? 200 : 503).end();
      const key = String(request.headers['x-idempotency-key']);
      keys.push(key);
      const answer = reply(keys.length);
      if (answer === 'cut') return request.socket.destroy();
      const headers = answer.retryAfter === undefined ? {} : { 'retry-after': answer.retryAfter };
      return response.writeHead(answer.status, headers).end(JSON.stringify({ request_id: `id-${key}` }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.closeAllConnections());
  t.teardown(() => server.close());
  stub.httpPort = (server.address() as AddressInfo).port;
  return stub;
}

const callersAt = (...gateways: readonly Stub[]): Callers => new Callers({ path: '/appoint', apiKey: 'key', gateways: () => gateways, run: 'r' });

test('a request goes again under its key until it is accepted, and each trouble is told by its kind', async (t) => {
  const busy = await gateway(t, 'busy', (times) => (times === 1 ? { status: 503, retryAfter: '1' } : times === 2 ? 'cut' : { status: 202 }));
  const callers = callersAt(busy);
  const { requestId } = await callers.call('2000056535971');
  t.is(requestId, 'id-r-0');
  t.deepEqual(busy.keys, ['r-0', 'r-0', 'r-0']);
  t.deepEqual(
    callers.troubles.map(({ kind }) => kind),
    ['away', 'broken'],
  );
  await callers.stop();
});

test('503 without Retry-After counts as failed, and ends the request', async (t) => {
  const callers = callersAt(await gateway(t, 'rude', () => ({ status: 503 })));
  await t.throwsAsync(callers.call('2000056535971'), { message: /503/ });
  t.deepEqual(
    callers.troubles.map(({ kind }) => kind),
    ['failed'],
  );
  await callers.stop();
});

test('lost is what was accepted and is not known afterwards', async (t) => {
  const callers = callersAt(await gateway(t, 'kind', () => ({ status: 202 })));
  await callers.call('2000056535971');
  await callers.call('2000056535980');
  await callers.stop();
  t.is(lostOf(callers, new Set(['id-r-0', 'id-r-1', 'id-other'])), 0);
  t.is(lostOf(callers, new Set(['id-r-1'])), 1);
});

test('the balancer leaves a gateway that is not ready', async (t) => {
  const [one, other] = [await gateway(t, 'one', () => ({ status: 202 })), await gateway(t, 'other', () => ({ status: 202 }))];
  const front = await openFront([one, other]);
  t.teardown(() => front.close());
  const callers = callersAt({ ...one, name: 'front', httpPort: front.httpPort });
  await callers.call('2000056535971');
  await callers.call('2000056535980');
  t.deepEqual([one.keys.length, other.keys.length], [1, 1]);
  one.isReady = false;
  await front.left(one);
  await callers.call('2000056535999');
  await callers.call('2000056536007');
  t.deepEqual([one.keys.length, other.keys.length], [1, 3]);
  one.isReady = true;
  await until('it is back', async () => {
    await callers.call('2000056536016');
    return one.keys.length > 1;
  });
  await callers.stop();
});

test('probes are of their shard and of nobody else', (t) => {
  const points = pointsOf(400, 4, 2);
  const probes = [0, 1, 2, 3].flatMap((shard) => [points.probe(shard), points.probe(shard)]);
  t.is(new Set(probes).size, 8);
  t.throws(() => points.probe(0), { message: /shard 0/ });
  const load = [...{ [Symbol.iterator]: () => points.load }];
  t.is(load.length, 360 - 8);
  t.false(load.some((mpan) => probes.includes(mpan)));
});

test('a command of the store is known by its name and the documents that follow it', (t) => {
  const head = Buffer.alloc(20);
  head.writeInt32LE(2_013, 12);
  const member = (name: string, more: Buffer): Buffer => Buffer.concat([Buffer.from([0x02]), Buffer.from(`${name}\0`), more]);
  const documentOf = (content: Buffer): Buffer => {
    const whole = Buffer.concat([Buffer.alloc(4), content, Buffer.from([0])]);
    whole.writeInt32LE(whole.length, 0);
    return whole;
  };
  const body = documentOf(member('insert', Buffer.from('\x07\0\0\0actors\0')));
  const documents = Buffer.concat([documentOf(Buffer.alloc(0)), documentOf(member('a', Buffer.from('\x02\0\0\0b\0')))]);
  const sequence = Buffer.concat([Buffer.alloc(4), Buffer.from('documents\0'), documents]);
  sequence.writeInt32LE(sequence.length, 0);
  t.deepEqual(lookAt(Buffer.concat([head, Buffer.from([0]), body, Buffer.from([1]), sequence])), { name: 'insert', collection: 'actors', documents: 2 });
});
