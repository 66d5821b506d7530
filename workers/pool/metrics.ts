/** Counters and histograms of the pool, read as a plain object. No clock and no library in here. */
import type { Job, Priority } from './job.ts';

export interface HistogramSummary {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Eight buckets to each power of two from 1 to 2^40: a quantile is right within 13 per cent. */
const PER_OCTAVE = 8;

export class Histogram {
  readonly #buckets = new Float64Array(40 * PER_OCTAVE);
  #count = 0;
  #sum = 0;
  #max = 0;

  record(value: number): void {
    const bucket = value <= 1 ? 0 : Math.min(this.#buckets.length - 1, Math.floor(Math.log2(value) * PER_OCTAVE));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.#count++;
    this.#sum += value;
    if (value > this.#max) this.#max = value;
  }

  summary(): HistogramSummary {
    const mean = this.#count === 0 ? 0 : this.#sum / this.#count;
    return { count: this.#count, mean, p50: this.#quantile(0.5), p99: this.#quantile(0.99), max: this.#max };
  }

  #quantile(p: number): number {
    let left = Math.ceil(this.#count * p);
    if (left === 0) return 0;
    for (let bucket = 0; bucket < this.#buckets.length; bucket++) {
      left -= this.#buckets[bucket] ?? 0;
      if (left <= 0) return Math.min(this.#max, 2 ** ((bucket + 0.5) / PER_OCTAVE));
    }
    return this.#max;
  }
}

export interface PoolMetrics {
  /** Now. */
  readonly depth: {
    /** Requests that wait for a worker. */
    readonly live: number;
    readonly bulk: number;
    /** Requests not answered yet, waiting or running, and their octets. */
    readonly inHand: number;
    readonly octets: number;
    readonly freeSlots: number;
  };
  /** `lastFault`: what the last thread said that ended by an error. */
  readonly threads: { readonly ready: number; readonly running: number; readonly lastFault: string | undefined };
  /** Since the start. */
  readonly requests: {
    readonly inline: number;
    readonly crossed: number;
    readonly busy: number;
    readonly expired: number;
    readonly aborted: number;
    readonly poisoned: number;
    /** Handed to a worker once more: its worker was lost, or its answer did not fit. */
    readonly again: number;
  };
  readonly batches: number;
  /** Workers lost and replaced, by cause: `hung` were ended by the pool. */
  readonly restarts: { readonly lost: number; readonly hung: number };
  /** Microseconds from `run` to the batch that carries the request. */
  readonly waitUs: { readonly live: HistogramSummary; readonly bulk: HistogramSummary };
  /** Requests of a batch. */
  readonly batchSize: HistogramSummary;
  /** Microseconds that a worker took for a batch, by its own clock. */
  readonly runUs: HistogramSummary;
}

/** The counters that the pool writes. */
export class Meters {
  inline = 0;
  crossed = 0;
  busy = 0;
  expired = 0;
  aborted = 0;
  poisoned = 0;
  again = 0;
  batches = 0;
  lost = 0;
  hung = 0;
  readonly waitLive = new Histogram();
  readonly waitBulk = new Histogram();
  readonly batchSize = new Histogram();
  readonly run = new Histogram();

  started(priority: Priority, jobs: readonly Job[], atMs: number): void {
    const wait = priority === 'live' ? this.waitLive : this.waitBulk;
    for (const { call } of jobs) wait.record((atMs - call.since) * 1_000);
    this.batches++;
    this.batchSize.record(jobs.length);
  }
}

/** Of a pool without threads. */
export const NO_GAUGES: Pick<PoolMetrics, 'depth' | 'threads'> = {
  depth: { live: 0, bulk: 0, inHand: 0, octets: 0, freeSlots: 0 },
  threads: { ready: 0, running: 0, lastFault: undefined },
};

export function summarize(meters: Meters, gauges: Pick<PoolMetrics, 'depth' | 'threads'>): PoolMetrics {
  const { inline, crossed, busy, expired, aborted, poisoned, again, batches, lost, hung } = meters;
  return {
    ...gauges,
    requests: { inline, crossed, busy, expired, aborted, poisoned, again },
    batches,
    restarts: { lost: lost - hung, hung },
    waitUs: { live: meters.waitLive.summary(), bulk: meters.waitBulk.summary() },
    batchSize: meters.batchSize.summary(),
    runUs: meters.run.summary(),
  };
}
