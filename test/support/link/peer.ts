/** The far side of a TCP link, scripted by the test, and links to it over loopback. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import type { Clock } from '../../../actors/engine/ports.ts';
import { type LinksOptions, LinksOptionsSchema } from '../../../actors/link/index.ts';
import type { TcpOptions } from '../../../actors/link/options.ts';
import type { NameResolver } from '../../../actors/link/resolver.ts';
import type { TcpLink } from '../../../actors/link/tcp-link.ts';
import { openTcpLink } from '../../../actors/link/tcp-open.ts';
import { realClock } from '../real-ports.ts';

export const NEVER = new AbortController().signal;

export const linksOptions = (change: Partial<LinksOptions> = {}): LinksOptions => ({ ...(Value.Default(LinksOptionsSchema, {}) as LinksOptions), ...change });
export const tcpOptions = (change: Partial<TcpOptions> = {}): TcpOptions => ({ ...linksOptions().tcp, ...change });

export interface Peer {
  readonly port: number;
  readonly server: Server;
  /** The next connection. */
  next(): Promise<Socket>;
  /** Octets of one connection until there are `count`. */
  octets(socket: Socket, count: number): Promise<Buffer>;
}

/** Listens on a free port of loopback; closed with all its connections at the end of the test. */
export async function startPeer(t: ExecutionContext, onSocket: (socket: Socket) => void = () => {}, allowHalfOpen = false): Promise<Peer> {
  const came: Socket[] = [];
  const waiting: ((socket: Socket) => void)[] = [];
  const server = createServer({ allowHalfOpen }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onSocket(socket);
    const first = waiting.shift();
    if (first === undefined) came.push(socket);
    else first(socket);
  });
  const sockets = new Set<Socket>();
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    server,
    next: () => {
      const socket = came.shift();
      return socket === undefined ? new Promise((resolve) => void waiting.push(resolve)) : Promise.resolve(socket);
    },
    async octets(socket, count) {
      const chunks: Buffer[] = [];
      let length = 0;
      while (length < count) {
        const [chunk] = (await once(socket, 'data')) as [Buffer];
        chunks.push(chunk);
        length += chunk.length;
      }
      return Buffer.concat(chunks);
    },
  };
}

export const literals: NameResolver = { resolve: async (host) => [host] };

export interface OpenGiven {
  readonly clock?: Clock;
  readonly options?: Partial<TcpOptions>;
  readonly resolver?: NameResolver;
  readonly host?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly allowsIp?: (ip: string, port: number) => boolean;
}

/** A link to a port of loopback; closed at the end of the test. */
export async function openTo(t: ExecutionContext, port: number, given: OpenGiven = {}): Promise<TcpLink> {
  const { clock = realClock, resolver = literals, host = '127.0.0.1', timeoutMs = 5_000, signal = NEVER, allowsIp = () => true } = given;
  const ports = { clock, resolver, rules: { allowsIp }, options: tcpOptions({ closeGraceMs: 50, ...given.options }) };
  const link = await openTcpLink({ kind: 'tcp', host, port, canonical: `tcp:${host}:${port}` }, timeoutMs, ports, signal);
  t.teardown(() => link.close());
  return link;
}

/** Both ends of one connection. */
export async function connected(t: ExecutionContext, given: OpenGiven = {}, allowHalfOpen = false): Promise<{ link: TcpLink; far: Socket; peer: Peer }> {
  const peer = await startPeer(t, undefined, allowHalfOpen);
  const link = await openTo(t, peer.port, given);
  return { link, far: await peer.next(), peer };
}

export const inOneSecond = (clock: Clock = realClock): number => clock.monotonic() + 1_000;
