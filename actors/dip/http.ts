/** HTTPS to the DIP over a keep-alive pool with a client certificate. The one file of this folder that opens a socket. */
import { Pool } from 'undici';
import { MeterwrightError } from '../errors/error.ts';
import type { DipHttp, DipReply, DipRequest, TlsMaterial } from './port.ts';

export interface UndiciHttpOptions {
  readonly baseUrl: string;
  readonly connections: number;
  readonly requestTimeoutMs: number;
  readonly maxAnswerBytes: number;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A pool for the origin of `baseUrl`. Plain http is refused for other than loopback addresses. A server that renegotiates
 * once to ask for the client certificate (TLS 1.2) is served: OpenSSL's client answers it by itself.
 */
export function createUndiciHttp(options: UndiciHttpOptions, tls: TlsMaterial): DipHttp {
  const base = new URL(options.baseUrl);
  if (base.protocol === 'http:' && !LOOPBACK.has(base.hostname)) {
    throw new MeterwrightError('dip_plain_http', `dip.baseUrl: plain http is only for loopback addresses: ${base.origin}`);
  }
  const open = (material: TlsMaterial): Pool =>
    new Pool(base.origin, {
      connections: options.connections,
      pipelining: 1,
      keepAliveTimeout: 30_000,
      headersTimeout: options.requestTimeoutMs,
      bodyTimeout: options.requestTimeoutMs,
      maxResponseSize: options.maxAnswerBytes,
      connect: { timeout: options.requestTimeoutMs, ...(base.protocol === 'https:' ? { ...material } : {}) },
    });
  let pool = open(tls);
  return {
    async request(request: DipRequest, signal: AbortSignal): Promise<DipReply> {
      const answer = await pool.request({
        method: request.method,
        path: request.path,
        headers: request.headers,
        body: request.body ?? null,
        signal,
      });
      const body = await answer.body.text();
      return { status: answer.statusCode, headers: flatten(answer.headers), body };
    },
    renew(material: TlsMaterial): void {
      const old = pool;
      pool = open(material);
      // Requests under way end on the old connections; nobody waits for that.
      old.close().catch(() => {});
    },
    async close(): Promise<void> {
      await pool.destroy();
    },
  };
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string | undefined> {
  const flat: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}
