/** 1,000 readers that read nothing among 5,000: what the others hear, and when. Plain sockets, so that the clients fit into this process. */

import net from 'node:net';
import test from 'ava';
import { liveWorld } from '../support/live/world.ts';

const ALL = 5_000;
const STUCK = 1_000;
const EVENTS = 50;
const PAD = 'x'.repeat(32_768);

interface Client {
  readonly socket: net.Socket;
  /** End of what came: a mark may be cut in two. */
  rest: string;
  awaited: { readonly mark: string; readonly resolve: () => void } | undefined;
}

function frame(value: object): Buffer {
  const body = Buffer.from(JSON.stringify(value));
  const head = body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body]);
}

/** Resolves once its subscriptions have their snapshots. */
function open(port: number, token: string, filters: readonly object[]): Promise<Client> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1');
    const client: Client = { socket, rest: '', awaited: undefined };
    socket.on('error', reject);
    socket.on('connect', () => {
      socket.write(
        'GET /live/v1 HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      );
    });
    let left = filters.length;
    socket.once('data', () => {
      socket.write(Buffer.concat([{ kind: 'auth', token }, ...filters.map((filter, at) => ({ kind: 'subscribe', sub: `s${at}`, filter }))].map(frame)));
    });
    socket.on('data', (data) => {
      const text = client.rest + data.toString('latin1');
      if (left > 0) {
        left -= text.split('"kind":"snapshot"').length - 1;
        client.rest = '';
        if (left === 0) resolve(client);
        return;
      }
      client.rest = text.slice(-64);
      if (client.awaited && text.includes(client.awaited.mark)) client.awaited.resolve();
    });
  });
}

test('a thousand readers that read nothing slow nobody else, and find the latest when they read again', async (t) => {
  t.timeout(300_000);
  const { world, publish } = await liveWorld(t, { live: { maxSocketsPerKey: ALL, maxSockets: ALL }, http: { maxConnections: 2 * ALL } });
  const fast: Client[] = [];
  const stuck: Client[] = [];
  const opening = async (into: Client[], count: number, filters: readonly object[]): Promise<void> => {
    for (let at = 0; at < count; at += 100) into.push(...(await Promise.all(Array.from({ length: 100 }, () => open(world.port, world.token, filters)))));
  };
  t.teardown(() => {
    for (const { socket } of [...fast, ...stuck]) socket.destroy();
  });
  await opening(fast, ALL - STUCK, [{ mpid: 'SUPX' }]);
  await opening(stuck, STUCK, [{ mpid: 'SUPX' }, { mpid: 'FLUD' }]);
  const heard = (clients: readonly Client[], mark: string): Promise<unknown> =>
    Promise.all(
      clients.map(
        (client) =>
          new Promise<void>((resolve) => {
            client.awaited = { mark, resolve };
          }),
      ),
    );
  /** Milliseconds from the last of the events to its last reader. */
  const round = async (name: string): Promise<number> => {
    const all = heard(fast, `.end-${name}.`);
    for (let n = 0; n < EVENTS; n++) await publish({ actor: `appointment:${n % 10}`, version: ++version, what: name, data: { mpid: 'SUPX' } });
    const began = performance.now();
    await publish({ actor: 'appointment:end', version: ++version, what: `end-${name}`, data: { mpid: 'SUPX' } });
    await all;
    return performance.now() - began;
  };
  let version = 0;
  const free = await round('free');
  for (const { socket } of stuck) socket.pause();
  for (let flood = 0; (world.gateway.live?.slow ?? 0) < STUCK && flood < 400; flood++)
    await publish({ actor: 'appointment:flood', version: ++version, data: { mpid: 'FLUD', pad: PAD } });
  t.true((world.gateway.live?.slow ?? 0) >= STUCK * 0.9, `${world.gateway.live?.slow} are slow`);
  const held = await round('held');
  t.log(`the last of ${EVENTS} events is heard ${Math.round(held)} ms after it was told, ${Math.round(free)} ms with none stuck`);
  t.true(held < 3 * free + 1_000);
  const again = heard(stuck, '.end-held.');
  for (const { socket } of stuck) socket.resume();
  await again;
  const last = heard([...fast, ...stuck], '.last.');
  await publish({ actor: 'appointment:end', version: ++version, what: 'last', data: { mpid: 'SUPX' } });
  await last;
  t.is(world.gateway.live?.slow, 0);
  t.is(world.gateway.live?.sockets, ALL);
});
