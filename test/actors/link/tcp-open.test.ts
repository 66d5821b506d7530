import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { LinkError } from '../../../actors/link/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { openTo, startPeer } from '../../support/link/peer.ts';

const failure = (code: string) => ({ instanceOf: LinkError, code });

/** A port that is bound to nobody. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A listener whose thread stands still and whose queue is full: the next connection gets no answer. */
async function deafPort(t: ExecutionContext): Promise<number> {
  const source = `
    const { parentPort } = require('node:worker_threads');
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
    });`;
  const worker = new Worker(source, { eval: true });
  const [port] = (await once(worker, 'message')) as [number];
  const fillers = await Promise.all(
    [1, 2].map(async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {});
      await once(socket, 'connect');
      return socket;
    }),
  );
  t.teardown(async () => {
    for (const socket of fillers) socket.destroy();
    await worker.terminate();
  });
  return port;
}

test('nobody listens: refused, with the address in the text', async (t) => {
  const port = await freePort();
  const error = await t.throwsAsync(openTo(t, port), failure('refused'));
  t.is(error.message, `127.0.0.1:${port}: connection refused`);
});

test('no answer within the time: connect_timeout', async (t) => {
  const port = await deafPort(t);
  const clock = new FakeClock();
  const opening = t.throwsAsync(openTo(t, port, { clock, timeoutMs: 30_000 }), failure('connect_timeout'));
  await clock.advance(29_999);
  t.is(clock.pending, 1);
  await clock.advance(1);
  await opening;
  t.is(clock.pending, 0);
});

test('the signal stops an attempt that waits', async (t) => {
  const port = await deafPort(t);
  const control = new AbortController();
  const opening = openTo(t, port, { signal: control.signal });
  setImmediate(() => control.abort());
  await t.throwsAsync(opening, failure('aborted'));
  await t.throwsAsync(openTo(t, port, { signal: control.signal }), failure('aborted'));
});

test('an address that does not answer gives way to the next after its time', async (t) => {
  const port = await deafPort(t);
  const near = createServer().listen(port, '127.0.0.2');
  await once(near, 'listening');
  t.teardown(() => near.close());
  const clock = new FakeClock();
  const resolver = { resolve: async () => ['127.0.0.1', '127.0.0.2'] };
  const opening = openTo(t, port, { clock, resolver, host: 'meter.example', timeoutMs: 30_000, options: { attemptTimeoutMs: 5_000 } });
  await clock.advance(5_000);
  t.is((await opening).kind, 'tcp');
});

test('an address that refuses gives way to the next at once', async (t) => {
  const { port } = await startPeer(t);
  const resolver = { resolve: async () => ['127.0.0.9', '127.0.0.1'] };
  t.is((await openTo(t, port, { resolver, host: 'meter.example' })).kind, 'tcp');
});

test('addresses that may not be reached are never tried', async (t) => {
  let connections = 0;
  const { port } = await startPeer(t, () => {
    connections += 1;
  });
  const resolver = { resolve: async () => ['127.0.0.1', '127.0.0.9'] };
  const allowsIp = (ip: string) => ip !== '127.0.0.1';
  await t.throwsAsync(openTo(t, port, { resolver, host: 'meter.example', allowsIp }), failure('refused'));
  t.is(connections, 0);
});

test('a name none of whose addresses may be reached: not_allowed', async (t) => {
  const { port } = await startPeer(t);
  const error = await t.throwsAsync(openTo(t, port, { allowsIp: () => false }), failure('not_allowed'));
  t.is(error.message, `127.0.0.1:${port}: the address is not allowed`);
});

test('addresses of the first family are tried first', async (t) => {
  const { port } = await startPeer(t);
  const resolver = { resolve: async () => ['::1', '127.0.0.1'] };
  const link = await openTo(t, port, { resolver, host: 'meter.example' });
  t.is(link.kind, 'tcp');
  const last = await t.throwsAsync(openTo(t, await freePort(), { resolver: { resolve: async () => ['127.0.0.9', '::1'] }, options: { firstFamily: 'ipv6' } }));
  t.regex(String((last.cause as Error).message), /127\.0\.0\.9/);
});

test('the time that the name took is taken off the time to connect', async (t) => {
  const port = await deafPort(t);
  const clock = new FakeClock();
  const resolver = {
    resolve: async () => {
      await clock.advance(20_000);
      return ['127.0.0.1'];
    },
  };
  const opening = t.throwsAsync(openTo(t, port, { clock, resolver, host: 'meter.example', timeoutMs: 30_000 }), failure('connect_timeout'));
  while (clock.pending === 0) await clock.flush();
  await clock.advance(10_000);
  await opening;
});
