/**
 * Counters of all shards together, in memory: read once, from then on moved along with every batch that is written. What asks for
 * them costs their number (kinds, states, days, reasons), not that of the shards' counters, and nobody pays before the first asks.
 */
import type { Total } from '../store.ts';
import { type CountChanges, readCount, shardRange } from './counters.ts';
import type { Entry, Ground } from './trees.ts';
import type { Writer } from './writer.ts';

/** Rows read before others get a turn: about a millisecond. */
const SLICE = 1_000;
const ALL = { start: shardRange(0).start, end: shardRange(65_535).end };

interface Sum {
  readonly of: Omit<Total, 'count'>;
  count: number;
}

export class Totals {
  readonly #ground: Ground;
  readonly #writer: Writer;
  readonly #pause: () => Promise<void>;
  #sums: Promise<ReadonlyMap<string, Sum>> | undefined;
  #unhear: () => void = () => {};

  constructor(ground: Ground, writer: Writer, pause: () => Promise<void>) {
    this.#ground = ground;
    this.#writer = writer;
    this.#pause = pause;
  }

  async read(): Promise<Total[]> {
    this.#sums ??= this.#build();
    const totals: Total[] = [];
    for (const { of, count } of (await this.#sums).values()) if (count > 0) totals.push({ ...of, count });
    return totals;
  }

  /** Counters were put right: read them again when somebody asks. */
  forget(): void {
    this.#unhear();
    this.#sums = undefined;
  }

  /** The scan sees one moment; what is written while it runs is added to its result. */
  async #build(): Promise<ReadonlyMap<string, Sum>> {
    const sums = new Map<string, Sum>();
    const listen = (changes: CountChanges): void => {
      for (const { label, delta } of changes.values()) add(sums, label, delta);
    };
    this.#unhear = () => void this.#writer.onCounts.delete(listen);
    let rows: Iterator<Entry> | undefined;
    try {
      await this.#writer.job(() => {
        rows = this.#ground.trees.counts.entries(ALL)[Symbol.iterator]();
        this.#writer.onCounts.add(listen);
      });
      let row = rows?.next();
      for (let n = 1; row && !row.done; n++) {
        const { value } = row.value;
        add(sums, value.slice(value.indexOf(' ') + 1), readCount(value));
        if (n % SLICE === 0) await this.#pause();
        row = rows?.next();
      }
      return sums;
    } catch (error) {
      this.forget();
      throw error;
    } finally {
      rows?.return?.();
    }
  }
}

/** @param label JSON of kind, state, day and reason */
function add(sums: Map<string, Sum>, label: string, by: number): void {
  const sum = sums.get(label);
  if (sum) {
    sum.count += by;
    // Days and reasons come and go: what has none is forgotten.
    if (sum.count === 0) sums.delete(label);
    return;
  }
  if (by === 0) return;
  const [kind, state, day, reason] = JSON.parse(label) as [string, string, string, string];
  sums.set(label, { of: { kind, state, day, reason }, count: by });
}
