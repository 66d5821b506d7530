/**
 * The control interface, on loopback only.
 *
 * | call                                       | what it does                                                  |
 * | GET /sim/meters                            | the meters, with address, offset, faults and figures          |
 * | GET /sim/records?after=N                   | records of writes, without the first N                        |
 * | POST /sim/faults {meters?, faults}         | replaces the faults of these meters (serial numbers), or all  |
 * | POST /sim/clock {meters?, offsetSeconds}   | sets their clocks, from wall time                             |
 * | POST /sim/cut {meters?}                    | cuts their open connections                                   |
 * | GET /sim/stats                             | sums, and what the process uses                               |
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { listen, readBody, sendJson, unlisten } from '../market/http.ts';
import type { MeterFarm } from './farm.ts';
import { parseFaults } from './faults.ts';

type Controlled = Omit<MeterFarm, 'controlUrl' | 'stop'>;
type Reply = { readonly status: number; readonly value: unknown };

const LIMIT = 10 * 1024 * 1024;
const ok = (value: unknown): Reply => ({ status: 200, value });
const bad = (error: string): Reply => ({ status: 400, value: { error } });

export class MeterControl {
  readonly #farm: Controlled;
  readonly #total: () => number;
  readonly #bySerial: ReadonlyMap<string, number>;
  readonly #server: Server;

  /** @param total of all records, also those that are no longer kept */
  constructor(farm: Controlled, total: () => number) {
    this.#farm = farm;
    this.#total = total;
    this.#bySerial = new Map(farm.meters.map(({ serialNumber, index }) => [serialNumber, index]));
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
    if (body === null) return sendJson(response, 413, null);
    let value: unknown = {};
    try {
      if (body.length > 0) value = JSON.parse(body.toString('utf8'));
    } catch {
      return sendJson(response, 400, JSON.stringify({ error: 'body: is not JSON' }));
    }
    const url = new URL(request.url ?? '/', 'http://control');
    const reply = this.#route(`${request.method} ${url.pathname}`, url.searchParams, value);
    sendJson(response, reply.status, JSON.stringify(reply.value));
  }

  #route(call: string, query: URLSearchParams, value: unknown): Reply {
    switch (call) {
      case 'GET /sim/meters':
        return ok({
          meters: this.#farm.meters.map(({ password: _, ...meter }) => ({
            ...meter,
            offset: this.#farm.offset(meter.index),
            ...this.#farm.stats(meter.index),
          })),
        });
      case 'GET /sim/records':
        return ok({ total: this.#total(), records: this.#farm.records(Number(query.get('after') ?? 0) || 0) });
      case 'GET /sim/stats':
        return ok(this.#stats());
      case 'POST /sim/faults':
        return this.#faults(value);
      case 'POST /sim/clock':
        return this.#clock(value);
      case 'POST /sim/cut':
        return this.#chosen(value, (indexes) => ok({ cut: indexes.reduce((sum, index) => sum + this.#farm.cut(index), 0) }));
      default:
        return { status: 404, value: { error: `${call}: no such route` } };
    }
  }

  #stats(): object {
    const { user, system } = process.cpuUsage();
    const stats = this.#farm.meters.map(({ index }) => this.#farm.stats(index));
    const sum = (name: 'connections' | 'sessions' | 'octetsIn' | 'octetsOut' | 'wrongPasswords'): number =>
      stats.reduce((total, entry) => total + entry[name], 0);
    return {
      meters: stats.length,
      connections: sum('connections'),
      sessions: sum('sessions'),
      octetsIn: sum('octetsIn'),
      octetsOut: sum('octetsOut'),
      wrongPasswords: sum('wrongPasswords'),
      locked: stats.filter(({ locked }) => locked).length,
      records: this.#total(),
      cpuMs: (user + system) / 1000,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  #faults(value: unknown): Reply {
    const faults = parseFaults((value as { faults?: unknown } | null)?.faults);
    if ('error' in faults) return bad(faults.error as string);
    return this.#chosen(value, (indexes) => {
      for (const index of indexes) this.#farm.setFaults(faults, index);
      return ok({ meters: indexes.length, faults });
    });
  }

  #clock(value: unknown): Reply {
    const offsetSeconds = (value as { offsetSeconds?: unknown } | null)?.offsetSeconds;
    if (typeof offsetSeconds !== 'number') return bad('offsetSeconds: must be a number');
    return this.#chosen(value, (indexes) => {
      for (const index of indexes) this.#farm.setOffset(index, offsetSeconds);
      return ok({ meters: indexes.length, offsetSeconds });
    });
  }

  /** All meters where none are named. */
  #chosen(value: unknown, then: (indexes: readonly number[]) => Reply): Reply {
    const named = (value as { meters?: unknown } | null)?.meters;
    if (named === undefined) return then(this.#farm.meters.map(({ index }) => index));
    if (!Array.isArray(named)) return bad('meters: must be an array of serial numbers');
    const indexes: number[] = [];
    for (const serialNumber of named as readonly unknown[]) {
      const index = this.#bySerial.get(String(serialNumber));
      if (index === undefined) return bad(`meters: no meter ${String(serialNumber)}`);
      indexes.push(index);
    }
    return then(indexes);
  }
}
