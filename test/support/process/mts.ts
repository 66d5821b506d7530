/** A client of the MTS Actions API, over HTTPS, as an operator's system would write it. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { Connect } from '../../../ops/process/index.ts';
import { until } from './until.ts';

export interface ActionStatus {
  readonly requestId: number;
  readonly result: string;
  readonly serialNumber?: string;
  readonly meterTimeOffset?: string;
  readonly meterTimeOffsetPostUpdate?: string;
  readonly actionStartTime?: string;
  readonly connectionStartTime?: string;
  readonly connectionEndTime?: string;
}

export interface MtsAnswer<T> {
  readonly status: number;
  readonly json: T;
}

export class Mts {
  readonly #connect: () => Connect;
  readonly #token: string;
  /** One for each authority: every engine has its own. */
  readonly #agents = new Map<string, Agent>();

  /** @param connect asked before each call */
  constructor(connect: () => Connect, token: string) {
    this.#connect = connect;
    this.#token = token;
  }

  #agent({ caFile = '' }: Connect): Agent {
    const agent = this.#agents.get(caFile) ?? new Agent({ connections: 32, connect: { ca: readFileSync(caFile, 'utf8') } });
    this.#agents.set(caFile, agent);
    return agent;
  }

  async call<T>(path: string, body?: unknown): Promise<MtsAnswer<T>> {
    const connect = this.#connect();
    const answer = await request(`${connect.url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      dispatcher: this.#agent(connect),
      headers: { authorization: `Bearer ${this.#token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.statusCode, json: (await answer.body.json()) as T };
  }

  /** @returns the request's id. @throws for anything but 200 */
  async update(meter: object): Promise<number> {
    const { status, json } = await this.call<{ requestId: number }>('/MTS/time-update', { immediate: true, ...meter });
    if (status !== 200) throw new Error(`time-update ${JSON.stringify(meter)}: ${status} ${JSON.stringify(json)}`);
    return json.requestId;
  }

  async status(requestId: number): Promise<ActionStatus> {
    const { status, json } = await this.call<ActionStatus>(`/MTS/action-status?requestId=${requestId}`);
    if (status !== 200) throw new Error(`action-status ${requestId}: ${status} ${JSON.stringify(json)}`);
    return json;
  }

  /** Waits until the action has ended. */
  ended(requestId: number, boundMs = 60_000): Promise<ActionStatus> {
    return until(
      `action ${requestId} has ended`,
      async () => {
        const status = await this.status(requestId);
        return status.result === 'PENDING' ? undefined : status;
      },
      boundMs,
    );
  }
}
