/** What an operator asks of a running engine. */
import { call, type HttpAnswer } from './http.ts';

export interface Why {
  readonly actor: string;
  readonly state: string;
  readonly reason: string | null;
  readonly reminders: readonly { readonly name: string; readonly dueAt: number; readonly gate?: string }[];
  readonly owed: readonly { readonly channel: string; readonly name: string }[];
  readonly history: readonly { readonly version: number; readonly event: string; readonly to: string }[];
}

export interface Readiness {
  readonly status: 'ok' | 'degraded' | 'down';
  readonly checks: Readonly<Record<string, { readonly status: string; readonly text: string }>>;
}

export class Operator {
  readonly #base: () => string;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param base asked before each call */
  constructor(base: () => string, token: string) {
    this.#base = base;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  get<T>(path: string): Promise<HttpAnswer<T>> {
    return call(`${this.#base()}${path}`, { headers: this.#headers });
  }

  post<T>(path: string, body: unknown): Promise<HttpAnswer<T>> {
    return call(`${this.#base()}${path}`, { method: 'POST', headers: this.#headers, body });
  }

  async why(actor: string): Promise<Why> {
    return (await this.get<Why>(`/ops/v1/actors/${encodeURIComponent(actor)}`)).json;
  }

  async alerts(): Promise<readonly { readonly code: string; readonly about: string; readonly text: string }[]> {
    return (await this.get<{ items: readonly { code: string; about: string; text: string }[] }>('/ops/v1/alerts?limit=500')).json.items;
  }

  async quarantine(): Promise<readonly unknown[]> {
    return (await this.get<{ items: readonly unknown[] }>('/ops/v1/quarantine?limit=500')).json.items;
  }

  /** The body, whatever the status. */
  async ready(): Promise<Readiness & { readonly httpStatus: number }> {
    const answer = await this.get<Readiness>('/health/ready');
    return { ...answer.json, httpStatus: answer.status };
  }
}
