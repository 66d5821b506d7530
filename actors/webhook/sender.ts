/**
 * One POST to a receiver over HTTPS. The one file of this folder that opens a socket.
 *
 * - H1 The address that was judged is the one that is connected to: the name is resolved here, at every new connection.
 * - H2 Nothing is followed: an answer with a redirect is an answer.
 * - H3 Everything is bounded: the time of a delivery, the octets of its answer.
 * - H4 No error has the path or query of a URL, a header, or a secret in it.
 */
import { isIP, type Socket } from 'node:net';
import { rootCertificates, connect as tlsConnect } from 'node:tls';
import { Agent } from 'undici';
import type { Clock } from '../engine/ports.ts';
import type { NameResolver } from '../link/index.ts';
import type { AddressCheck } from './address.ts';

export interface Delivery {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type Delivered =
  | { readonly kind: 'answered'; readonly status: number /** From `Retry-After`. */; readonly retryAfterMs: number | null; readonly tookMs: number }
  /** No answer. `stopped`: we gave up ourselves, before its time. */
  | { readonly kind: 'unanswered'; readonly text: string; readonly stopped: boolean; readonly tookMs: number };

export interface Sender {
  /** Never rejects. */
  send(delivery: Delivery, signal: AbortSignal): Promise<Delivered>;
  close(): Promise<void>;
}

export interface SenderSetup {
  readonly clock: Clock;
  readonly resolver: NameResolver;
  readonly check: AddressCheck;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
  /** PEM of authorities that are trusted besides those of Node.js. */
  readonly ca?: string;
}

/** Idle connections are kept so long; the next ones are judged anew. */
const KEEP_ALIVE_MS = 10_000;
const MAX_HEADER_OCTETS = 16_384;

export function createSender(setup: SenderSetup): Sender {
  const { clock, timeoutMs, maxAnswerBytes } = setup;
  const connecting = new Set<AbortController>();
  const agent = new Agent({
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    // One clock bounds the whole delivery.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_OCTETS,
    allowH2: false,
    connect: ({ hostname, port }, callback) => {
      const stop = new AbortController();
      connecting.add(stop);
      open(setup, hostname.replace(/^\[|\]$/g, ''), Number(port) || 443, stop.signal)
        .finally(() => connecting.delete(stop))
        .then(
          (socket) => callback(null, socket),
          (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), null),
        );
    },
  });
  return {
    async send({ url: text, headers, body }, signal) {
      const since = clock.monotonic();
      const took = (): number => Math.round(clock.monotonic() - since);
      const stop = new AbortController();
      const late = clock.after(timeoutMs, () => stop.abort());
      const cut = (): void => stop.abort();
      signal.addEventListener('abort', cut, { once: true });
      if (signal.aborted) cut();
      try {
        const url = new URL(text);
        const answer = await agent.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json', 'user-agent': 'meterwright' },
          body,
          signal: stop.signal,
        });
        // The status is the answer; what follows is read only so that the connection can be used again.
        await drain(answer.body, maxAnswerBytes);
        const retryAfterMs = readRetryAfter(answer.headers['retry-after'], clock.now());
        return { kind: 'answered', status: answer.statusCode, retryAfterMs, tookMs: took() };
      } catch (error) {
        const text = signal.aborted ? 'was stopped' : stop.signal.aborted ? `no answer within ${timeoutMs} ms` : wordsOf(error);
        return { kind: 'unanswered', text, stopped: signal.aborted, tookMs: took() };
      } finally {
        late.cancel();
        signal.removeEventListener('abort', cut);
      }
    },
    async close() {
      for (const stop of connecting) stop.abort();
      await agent.destroy();
    },
  };
}

/** Reads to the end, or drops the connection at what is too much or too late. */
async function drain(body: AsyncIterable<Uint8Array> & { on(event: 'error', listener: () => void): unknown; destroy(): unknown }, most: number): Promise<void> {
  body.on('error', () => {});
  let octets = 0;
  try {
    for await (const chunk of body) {
      octets += chunk.byteLength;
      if (octets > most) break;
    }
  } catch {
    body.destroy();
  }
}

/** Connects to an address of the name that may be reached; one after the other. */
async function open({ clock, resolver, check, timeoutMs, ca }: SenderSetup, host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const deadlineMs = clock.monotonic() + timeoutMs;
  const addresses = await resolver.resolve(host, deadlineMs, signal);
  const allowed = addresses.filter((ip) => check(ip, port));
  if (allowed.length === 0) throw new Error('the address of the receiver is not allowed');
  let failure: unknown;
  for (const ip of allowed) {
    if (signal.aborted || clock.monotonic() >= deadlineMs) break;
    try {
      return await attempt({ clock, ip, host, port, ca, leftMs: deadlineMs - clock.monotonic() }, signal);
    } catch (error) {
      failure = error;
    }
  }
  throw failure ?? new Error('no connection in time');
}

interface Attempt {
  readonly clock: Clock;
  readonly ip: string;
  readonly host: string;
  readonly port: number;
  readonly ca: string | undefined;
  readonly leftMs: number;
}

function attempt({ clock, ip, host, port, ca, leftMs }: Attempt, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({
      host: ip,
      port,
      // The certificate is the name's, whatever address it stands for.
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      ALPNProtocols: ['http/1.1'],
      minVersion: 'TLSv1.2',
    });
    const giveUp = (error: Error): void => {
      settle();
      socket.destroy();
      reject(error);
    };
    const timer = clock.after(Math.max(0, leftMs), () => giveUp(new Error('no connection in time')));
    const stop = (): void => giveUp(new Error('connecting was stopped'));
    const settle = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', stop);
      socket.off('error', giveUp);
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.on('error', giveUp);
    socket.once('secureConnect', () => {
      settle();
      resolve(socket.setNoDelay(true));
    });
  });
}

const MAX_WORDS = 200;

/** The cause in one line: the system's word where there is one. */
function wordsOf(error: unknown): string {
  const { message = String(error), code } = error as { readonly message?: string; readonly code?: unknown };
  const line = message.split('\n', 1)[0] ?? '';
  return (typeof code === 'string' && !line.includes(code) ? `${line} (${code})` : line).slice(0, MAX_WORDS);
}

/** Seconds or an instant. */
function readRetryAfter(header: string | string[] | undefined, now: number): number | null {
  const text = Array.isArray(header) ? header[0] : header;
  if (text === undefined) return null;
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
