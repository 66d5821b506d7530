/** Calls over HTTPS to whichever engine the front gives us, as an impatient caller makes them. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly json: unknown;
  readonly retryAfterMs: number;
}

export interface Ask {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A text goes as it is. */
  readonly body?: unknown;
}

/** Whoever is asleep is not waited for longer than this. */
const PATIENCE_MS = 5_000;
const AGAIN_MS = 150;
const MOST_AGAIN_MS = 1_000;

export class Api {
  readonly #base: string;
  readonly #agent: Agent;

  /** @param base `https://127.0.0.1:port` */
  constructor(base: string, caFile: string) {
    this.#base = base;
    // Connections are short-lived, so that calls are spread anew all the time.
    this.#agent = new Agent({
      connections: 16,
      pipelining: 1,
      keepAliveTimeout: 500,
      keepAliveMaxTimeout: 500,
      connect: { ca: readFileSync(caFile, 'utf8'), timeout: PATIENCE_MS },
      headersTimeout: PATIENCE_MS,
      bodyTimeout: PATIENCE_MS,
    });
  }

  /** @throws when there is no answer */
  async call(path: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
    const isText = typeof body === 'string';
    const answer = await request(`${this.#base}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(PATIENCE_MS * 2),
    });
    const text = await answer.body.text();
    const retryAfter = Number(answer.headers['retry-after']);
    return { status: answer.statusCode, text, json: parse(text), retryAfterMs: Number.isFinite(retryAfter) ? retryAfter * 1_000 : 0 };
  }

  /** Again and again until there is an answer that is no wish to come again; undefined when `giveUp` says so first. */
  async insist(path: string, ask: Ask, giveUp: () => boolean): Promise<{ readonly answer: Answer; readonly calls: number } | undefined> {
    for (let calls = 1; !giveUp(); calls += 1) {
      let waitMs = AGAIN_MS;
      try {
        const answer = await this.call(path, ask);
        if (!comesAgain(answer)) return { answer, calls };
        waitMs = Math.min(Math.max(answer.retryAfterMs, AGAIN_MS), MOST_AGAIN_MS);
      } catch {
        // Cut, refused or silent: the next call may meet somebody else.
      }
      await pause(waitMs);
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** As docs/supplier-api.md tells callers. */
function comesAgain({ status, text }: Answer): boolean {
  return status === 503 || status === 429 || status === 408 || (status === 409 && text.includes('still in hand'));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
