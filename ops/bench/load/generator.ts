/** Sends the requests of a job and measures the answers. */
import { quantile } from '../report.ts';
import type { Connection } from './connection.ts';
import { type RequestMaker, requestMaker } from './forms.ts';
import type { LoadJob, LoadResult } from './job.ts';

/** Pause before a request that was turned away is sent again. */
const AWAY_MS = 50;
/** An appointment is accepted with 202, whatever has no more to come with 200. */
const ACCEPTED: ReadonlySet<number> = new Set([200, 202]);

export class Generator {
  readonly #job: LoadJob;
  readonly #make: RequestMaker;
  readonly #latencies: number[] = [];
  readonly #others: Record<string, number> = {};
  readonly #stalled: (() => void)[] = [];
  #allowed: number;
  #next = 0;
  #accepted = 0;

  constructor(job: LoadJob, today: string) {
    this.#job = job;
    this.#make = requestMaker(job, today);
    this.#allowed = job.allowed ?? Number.POSITIVE_INFINITY;
  }

  allow(count: number): void {
    this.#allowed = Math.max(this.#allowed, count);
    for (const go of this.#stalled.splice(0)) go();
  }

  async run(connections: readonly Connection[]): Promise<LoadResult> {
    const { pace, subjects } = this.#job;
    const startedAt = performance.now();
    if (pace.kind === 'closed') await Promise.all(connections.map((connection) => this.#closed(connection)));
    else await this.#open(connections, pace.perSecond);
    const elapsedMs = performance.now() - startedAt;
    const at = (p: number): number => quantile(this.#latencies, p);
    return {
      accepted: this.#accepted,
      others: this.#others,
      elapsedMs,
      perSecond: (subjects.length / elapsedMs) * 1_000,
      latencyMs: { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) },
    };
  }

  async #closed(connection: Connection): Promise<void> {
    const { subjects } = this.#job;
    for (;;) {
      while (this.#next >= this.#allowed && this.#next < subjects.length) await new Promise<void>((go) => this.#stalled.push(go));
      const index = this.#next;
      if (index >= subjects.length) return;
      this.#next++;
      await this.#one(connection, index, performance.now());
    }
  }

  /** A free connection takes the next request that is due; when none is free, requests wait and their clock runs. */
  async #open(connections: readonly Connection[], perSecond: number): Promise<void> {
    const { subjects } = this.#job;
    const startedAt = performance.now();
    const dueAt = (index: number): number => startedAt + (index * 1_000) / perSecond;
    await Promise.all(
      connections.map(async (connection) => {
        for (;;) {
          const index = this.#next;
          if (index >= subjects.length) return;
          const wait = dueAt(index) - performance.now();
          if (wait > 0) {
            await new Promise((go) => setTimeout(go, wait));
            continue;
          }
          this.#next++;
          await this.#one(connection, index, dueAt(index));
        }
      }),
    );
  }

  async #one(connection: Connection, index: number, since: number): Promise<void> {
    const request = this.#make(index, this.#job.subjects[index] ?? '');
    for (;;) {
      const { status } = await connection.send(request);
      if (ACCEPTED.has(status)) {
        this.#accepted++;
        this.#latencies.push(performance.now() - since);
        return;
      }
      this.#others[status] = (this.#others[status] ?? 0) + 1;
      if (status !== 429 && status !== 503) return;
      await new Promise((go) => setTimeout(go, AWAY_MS));
    }
  }
}
