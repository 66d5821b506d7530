/** The control interface of the simulated market that the program started. */
import { join } from 'node:path';
import { readJson } from '../../../ops/process/files.ts';
import type { DtnLine } from '../../../ops/sim/market/dtn-file.ts';
import type { Fault } from '../../../ops/sim/market/faults.ts';
import type { Flow } from '../../../ops/sim/market/flow.ts';
import type { Rule } from '../../../ops/sim/market/rules.ts';
import { call } from './http.ts';

export interface Surs {
  readonly count: number;
  readonly repeated: number;
  readonly differentBytes: readonly unknown[];
}

export interface DtnView {
  readonly files: number;
  readonly refused: number;
  readonly conflicts: readonly string[];
  readonly repeated: number;
  readonly lines: readonly (DtnLine & { readonly times: number })[];
}

export class Market {
  readonly #url: string;

  /** @param dataDir the engine's: the simulator keeps its ports there */
  constructor(dataDir: string) {
    const ports = readJson(join(dataDir, 'sim', 'ports.json')) as { controlPort: number };
    this.#url = `http://127.0.0.1:${ports.controlPort}`;
  }

  async #ask<T>(path: string, body?: unknown): Promise<T> {
    const answer = await call<T>(`${this.#url}${path}`, body === undefined ? {} : { method: 'POST', body });
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  rules(rules: readonly Rule[], append = true): Promise<unknown> {
    return this.#ask('/sim/rules', { rules, append });
  }

  outage(fault: Fault): Promise<unknown> {
    return this.#ask('/sim/outage', fault);
  }

  inject(injection: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#ask('/sim/inject', injection);
  }

  stats(): Promise<{ readonly flows: number; readonly backlog: number; readonly poisoned: number; readonly faults: Readonly<Record<string, number>> }> {
    return this.#ask('/sim/stats');
  }

  surs(): Promise<Surs> {
    return this.#ask('/sim/surs');
  }

  async flows(mpan?: string): Promise<readonly Flow[]> {
    const query = mpan === undefined ? 'limit=10000' : `mpan=${mpan}`;
    return (await this.#ask<{ flows: readonly Flow[] }>(`/sim/flows?${query}`)).flows;
  }

  dtn(): Promise<DtnView> {
    return this.#ask('/sim/dtn');
  }

  /** The next files are refused, or nothing answers. */
  dtnMood(mood: Readonly<Record<string, unknown>>): Promise<unknown> {
    return this.#ask('/sim/dtn', mood);
  }
}
