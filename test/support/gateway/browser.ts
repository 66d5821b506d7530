/** A page of our own, as far as its requests are concerned: the cookie, the headers that a browser adds, and what a test changes of them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import type { GatewayDeps } from '../../../gateway/server.ts';
import { tlsFiles } from '../../../gateway/tls/index.ts';
import { startWorld, type World } from './world.ts';

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: what came over the wire
  readonly body: any;
}

let made: Promise<{ readonly files: Awaited<ReturnType<typeof tlsFiles>>; readonly agent: Agent }> | undefined;

async function tls(): Promise<{ readonly files: Awaited<ReturnType<typeof tlsFiles>>; readonly agent: Agent }> {
  const folder = mkdtempSync(join(tmpdir(), 'mw-page-'));
  const files = await tlsFiles({ folder, now: Date.now() });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return { files, agent: new Agent({ connect: { ca: readFileSync(files.caFile ?? '') } }) };
}

/** `world` with HTTPS. */
export async function startSecureWorld(deps: Partial<GatewayDeps> = {}): Promise<World & { readonly agent: Agent }> {
  made ??= tls();
  const { files, agent } = await made;
  return Object.assign(await startWorld({}, { tlsFiles: files, tlsNames: files.names, ...deps }), { agent });
}

export class Page {
  readonly #agent: Agent;
  readonly origin: string;
  cookie = '';
  /** The session's key. */
  key = '';

  constructor(agent: Agent, origin: string) {
    this.#agent = agent;
    this.origin = origin;
  }

  /** A header given as undefined is left out. */
  async ask(method: string, path: string, body?: unknown, changed: Readonly<Record<string, string | undefined>> = {}): Promise<PageAnswer> {
    const usual: Record<string, string | undefined> = {
      'sec-fetch-site': 'same-origin',
      ...(method === 'GET' ? {} : { origin: this.origin }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.cookie === '' ? {} : { cookie: this.cookie }),
      ...(this.key === '' ? {} : { 'x-mw-session': this.key }),
      ...changed,
    };
    const headers = Object.fromEntries(Object.entries(usual).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const answer = await request(new URL(path, this.origin), {
      method: method as 'GET',
      dispatcher: this.#agent,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, headers: answer.headers, text, body: text.startsWith('{') ? JSON.parse(text) : undefined };
  }

  /** Sign in with what `POST /ops/v1/session` takes, and keep cookie and key. */
  async signIn(body: unknown): Promise<PageAnswer> {
    const answer = await this.ask('POST', '/ops/v1/session', body);
    const [cookie = ''] = [answer.headers['set-cookie'] ?? []].flat();
    this.cookie = cookie.split(';', 1)[0] ?? '';
    this.key = answer.body?.key ?? '';
    return answer;
  }
}
