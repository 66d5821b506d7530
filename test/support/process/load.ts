/**
 * A client under load that keeps book of what the engine acknowledged. A request whose answer was lost is sent again under
 * its key until it has one, as a careful supplier's system does; so at the end every request that was begun is in the book.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isUnmigrated, seededMpan } from '../../../ops/sim/market/seed.ts';
import { type Chance, chanceOf } from './chance.ts';
import { appointment, type Scenario, type Supplier } from './supplier.ts';

export interface Acknowledged {
  readonly mpan: string;
  readonly scenario: Scenario;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  /** The answer as it came. */
  readonly text: string;
}

export interface LoadOptions {
  /** Asked before each call: the engine may be another one, on another port, or none. */
  readonly supplier: () => Supplier | undefined;
  readonly seed: number;
  /** Meter points at hand; each is appointed once. */
  readonly mpans: number;
  readonly parallel: number;
  /** Pause of each of the parallel callers between two requests, milliseconds. */
  readonly paceMs: number;
}

const AWAY_MS = 25;
const SCENARIOS = ['COS', 'CSP', 'CSP', 'USP', 'SEG'] as const;

export class Load {
  readonly acknowledged: Acknowledged[] = [];
  /** Answers that were neither 202 nor a wish to come again. */
  readonly refused: string[] = [];
  /** Calls that got no answer. */
  lost = 0;
  readonly #options: LoadOptions;
  readonly #chance: Chance;
  readonly #workers: Promise<void>[];
  #next = 0;
  #stopped = false;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#chance = chanceOf(options.seed);
    this.#workers = Array.from({ length: options.parallel }, () => this.#work());
  }

  get exhausted(): boolean {
    return this.#next >= this.#options.mpans;
  }

  /** Begins nothing new; resolves when everything that was begun has its answer. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#workers);
  }

  async #work(): Promise<void> {
    while (!this.#stopped && !this.exhausted) {
      const index = this.#next++;
      const mpan = seededMpan(index);
      const scenario: Scenario = isUnmigrated(index) ? 'MCA' : this.#chance.pick(SCENARIOS);
      await this.#settle(mpan, scenario, appointment(mpan, { appointment_scenario: scenario }), `load-${index}`);
      await pause(this.#options.paceMs * 2 * this.#chance.next());
    }
  }

  async #settle(mpan: string, scenario: Scenario, body: Readonly<Record<string, unknown>>, key: string): Promise<void> {
    for (;;) {
      try {
        const answer = await this.#options.supplier()?.post(body, key);
        if (answer?.status === 202) {
          this.acknowledged.push({ mpan, scenario, key, body, requestId: answer.json.request_id, text: answer.text });
          return;
        }
        if (answer && ![429, 503].includes(answer.status)) {
          this.refused.push(`${mpan} ${scenario}: ${answer.status} ${answer.text}`);
          return;
        }
      } catch {
        this.lost += 1;
      }
      await pause(AWAY_MS);
    }
  }
}
