/** Posts signed callbacks over kept connections. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { PostAnswer } from './delivery.ts';
import { type SigningIdentity, signRequest } from './signature.ts';

export interface CallbackClientOptions {
  readonly caFile: string | undefined;
  readonly timeoutMs: number;
}

export class CallbackClient {
  readonly #identity: SigningIdentity;
  readonly #options: CallbackClientOptions;
  readonly #stop = new AbortController();
  #agent: Agent | null = null;

  constructor(identity: SigningIdentity, options: CallbackClientOptions) {
    this.#identity = identity;
    this.#options = options;
  }

  /** Signs and posts one array. A message of a test process goes with `X-TEST-MODE: true`. Rejects when the network fails. */
  async post(url: string, body: string, test: boolean): Promise<PostAnswer> {
    const headers: Record<string, string> = { 'content-type': 'application/json', ...signRequest(this.#identity, 'POST', url, body, Date.now()) };
    if (test) headers['x-test-mode'] = 'true';
    try {
      const response = await request(url, {
        method: 'POST',
        headers,
        body,
        dispatcher: this.#connected(),
        headersTimeout: this.#options.timeoutMs,
        bodyTimeout: this.#options.timeoutMs,
        signal: this.#stop.signal,
      });
      const retryAfter = Number(response.headers['retry-after']);
      return { status: response.statusCode, retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1000 : null, body: await response.body.text() };
    } catch (error) {
      if (isTlsFailure(error)) this.#forgetAgent();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const agent = this.#agent;
    this.#agent = null;
    await agent?.destroy();
  }

  /** The authority's file may appear after we started: the receiver makes it at its first start. */
  #connected(): Agent {
    if (this.#agent === null) {
      const ca = this.#options.caFile === undefined ? undefined : readFileSync(this.#options.caFile, 'utf8');
      this.#agent = new Agent({ connect: { ...(ca === undefined ? {} : { ca }), timeout: 5000 }, keepAliveTimeout: 30_000, pipelining: 1 });
    }
    return this.#agent;
  }

  #forgetAgent(): void {
    const agent = this.#agent;
    this.#agent = null;
    agent?.close().catch(() => undefined);
  }
}

function isTlsFailure(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code);
}
