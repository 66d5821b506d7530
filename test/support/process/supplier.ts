/** A supplier's client of the API, as a supplier would write it. */
import { londonDate } from '../../../machines/calendar/index.ts';
import { call, type HttpAnswer } from './http.ts';
import { until } from './until.ts';

const DAY_MS = 86_400_000;

export type Scenario = 'COS' | 'CSP' | 'USP' | 'SEG' | 'MCA' | 'MCS';

export interface Accepted {
  readonly request_id: string;
  readonly request_status: string;
  readonly mpan_core: number;
}

export interface Entry {
  readonly metadata: Accepted & { readonly errors: readonly { readonly code: string; readonly message: string; readonly source: string }[] };
  readonly request_data: Readonly<Record<string, unknown>>;
  readonly messages?: readonly { readonly direction: string; readonly interface: string; readonly reference: string }[];
}

/** `YYYY-MM-DD`, so many days from today. */
export function day(fromNow: number): string {
  return londonDate(Date.now() + fromNow * DAY_MS);
}

export function appointment(mpan: string, change: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return {
    mpan_core: Number(mpan),
    metering_service_mpid: 'MOPX',
    effective_from: `${day(7)}T00:00:00+00:00`,
    contract_reference: 'MSA001',
    appointment_scenario: 'CSP',
    ...change,
  };
}

export class Supplier {
  readonly #base: () => string;
  readonly #mpid: string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param base asked before each call */
  constructor(base: string | (() => string), mpid: string, apiKey: string) {
    this.#base = typeof base === 'string' ? () => base : base;
    this.#mpid = mpid;
    this.#headers = { 'x-api-key': apiKey };
  }

  post(body: unknown, key: string, headers: Readonly<Record<string, string>> = {}): Promise<HttpAnswer<Accepted>> {
    return call(`${this.#base()}/metering-services/v1/${this.#mpid}/appoint`, {
      method: 'POST',
      headers: { ...this.#headers, 'x-idempotency-key': key, ...headers },
      body,
    });
  }

  /** @returns the request's id. @throws for anything but 202 */
  async appoint(mpan: string, change: Readonly<Record<string, unknown>> = {}, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    const answer = await this.post(appointment(mpan, change), `key-${mpan}-${JSON.stringify(change)}`, headers);
    if (answer.status !== 202) throw new Error(`appoint ${mpan}: ${answer.status} ${answer.text}`);
    return answer.json.request_id;
  }

  get<T>(path: string, query: Readonly<Record<string, string | number | boolean>> = {}): Promise<HttpAnswer<T>> {
    const text = new URLSearchParams(Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]));
    return call(`${this.#base()}${path}/${this.#mpid}?${text}`, { headers: this.#headers });
  }

  async requests(query: Readonly<Record<string, string | number | boolean>> = {}): Promise<readonly Entry[]> {
    const answer = await this.get<readonly Entry[]>('/requests/v1', query);
    if (answer.status !== 200) throw new Error(`requests: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  /** Every request, by pages. */
  async all(query: Readonly<Record<string, string>> = {}): Promise<readonly Entry[]> {
    const found: Entry[] = [];
    for (let page = 1; ; page++) {
      const answer = await this.get<{ items: readonly Entry[]; total: number }>('/requests/v1', { ...query, page, page_size: 200, sort_direction: 'asc' });
      if (answer.status !== 200) throw new Error(`requests: ${answer.status} ${answer.text}`);
      found.push(...answer.json.items);
      if (found.length >= answer.json.total || answer.json.items.length === 0) return found;
    }
  }

  async request(id: string): Promise<Entry | undefined> {
    return (await this.requests({ request_id: id }))[0];
  }

  /** How many requests have this status. */
  async count(status: string): Promise<number> {
    const answer = await this.get<{ total: number }>('/requests/v1', { request_status: status, page: 1, page_size: 1 });
    return answer.json.total;
  }

  /** Waits until the request has ended. */
  ended(id: string, boundMs = 20_000): Promise<Entry> {
    return until(
      `request ${id} has ended`,
      async () => {
        const entry = await this.request(id);
        return entry && entry.metadata.request_status !== 'Pending' ? entry : undefined;
      },
      boundMs,
    );
  }

  async mpan(mpan: string): Promise<Readonly<Record<string, unknown>>> {
    return (await this.get<Readonly<Record<string, unknown>>>('/mpan/v1', { mpan_id: mpan })).json;
  }

  async meters(mpan: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.get<readonly Readonly<Record<string, unknown>>[]>('/meter-technical-details/v1', { mpan_id: mpan })).json;
  }
}
