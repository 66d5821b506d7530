/** The engine that a command talks to: from flags, or from `connect.json` of the data folder. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { localTokenFile } from '../node/keep.ts';
import { readConnect } from '../process/index.ts';

export interface TargetFlags {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
  readonly data?: string | undefined;
  readonly ca?: string | undefined;
  readonly mpid?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Parsed body, or undefined when it is no JSON. */
  readonly json: unknown;
}

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly as: 'supplier' | 'operator' | 'mts';
}

interface Resolved {
  readonly url: string;
  readonly key: string | undefined;
  readonly token: string | undefined;
  readonly mtsToken: string | undefined;
  readonly mpid: string | undefined;
  readonly agent: Agent;
}

/** A failed call, as the server said it. */
export class CallError extends MeterwrightError {
  readonly status: number;
  constructor(status: number, message: string) {
    super('call_failed', message);
    this.status = status;
  }
}

const CONNECTIONS = 64;

export class Target {
  readonly #flags: TargetFlags;
  #resolved: Resolved | undefined;

  constructor(flags: TargetFlags) {
    this.#flags = flags;
  }

  /** @throws NotRunningError when there is neither `--url` nor a running engine in the data folder */
  #resolve(): Resolved {
    if (this.#resolved) return this.#resolved;
    const { url, key, token, data, ca, mpid } = this.#flags;
    const agentFor = (file: string | undefined): Agent =>
      new Agent({ connections: CONNECTIONS, connect: file === undefined ? {} : { ca: readFileSync(file) } });
    if (url !== undefined) this.#resolved = { url, key, token, mtsToken: token, mpid, agent: agentFor(ca) };
    else {
      const connect = readConnect(data ?? 'data');
      this.#resolved = {
        // A listener of the house's own serves everything.
        url: connect.opsUrl ?? connect.url,
        key: key ?? connect.demo?.apiKey,
        token: token ?? connect.demo?.adminToken ?? localToken(data ?? 'data'),
        mtsToken: token ?? connect.demo?.mtsToken,
        mpid: mpid ?? connect.demo?.mpid,
        agent: agentFor(ca ?? connect.caFile),
      };
    }
    return this.#resolved;
  }

  /** The engine may have been restarted elsewhere: look again at the next call. */
  forget(): void {
    void this.#resolved?.agent.destroy();
    this.#resolved = undefined;
  }

  /** The supplier on whose behalf, if a flag or the demo says. */
  get knownMpid(): string | undefined {
    return this.#resolve().mpid;
  }

  /** The supplier on whose behalf. @throws MeterwrightError when neither a flag nor the demo says */
  get mpid(): string {
    const { mpid } = this.#resolve();
    if (mpid === undefined) throw new MeterwrightError('missing_flag', '--mpid: needed, since no demo supplier is running');
    return mpid;
  }

  /** Whether there is a token that may open the MTS API: one that was given, or the demo's. */
  get knowsMtsToken(): boolean {
    return this.#resolve().mtsToken !== undefined;
  }

  get url(): string {
    return this.#resolve().url;
  }

  async call(path: string, { method = 'GET', headers = {}, body, as }: Call): Promise<Answer> {
    const to = this.#resolve();
    const answer = await request(new URL(path, to.url), {
      method,
      dispatcher: to.agent,
      headers: { ...credentials(to, as), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, json: parse(text) };
  }

  /** Like `call`, but anything other than 2xx is an error with the server's own words. */
  async need<T>(path: string, call: Call): Promise<T> {
    const answer = await this.call(path, call);
    if (answer.status < 200 || answer.status > 299) throw new CallError(answer.status, `${answer.status} ${wordsOf(answer)}`);
    return answer.json as T;
  }

  /** Upload a stream; the answer's lines come as they are made. */
  async *upload(path: string, body: AsyncIterable<Uint8Array>, contentType: string): AsyncGenerator<string> {
    const to = this.#resolve();
    const answer = await request(new URL(path, to.url), {
      method: 'POST',
      dispatcher: to.agent,
      headers: { ...credentials(to, 'operator'), 'content-type': contentType },
      body: body as never,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    let rest = '';
    answer.body.setEncoding('utf8');
    for await (const chunk of answer.body) {
      rest += String(chunk);
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      yield* lines.filter((line) => line !== '');
    }
    if (rest !== '' && answer.statusCode <= 299) yield rest;
    if (answer.statusCode > 299) throw new CallError(answer.statusCode, `${answer.statusCode} ${wordsOf({ json: parse(rest), text: rest })}`);
  }

  /** What a live socket is opened with on somebody's behalf; who has no credential of that kind shows the operator's. */
  live(as: Call['as']): { readonly url: string; readonly key?: string; readonly token?: string; readonly agent: Agent } {
    const to = this.#resolve();
    const url = new URL('/live/v1', to.url.replace(/^http/, 'ws')).href;
    if (as === 'supplier' && to.key !== undefined) return { url, key: to.key, agent: to.agent };
    const token = as === 'mts' ? (to.mtsToken ?? to.token) : to.token;
    return { url, agent: to.agent, ...(token === undefined ? {} : { token }) };
  }

  async close(): Promise<void> {
    await this.#resolved?.agent.close();
  }
}

function credentials(to: Resolved, as: Call['as']): Record<string, string> {
  if (as === 'supplier') return to.key === undefined ? {} : { 'x-api-key': to.key };
  const token = as === 'mts' ? to.mtsToken : to.token;
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

/** Whoever can read the data folder may steer its engine. */
function localToken(dataDir: string): string | undefined {
  try {
    return readFileSync(localTokenFile(dataDir), 'utf8').trim();
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the server said was wrong, in one line. */
export function wordsOf(answer: Pick<Answer, 'json' | 'text'>): string {
  const body = answer.json as { detail?: unknown; details?: unknown; title?: string } | undefined;
  if (typeof body?.details === 'string') return body.details;
  if (typeof body?.detail === 'string') return body.detail;
  if (Array.isArray(body?.detail))
    return body.detail.map((entry: { loc?: string[]; msg?: string }) => `${entry.loc?.join('.') ?? ''}: ${entry.msg ?? ''}`).join('; ');
  return body?.title ?? answer.text.slice(0, 300);
}
