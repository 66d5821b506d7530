/** The control and statistics interface, on loopback only (see docs/simulator.md). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Book } from './book.ts';
import type { Callbacks } from './callbacks.ts';
import type { Delivery } from './delivery.ts';
import type { DtnGateway, DtnMood } from './dtn.ts';
import { type Faults, parseFault } from './faults.ts';
import { listen, readBody, sendJson, unlisten } from './http.ts';
import { type Injection, parseInjection } from './injection.ts';
import { parseRules, type Rule, type RuleBook } from './rules.ts';
import { type Counters, countersView } from './stats.ts';

export interface ControlParts {
  readonly book: Book;
  readonly rules: RuleBook;
  readonly faults: Faults;
  readonly delivery: Delivery;
  readonly callbacks: Callbacks;
  readonly counters: Counters;
  readonly dtn: DtnGateway | null;
  /** Puts rules in force and keeps them on disk. */
  readonly setRules: (rules: readonly Rule[]) => void;
  readonly inject: (injection: Injection) => readonly string[];
  readonly resetCounters: () => void;
}

type Reply = { readonly status: number; readonly value: unknown };

const LIMIT = 10 * 1024 * 1024;
const ok = (value: unknown): Reply => ({ status: 200, value });
const bad = (error: string): Reply => ({ status: 400, value: { error } });

export class ControlServer {
  readonly #parts: ControlParts;
  readonly #server: Server;

  constructor(parts: ControlParts) {
    this.#parts = parts;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => sendJson(response, 500, JSON.stringify({ error: String(error) })));
    });
  }

  async start(port: number): Promise<string> {
    return `http://127.0.0.1:${await listen(this.#server, '127.0.0.1', port)}`;
  }

  async stop(): Promise<void> {
    await unlisten(this.#server);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, LIMIT);
    const url = new URL(request.url ?? '/', 'http://control');
    let value: unknown = null;
    if (body === null) return sendJson(response, 413, null);
    if (body.length > 0) {
      try {
        value = JSON.parse(body.toString('utf8'));
      } catch {
        return sendJson(response, 400, JSON.stringify({ error: 'body: is not JSON' }));
      }
    }
    const reply = await this.#route(`${request.method} ${url.pathname}`, url.searchParams, value);
    sendJson(response, reply.status, JSON.stringify(reply.value));
  }

  async #route(call: string, query: URLSearchParams, value: unknown): Promise<Reply> {
    switch (call) {
      case 'GET /sim/stats':
        return ok(this.#stats());
      case 'GET /sim/surs':
        return ok(this.#surs(query));
      case 'GET /sim/flows':
        return ok(this.#flows(query));
      case 'GET /sim/rules':
        return ok({ rules: this.#parts.rules.rules });
      case 'POST /sim/rules':
        return this.#setRules(value);
      case 'DELETE /sim/rules':
        this.#parts.setRules([]);
        return ok({ rules: [] });
      case 'GET /sim/outage':
        return ok(this.#parts.faults.current);
      case 'POST /sim/outage':
        return this.#setFault(value);
      case 'POST /sim/inject':
        return this.#inject(value);
      case 'GET /sim/callbacks':
        return ok(this.#parts.callbacks.list());
      case 'GET /sim/dtn':
        return this.#parts.dtn === null ? { status: 404, value: { error: 'dtn: no gateway is set up' } } : ok(this.#parts.dtn.view());
      case 'POST /sim/dtn':
        return this.#setMood(value);
      case 'POST /sim/reset':
        this.#parts.setRules([]);
        await this.#parts.faults.set({ mode: 'none' });
        this.#parts.dtn?.setMood({});
        this.#parts.resetCounters();
        return ok({});
      default:
        return { status: 404, value: { error: `${call}: no such route` } };
    }
  }

  #stats(): object {
    const { book, counters, delivery, faults } = this.#parts;
    const { user, system } = process.cpuUsage();
    return {
      ...countersView(counters),
      flows: book.size,
      backlog: delivery.backlog,
      surs: book.surs.size,
      repeatedSurs: book.surs.repeated,
      conflictingSurs: book.surs.conflicting,
      outage: faults.current.mode,
      cpuMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #surs(query: URLSearchParams): object {
    const { surs } = this.#parts.book;
    const sur = query.get('sur');
    if (sur !== null)
      return {
        sur,
        times: surs.times(sur),
        differentBytes: surs.conflicts().some((conflict) => conflict.sur === sur),
        flow: this.#parts.book.flowOf(sur)?.flow ?? null,
      };
    const limit = Math.min(Number(query.get('limit') ?? 1000) || 1000, 100_000);
    const listed: object[] = [];
    if (query.has('repeated')) {
      for (const entry of surs.entries()) {
        if (listed.length >= limit) break;
        if (entry.times > 1) listed.push({ sur: entry.sur, times: entry.times });
      }
    }
    return { count: surs.size, repeated: surs.repeated, differentBytes: surs.conflicts(), ...(query.has('repeated') ? { surs: listed } : {}) };
  }

  #flows(query: URLSearchParams): object {
    const mpan = query.get('mpan');
    const limit = Math.min(Number(query.get('limit') ?? 100) || 100, 10_000);
    const flows: object[] = [];
    for (const held of this.#parts.book.all()) {
      if (flows.length >= limit) break;
      if (held.flow === null || (mpan !== null && held.flow.mpan !== mpan)) continue;
      const messages = this.#parts.book
        .publicationsOf(held)
        .map(({ key, channel, state, attempts, lastAnswer }) => ({ key, channel, state, attempts, lastAnswer }));
      flows.push({ ...held.flow, messages });
    }
    return { flows };
  }

  #setRules(value: unknown): Reply {
    const given = value as { rules?: unknown; append?: unknown } | null;
    const parsed = parseRules(given?.rules);
    if ('error' in parsed) return bad(parsed.error);
    const rules = given?.append === true ? [...this.#parts.rules.rules, ...parsed.rules] : parsed.rules;
    this.#parts.setRules(rules);
    return ok({ rules });
  }

  async #setFault(value: unknown): Promise<Reply> {
    const fault = parseFault(value);
    if ('error' in fault) return bad(fault.error);
    await this.#parts.faults.set(fault);
    return ok(fault);
  }

  #inject(value: unknown): Reply {
    const injection = parseInjection(value);
    if ('error' in injection) return bad(injection.error);
    return ok({ surs: this.#parts.inject(injection) });
  }

  #setMood(value: unknown): Reply {
    const mood = value as DtnMood | null;
    if (this.#parts.dtn === null) return { status: 404, value: { error: 'dtn: no gateway is set up' } };
    if (typeof mood !== 'object' || mood === null) return bad('body: must be an object with refuse, text, silent or away');
    this.#parts.dtn.setMood(mood);
    return ok(mood);
  }
}
