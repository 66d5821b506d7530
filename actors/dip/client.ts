/** One signed call of the DIP: credentials, signature, deadline, and the single retry after a 401. */
import type { Clock } from '../engine/ports.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import type { DipHttp, DipReply } from './port.ts';
import { signatureHeaders } from './signing.ts';

export type DipCall =
  | { readonly kind: 'answer'; readonly reply: DipReply }
  /** No complete answer: the DIP may or may not have taken it. */
  | { readonly kind: 'unreachable'; readonly text: string }
  /** The caller's signal fired. */
  | { readonly kind: 'aborted' };

export interface DipClientSetup {
  readonly baseUrl: string;
  readonly requestTimeoutMs: number;
  readonly clock: Clock;
  readonly http: DipHttp;
  readonly source: CredentialSource;
  /** Loaded already, so that a wrong setting stops the start. */
  readonly credentials: Credentials;
}

export interface CallOptions {
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export class DipClient {
  readonly #setup: DipClientSetup;
  readonly #base: string;
  readonly #basePath: string;
  #credentials: Credentials;
  #reloading: Promise<void> | undefined;

  constructor(setup: DipClientSetup) {
    this.#setup = setup;
    this.#base = setup.baseUrl.replace(/\/+$/, '');
    this.#basePath = new URL(this.#base).pathname.replace(/\/+$/, '');
    this.#credentials = setup.credentials;
  }

  /** Headers of a request, signed with the date of now. `path` starts with a slash. */
  async sign(method: 'GET' | 'POST' | 'DELETE', path: string, body: string | Buffer): Promise<Record<string, string>> {
    const { signer, apiKey } = this.#credentials;
    const headers = await signatureHeaders(signer, { method, url: `${this.#base}${path}`, body }, this.#setup.clock.now());
    if (apiKey !== undefined) headers['x-api-key'] = apiKey;
    return headers;
  }

  /** Never rejects. A 401 is tried once more with credentials read anew; the second answer counts. */
  async call(method: 'GET' | 'POST' | 'DELETE', path: string, options: CallOptions): Promise<DipCall> {
    const used = this.#credentials;
    const first = await this.#once(method, path, options);
    if (first.kind !== 'answer' || first.reply.status !== 401) return first;
    const failure = await this.#reload(used);
    return failure === undefined ? this.#once(method, path, options) : first;
  }

  async #once(method: 'GET' | 'POST' | 'DELETE', path: string, options: CallOptions): Promise<DipCall> {
    if (options.signal.aborted) return { kind: 'aborted' };
    const deadline = new AbortController();
    const timer = this.#setup.clock.after(this.#setup.requestTimeoutMs, () => deadline.abort());
    try {
      const body = options.body === undefined ? undefined : Buffer.from(options.body);
      const signed = await this.sign(method, path, body ?? '');
      const headers = { ...signed, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers };
      const request = { method, path: `${this.#basePath}${path}`, headers, ...(body === undefined ? {} : { body }) };
      const reply = await this.#setup.http.request(request, AbortSignal.any([options.signal, deadline.signal]));
      return { kind: 'answer', reply };
    } catch (error) {
      if (options.signal.aborted) return { kind: 'aborted' };
      if (deadline.signal.aborted) return { kind: 'unreachable', text: `no answer within ${this.#setup.requestTimeoutMs} ms` };
      return { kind: 'unreachable', text: describe(error) };
    } finally {
      timer.cancel();
    }
  }

  /** Several calls that were refused together reload once; what was reloaded in the meantime is not read again. */
  async #reload(used: Credentials): Promise<unknown> {
    if (this.#credentials !== used) return undefined;
    this.#reloading ??= this.#readAgain();
    try {
      await this.#reloading;
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #readAgain(): Promise<void> {
    try {
      this.#credentials = await this.#setup.source.load();
      this.#setup.http.renew(this.#credentials.tls);
    } finally {
      this.#reloading = undefined;
    }
  }
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? `${code}: ${error.message}` : error.message;
}
