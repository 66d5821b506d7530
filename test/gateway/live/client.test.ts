import { type AddressInfo, createServer } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { WebSocket as WsWebSocket } from 'ws';
import { type Event, type Gap, LiveClient, type LiveClientOptions, type LiveState, RefusedSubscription, watch } from '../../../gateway/live/client/index.ts';
import { liveWorld } from '../../support/live/world.ts';

const QUICK = { reconnectMinMs: 20, reconnectMaxMs: 100 } as const;

function clientOf(t: ExecutionContext, port: number, options: Omit<LiveClientOptions, 'url'>): LiveClient {
  const client = new LiveClient({ url: `ws://127.0.0.1:${port}/live/v1`, ...QUICK, ...options });
  t.teardown(() => client.close());
  return client;
}

test('the client gets what is, what happens, and each once', async (t) => {
  const { world, publish } = await liveWorld(t);
  const client = clientOf(t, world.port, { key: world.key });
  const seen: (string | number)[] = [];
  for await (const message of watch(client, { mpid: 'SUPX' })) {
    seen.push(message.kind === 'event' ? message.actorVersion : message.kind);
    if (message.kind === 'snapshot') for (const version of [1, 2, 3]) await publish({ actor: 'appointment:a', version, data: { mpid: 'SUPX' } });
    if (message.kind === 'event' && message.actorVersion === 3) break;
  }
  t.deepEqual(seen, ['snapshot', 1, 2, 3]);
});

test('with the package ws in place of the WebSocket of Node it does the same', async (t) => {
  const { world, publish } = await liveWorld(t);
  const client = clientOf(t, world.port, { token: world.token, open: (url) => new WsWebSocket(url) as never });
  for await (const message of watch(client, { all: true })) {
    if (message.kind === 'snapshot') await publish({ actor: 'appointment:a', version: 1, data: { mpid: 'SUPX' } });
    else if (message.kind === 'event') break;
  }
  t.pass();
});

test('after a restart of the gateway it goes on where it was: nothing missing, nothing twice, no gap', async (t) => {
  const first = await liveWorld(t);
  // As nodes of one installation do, it knows the same credentials; whoever was served by the one is served by the other afterwards.
  const other = await first.node({ deps: { access: first.world.access } });
  let { port } = first.world;
  const client = clientOf(t, port, { key: first.world.key, open: () => new WebSocket(`ws://127.0.0.1:${port}/live/v1`) as never });
  const versions: number[] = [];
  const gaps: Gap[] = [];
  const publish = async (from: number, to: number): Promise<void> => {
    for (let version = from; version <= to; version++) await other.publish({ actor: 'appointment:a', version, data: { mpid: 'SUPX' } });
  };
  const { promise: half, resolve: atHalf } = Promise.withResolvers<void>();
  const { promise: whole, resolve: atWhole } = Promise.withResolvers<void>();
  const { promise: ready, resolve: isReady } = Promise.withResolvers<void>();
  client.subscribe(
    { mpid: 'SUPX' },
    {
      onSnapshot: () => isReady(),
      onGap: (gap) => gaps.push(gap),
      onEvent: ({ actorVersion }: Event) => {
        versions.push(actorVersion);
        if (actorVersion === 5) atHalf();
        if (actorVersion === 20) atWhole();
      },
    },
  );
  await ready;
  await publish(1, 5);
  await half;
  port = other.world.port;
  const closing = first.close();
  await publish(6, 20);
  await whole;
  await closing;
  t.deepEqual(
    versions,
    Array.from({ length: 20 }, (_, n) => n + 1),
  );
  t.deepEqual(gaps, []);
});

test('a refused filter ends the subscription and says why', async (t) => {
  const { world } = await liveWorld(t);
  const client = clientOf(t, world.port, { key: world.key });
  const error = await t.throwsAsync(async () => {
    for await (const _ of watch(client, { all: true })) t.fail();
  });
  t.true(error instanceof RefusedSubscription);
  t.is((error as RefusedSubscription).code, 'filter_refused');
});

test('a key that is refused closes it for good', async (t) => {
  const { world } = await liveWorld(t);
  const state = await new Promise<LiveState>((resolve) => {
    clientOf(t, world.port, { key: '00000000-0000-4000-8000-000000000000', onState: (now) => now.kind === 'closed' && resolve(now) });
  });
  t.like(state, { kind: 'closed', code: 4401 });
});

test('pauses before it connects again double up to the ceiling, all of them at random', async (t) => {
  const delays: number[] = [];
  await new Promise<void>((resolve) => {
    clientOf(t, 1, {
      random: () => 0.5,
      open: () => {
        const socket = {
          send: () => {},
          close: () => {},
          onopen: null,
          onmessage: null,
          onerror: null,
          onclose: null as ((event: { code: number }) => void) | null,
        };
        setImmediate(() => socket.onclose?.({ code: 1006 }));
        return socket as never;
      },
      onState: (state) => {
        if (state.kind === 'waiting') delays.push(state.delayMs);
        if (delays.length === 5) resolve();
      },
    });
  });
  t.deepEqual(delays, [10, 20, 40, 50, 50]);
});

test('where nobody listens it tries again and again: not every WebSocket tells of a close that no open came before', async (t) => {
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  let pauses = 0;
  const onState = ({ kind }: LiveState): void => {
    if (kind === 'waiting' && ++pauses === 3) resolve();
  };
  const client = new LiveClient({ url: `ws://127.0.0.1:${await closedPort()}/live/v1`, key: 'k', reconnectMinMs: 1, reconnectMaxMs: 1, onState });
  t.teardown(() => client.close());
  await tried;
  t.is(pauses, 3);
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

test('another stream than before is a gap, and what is now', async (t) => {
  const frames: string[] = [];
  const servers = [{ stream: 'one' }, { stream: 'two' }];
  const sockets: { onopen?: () => void; onmessage?: (event: { data: string }) => void; onclose?: (event: { code: number }) => void }[] = [];
  const open = (): never => {
    const mine = { send: (text: string) => void frames.push(text), close: () => {}, onopen: null, onmessage: null, onclose: null, onerror: null };
    sockets.push(mine as never);
    return mine as never;
  };
  const gaps: Gap[] = [];
  const client = new LiveClient({ url: 'ws://x', token: 't', open, reconnectMinMs: 1, random: () => 0 });
  t.teardown(() => client.close());
  client.subscribe({ all: true }, { onGap: (gap) => gaps.push(gap) });
  const ready = (at: number): void => {
    sockets[at]?.onopen?.();
    sockets[at]?.onmessage?.({ data: JSON.stringify({ kind: 'ready', protocol: 1, ...servers[at], filters: [], maxSubscriptions: 1, maxFrameBytes: 1 }) });
  };
  ready(0);
  sockets[0]?.onmessage?.({ data: JSON.stringify({ kind: 'snapshot', sub: 's1', seq: 7, items: [], more: false }) });
  sockets[0]?.onclose?.({ code: 1001 });
  while (sockets.length < 2) await new Promise<void>((resolve) => setImmediate(resolve));
  ready(1);
  t.is(gaps.length, 1);
  t.deepEqual(JSON.parse(frames.at(-1) ?? ''), { kind: 'subscribe', sub: 's1', filter: { all: true } });
});
