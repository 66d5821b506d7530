/**
 * The calls in hand: what was asked, what is answered, and by when the rest must be. It moves nothing to the workers.
 *
 * I1 Every request is settled exactly once; a call finishes when all of its requests are.
 * I2 Requests in hand never exceed `queueRequests` and `queueBytes`.
 * I3 While a call is in hand the process stays alive, and a timer stands for its deadline.
 */
import { Alarm } from './alarm.ts';
import { ABORTED, type Answer, type BadAnswer, CLOSED, DOWN, EXPIRED, poolError } from './answer.ts';
import type { Call, Job } from './job.ts';
import type { Meters } from './metrics.ts';
import type { PoolOptions } from './options.ts';

const GIVEN_UP = { pool_aborted: ABORTED, pool_deadline: EXPIRED, pool_closed: CLOSED, pool_down: DOWN };

export type GivenUp = keyof typeof GIVEN_UP;

export class Ledger {
  readonly #options: Pick<PoolOptions, 'queueRequests' | 'queueBytes'>;
  readonly #meters: Meters;
  /**
   * Not a set: a set makes a new table every few changes, each old table holds on to the next, and one that has grown old keeps all calls
   * after it, with their answers, until a full collection (bench `pool`).
   */
  readonly #calls: Call[] = [];
  readonly #deadline: Alarm;
  readonly #nowMs: () => number;
  readonly #waiting: (() => void)[] = [];
  #requests = 0;
  #octets = 0;

  constructor(options: Pick<PoolOptions, 'queueRequests' | 'queueBytes'>, meters: Meters, nowMs: () => number) {
    this.#options = options;
    this.#meters = meters;
    this.#nowMs = nowMs;
    this.#deadline = new Alarm(nowMs, () => this.#expire());
  }

  get requests(): number {
    return this.#requests;
  }

  get octets(): number {
    return this.#octets;
  }

  /** Why so much more cannot be taken. */
  refusal(requests: number, octets: number): BadAnswer | undefined {
    const { queueRequests, queueBytes } = this.#options;
    const full = this.#requests + requests > queueRequests ? 'queueRequests' : this.#octets + octets > queueBytes ? 'queueBytes' : undefined;
    if (full === undefined) return undefined;
    this.#meters.busy += requests;
    return poolError('pool_busy', `${full}: must not be exceeded by what is in hand`, `${this.#requests} and ${requests} requests`);
  }

  open(call: Call): void {
    call.place = this.#calls.push(call) - 1;
    if (this.#calls.length === 1) this.#deadline.hold(true);
    this.#deadline.by(call.dueAt);
    this.#requests += call.jobs.length;
    for (const job of call.jobs) this.#octets += job.octets;
    this.#meters.crossed += call.jobs.length;
  }

  settle(job: Job, answer: Answer<unknown>): void {
    if (job.state === 'settled') return;
    job.state = 'settled';
    this.#requests--;
    this.#octets -= job.octets;
    const { call } = job;
    call.answers[job.index] = answer;
    if (--call.left > 0) return;
    this.#remove(call);
    call.finish();
    if (this.#calls.length > 0) return;
    this.#deadline.hold(false);
    for (const done of this.#waiting.splice(0)) done();
  }

  /** Answers what is left of a call with an error. */
  giveUp(call: Call, code: GivenUp): void {
    if (code === 'pool_aborted') this.#meters.aborted += call.left;
    if (code === 'pool_deadline') this.#meters.expired += call.left;
    for (const job of call.jobs) this.settle(job, GIVEN_UP[code]);
  }

  giveUpAll(code: GivenUp): void {
    for (const call of [...this.#calls]) this.giveUp(call, code);
  }

  /** When nothing is in hand. */
  async drained(): Promise<void> {
    if (this.#calls.length > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.giveUpAll('pool_closed');
    this.#deadline.clear();
  }

  #remove(call: Call): void {
    const last = this.#calls.pop();
    if (last === undefined || last === call) return;
    this.#calls[call.place] = last;
    last.place = call.place;
  }

  #expire(): number {
    const now = this.#nowMs();
    let next = Number.POSITIVE_INFINITY;
    for (const call of [...this.#calls]) {
      if (call.dueAt <= now) this.giveUp(call, 'pool_deadline');
      else next = Math.min(next, call.dueAt);
    }
    return next;
  }
}
