/**
 * Callers who keep book: appointments at a steady rate, in turn to each gateway, each request sent again under its idempotency
 * key until it is accepted, as a careful supplier's system does.
 */
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { londonDate } from '../../../machines/calendar/index.ts';

export interface Gateway {
  readonly name: string;
  readonly httpPort: number;
}

/** An answer that was not 202, or none. Instants as `performance.now()` has them. */
export interface Trouble {
  readonly at: number;
  readonly gateway: string;
  /** `away`: 503 with `Retry-After`. `broken`: the connection was refused or cut. `failed`: anything else. */
  readonly kind: 'away' | 'broken' | 'failed';
  readonly text: string;
}

export interface Accepted {
  readonly requestId: string;
  /** From the instant at which it was due, with all repeats. */
  readonly tookMs: number;
  readonly at: number;
}

export interface CallersSetup {
  readonly path: string;
  readonly apiKey: string;
  /** Asked before each try. */
  readonly gateways: () => readonly Gateway[];
  readonly run: string;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: string;
}

/** Callers are told whole seconds; these come back sooner, so that what is measured is the engine's time and not theirs. */
const AWAY_MS = 100;
const BROKEN_MS = 25;
const ANSWER_MS = 40_000;
const AFTER_DAYS = 7;
const DAY_MS = 86_400_000;

export class Callers {
  /** By idempotency key. */
  readonly accepted = new Map<string, Accepted>();
  readonly troubles: Trouble[] = [];
  /** Requests that were begun. */
  begun = 0;
  readonly #setup: CallersSetup;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #from = londonDate(Date.now() + AFTER_DAYS * DAY_MS);
  readonly #open = new Set<Promise<unknown>>();
  #turn = 0;
  #isStopped = false;

  constructor(setup: CallersSetup) {
    this.#setup = setup;
  }

  /** One request, until it is accepted. */
  call(mpan: string, dueAt = performance.now()): Promise<Accepted> {
    const key = `${this.#setup.run}-${this.begun++}`;
    const settled = this.#settle(key, mpan, dueAt);
    const kept = settled.catch(() => {}).finally(() => this.#open.delete(kept));
    this.#open.add(kept);
    return settled;
  }

  /** Begins `perSecond` requests a second, whether answered or not, until `stop` or until the meter points are used up. */
  async steady(mpans: Iterator<string>, perSecond: number): Promise<void> {
    const startedAt = performance.now();
    for (let count = 0; !this.#isStopped; count++) {
      const dueAt = startedAt + (count * 1_000) / perSecond;
      const wait = dueAt - performance.now();
      if (wait > 0) await pause(wait);
      const next = mpans.next();
      if (next.done || this.#isStopped) return;
      this.call(next.value, dueAt).catch(() => {});
    }
  }

  /** Resolves when everything that was begun has its answer. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#open);
    this.#agent.destroy();
  }

  async #settle(key: string, mpan: string, dueAt: number): Promise<Accepted> {
    for (;;) {
      const gateways = this.#setup.gateways();
      const gateway = gateways[this.#turn++ % gateways.length];
      if (!gateway) throw new Error('callers: there is no gateway');
      const { kind, text } = await this.#try(gateway, key, mpan).then(
        (answer) => this.#read(answer),
        (error: NodeJS.ErrnoException) => ({ kind: 'broken' as const, text: error.code ?? error.message }),
      );
      const at = performance.now();
      if (kind === 'accepted') {
        const accepted = { requestId: text, tookMs: at - dueAt, at };
        this.accepted.set(key, accepted);
        return accepted;
      }
      this.troubles.push({ at, gateway: gateway.name, kind, text });
      if (kind === 'failed') throw new Error(`callers: ${text}`);
      await pause(kind === 'away' ? AWAY_MS : BROKEN_MS);
    }
  }

  #read({ status, retryAfter, body }: Answer): { readonly kind: 'accepted' | Trouble['kind']; readonly text: string } {
    if (status === 202) return { kind: 'accepted', text: (JSON.parse(body) as { request_id: string }).request_id };
    if (status === 503 && /^\d+$/.test(retryAfter ?? '')) return { kind: 'away', text: body.slice(0, 200) };
    return { kind: 'failed', text: `${status} ${body.slice(0, 200)}` };
  }

  #try({ httpPort }: Gateway, key: string, mpan: string): Promise<Answer> {
    const { path, apiKey } = this.#setup;
    const body = JSON.stringify({
      mpan_core: Number(mpan),
      metering_service_mpid: 'MOPX',
      effective_from: `${this.#from}T00:00:00+00:00`,
      contract_reference: 'MSA001',
      appointment_scenario: 'CSP',
    });
    const headers = { 'content-type': 'application/json', 'content-length': body.length, 'x-api-key': apiKey, 'x-idempotency-key': key };
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: httpPort, path, method: 'POST', headers, agent: this.#agent, timeout: ANSWER_MS }, (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, retryAfter: answer.headers['retry-after'], body: text }));
        answer.on('error', reject);
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** Ids of all requests that the cluster knows, by its API. */
export async function knownRequests({ httpPort }: Gateway, mpid: string, apiKey: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let page = 1; ; page++) {
    const url = `http://127.0.0.1:${httpPort}/requests/v1/${mpid}?page=${page}&page_size=200&sort_direction=asc`;
    const answer = await fetch(url, { headers: { 'x-api-key': apiKey } });
    if (!answer.ok) throw new Error(`requests: ${answer.status} ${await answer.text()}`);
    const { items } = (await answer.json()) as { readonly items: readonly { readonly metadata: { readonly request_id: string } }[] };
    for (const { metadata } of items) found.add(metadata.request_id);
    if (items.length === 0) return found;
  }
}

/** Accepted ones that cannot be found, and keys whose request is not their own. */
export function lostOf(callers: Callers, known: ReadonlySet<string>): number {
  const ids = [...callers.accepted.values()].map(({ requestId }) => requestId);
  return ids.filter((id) => !known.has(id)).length + (ids.length - new Set(ids).size);
}

/** What happened how often and when, for people. @param from instant from which they are told */
export function summary(troubles: readonly Trouble[], from: number): readonly string[] {
  const instants = new Map<string, number[]>();
  for (const { at, kind, gateway, text } of troubles) {
    const what = `${kind} at ${gateway}: ${text}`;
    instants.set(what, [...(instants.get(what) ?? []), (at - from) / 1_000]);
  }
  return [...instants].map(([what, at]) => `  ${at.length} times ${what} (after ${Math.min(...at).toFixed(1)} to ${Math.max(...at).toFixed(1)} s)`);
}
