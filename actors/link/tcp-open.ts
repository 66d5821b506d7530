/** Opens TCP links: resolves the name, judges every address, tries one after the other (meter-protocols 3.1 and 3.4). */
import { connect, type Socket } from 'node:net';
import type { Clock, Timer } from '../engine/ports.ts';
import type { RemoteAddress } from './address.ts';
import { familyOf } from './ip.ts';
import { LinkError, type LinkFailureCode } from './link.ts';
import type { TcpOptions } from './options.ts';
import type { NameResolver } from './resolver.ts';
import type { AddressRules } from './rules.ts';
import { codeOf, TcpLink } from './tcp-link.ts';

export interface TcpPorts {
  readonly clock: Clock;
  readonly resolver: NameResolver;
  readonly rules: Pick<AddressRules, 'allowsIp'>;
  readonly options: TcpOptions;
}

type TcpAddress = Extract<RemoteAddress, { kind: 'tcp' }>;

/**
 * One buffer for all sockets: libuv reads into it and calls back in the same turn, so what is kept is copied out at once. A buffer
 * a socket would cost 64 KiB each.
 */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

/** Failures to connect by the system's word; whatever else is `unreachable`. */
const FAILURES: Readonly<Record<string, readonly [LinkFailureCode, string]>> = {
  ECONNREFUSED: ['refused', 'connection refused'],
  ETIMEDOUT: ['connect_timeout', 'no answer to the connection'],
  EMFILE: ['no_line', 'this host has no free socket'],
  ENFILE: ['no_line', 'this host has no free socket'],
  EADDRNOTAVAIL: ['no_line', 'this host has no free port'],
};

/**
 * Connects within `connectTimeoutMs`, resolving the name included. Addresses that may not be reached are left out; when none is left, `not_allowed`.
 *
 * @throws LinkError of the last attempt, or `aborted`
 */
export async function openTcpLink(address: TcpAddress, connectTimeoutMs: number, ports: TcpPorts, signal: AbortSignal): Promise<TcpLink> {
  const { clock, resolver, rules, options } = ports;
  const deadlineMs = clock.monotonic() + connectTimeoutMs;
  const addresses = await resolver.resolve(address.host, deadlineMs, signal);
  const allowed = addresses.filter((ip) => rules.allowsIp(ip, address.port)).sort((a, b) => rank(a, options) - rank(b, options));
  if (allowed.length === 0) throw new LinkError('not_allowed', `${named(address)}: the address is not allowed`);
  for (const [index, ip] of allowed.entries()) {
    const last = index === allowed.length - 1;
    const leftMs = deadlineMs - clock.monotonic();
    try {
      return await attempt({ ip, port: address.port }, last ? leftMs : Math.min(leftMs, options.attemptTimeoutMs), ports, signal);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      const failure = new LinkError(error.code, `${named(address)}: ${error.message}`, error.cause);
      if (last || error.code === 'aborted' || clock.monotonic() >= deadlineMs) throw failure;
    }
  }
  throw new LinkError('connect_timeout', `${named(address)}: no answer to the connection`);
}

const rank = (ip: string, { firstFamily }: TcpOptions): number => (familyOf(ip) === firstFamily ? 0 : 1);

const named = ({ canonical }: TcpAddress): string => canonical.replace(/^tcp:/, '');

/** One attempt to connect to one address. */
function attempt(to: { ip: string; port: number }, timeoutMs: number, { clock, options }: TcpPorts, signal: AbortSignal): Promise<TcpLink> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(aborted());
      return;
    }
    let link: TcpLink | undefined;
    const socket: Socket = connect({
      host: to.ip,
      port: to.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: options.keepAliveMs,
      onread: {
        buffer: READ_BUFFER,
        callback(count, buffer) {
          link?.receive(new Uint8Array(buffer.subarray(0, count)));
          return true;
        },
      },
    });
    const timer: Timer = clock.after(Math.max(0, timeoutMs), () => giveUp(new LinkError('connect_timeout', 'no answer to the connection')));
    const stop = () => giveUp(aborted());
    const settle = () => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
    };
    const giveUp = (error: LinkError) => {
      settle();
      socket.destroy();
      reject(error);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', (error) => {
      if (link === undefined) giveUp(failureOf(error));
      else link.ended(error);
    });
    socket.on('end', () => link?.ended(undefined));
    socket.on('close', () => link?.ended(undefined));
    socket.once('connect', () => {
      settle();
      link = new TcpLink(socket, clock, options);
      resolve(link);
    });
  });
}

const aborted = () => new LinkError('aborted', 'opening was stopped');

function failureOf(error: Error): LinkError {
  const code = codeOf(error);
  const [failure, text] = FAILURES[code] ?? ['unreachable', `cannot be reached (${code})`];
  return new LinkError(failure, text, error);
}
