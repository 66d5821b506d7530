/**
 * Counters per shard. They are changed beside the documents, not with them, and written a little later: after a crash they
 * may be off until the sweep recounts.
 *
 * A recount compares two looks at the same counter. What moved meanwhile, here or on another node, is left for the next one.
 */

import type { ActorDoc, Count, Total } from '../store.ts';
import { applyAll } from './bulk.ts';
import { CHEAP, type Collections } from './collections.ts';
import { countId } from './layout.ts';
import { Lazily } from './lazily.ts';
import { compareText } from './merge.ts';

const DELAY_MS = 1_000;
/** Longer than other nodes keep changes to themselves. */
const SECOND_LOOK_MS = 2_500;
const DAY_MS = 86_400_000;

type Counted = Pick<ActorDoc, 'shard' | 'kind' | 'state' | 'since' | 'reason'>;

export class Counters {
  readonly #collections: Collections;
  #changes = new Map<string, number>();
  readonly #lazily: Lazily;
  /** Each collects what moves while its recount runs. */
  readonly #watching = new Set<Set<string>>();

  constructor(collections: Collections, onError: (error: unknown) => void) {
    this.#collections = collections;
    this.#lazily = new Lazily(DELAY_MS, () => this.#write(), onError);
  }

  /** A document left one counter and entered another. */
  moved(before: Counted | undefined, after: Counted | undefined): void {
    const [from, to] = [before && countIdOf(before), after && countIdOf(after)];
    if (from === to) return;
    if (from !== undefined) this.#add(from, -1);
    if (to !== undefined) this.#add(to, 1);
    this.#lazily.poke();
  }

  async read(shards: readonly number[]): Promise<Count[]> {
    await this.flush();
    const rows = await this.#collections.counts.find({ s: { $in: [...shards] }, n: { $gt: 0 } }).toArray();
    return rows.map(({ _id, n }) => countOf(_id, n));
  }

  /** Added up by the server: of many shards it sends one sum. */
  async totals(): Promise<Total[]> {
    await this.flush();
    const comma = { $indexOfBytes: ['$_id', ','] };
    const behind = { $substrBytes: ['$_id', { $add: [comma, 1] }, { $strLenBytes: '$_id' }] };
    const sums = await this.#collections.counts
      .aggregate<{ _id: string; n: number }>([{ $match: { n: { $gt: 0 } } }, { $group: { _id: behind, n: { $sum: '$n' } } }])
      .toArray();
    return sums.map(({ _id, n }) => {
      const [kind, state, day, reason] = JSON.parse(`[${_id}`) as [string, string, string, string];
      return { kind, state, day, reason, count: n };
    });
  }

  async flush(): Promise<void> {
    while (this.#changes.size > 0) await this.#lazily.flush();
    await this.#lazily.idle();
  }

  stop(): void {
    this.#lazily.stop();
  }

  /** @param settled resolves when every commit that is under way now has moved its counters */
  async recount(shard: number, settled: () => Promise<void>, pause: (delayMs: number) => Promise<void>): Promise<number> {
    const moving = new Set<string>();
    this.#watching.add(moving);
    try {
      const first = await this.#look(shard, settled);
      if (first.size === 0) return 0;
      await pause(SECOND_LOOK_MS);
      const second = await this.#look(shard, settled);
      const wrong = [...second].filter(([id, { is, should }]) => !moving.has(id) && first.get(id)?.is === is && first.get(id)?.should === should);
      if (wrong.length > 0) await this.#repair(shard, wrong);
      return wrong.length;
    } finally {
      this.#watching.delete(moving);
    }
  }

  #add(id: string, by: number): void {
    this.#changes.set(id, (this.#changes.get(id) ?? 0) + by);
    for (const moving of this.#watching) moving.add(id);
  }

  /** Counters that differ from the documents. */
  async #look(shard: number, settled: () => Promise<void>): Promise<Map<string, { readonly is: number; readonly should: number }>> {
    await settled();
    await this.flush();
    const { actors, counts } = this.#collections;
    const is = new Map((await counts.find({ s: shard }).toArray()).map(({ _id, n }) => [_id, n]));
    const groups = await actors
      .aggregate<{ _id: { st: string; day: number; r?: string | null }; n: number }>([
        { $match: { s: shard, st: { $gte: '' } } },
        { $group: { _id: { st: '$st', day: { $floor: { $divide: ['$si', DAY_MS] } }, r: '$r' }, n: { $sum: 1 } } },
      ])
      .toArray();
    await settled();
    const should = new Map(groups.map(({ _id: { st, day, r }, n }) => [idOfGroup(shard, st, day, r ?? ''), n]));
    const differ = new Map<string, { is: number; should: number }>();
    for (const id of new Set([...is.keys(), ...should.keys()])) {
      const pair = { is: is.get(id) ?? 0, should: should.get(id) ?? 0 };
      if (pair.is !== pair.should) differ.set(id, pair);
    }
    return differ;
  }

  async #repair(shard: number, wrong: (readonly [string, { readonly is: number; readonly should: number }])[]): Promise<void> {
    const { counts } = this.#collections;
    wrong.sort(([a], [b]) => compareText(a, b));
    await applyAll(
      counts,
      wrong.map(([_id, { is, should }]) => countChangeOf(_id, should - is)),
    );
    await counts.deleteMany({ s: shard, n: 0 });
  }

  async #write(): Promise<void> {
    // In order of id: other nodes change the same counters.
    const changes = [...this.#changes].filter(([, by]) => by !== 0).sort(([a], [b]) => compareText(a, b));
    this.#changes = new Map();
    if (changes.length === 0) return;
    const writes = changes.map(([id, by]) => countChangeOf(id, by));
    // Not tried again when there is no answer: it may have been applied. The recount finds what is missing.
    await applyAll(this.#collections.counts, writes, CHEAP);
  }
}

/** What adds to a counter. */
export function countChangeOf(_id: string, by: number) {
  return { updateOne: { filter: { _id }, update: { $inc: { n: by }, $setOnInsert: { s: shardOf(_id) } }, upsert: true } };
}

export function countIdOf({ shard, kind, state, since, reason = '' }: Counted): string {
  return countId(shard, kind, state, dayOf(Math.floor(since / DAY_MS)), reason);
}

function idOfGroup(shard: number, st: string, day: number, reason: string): string {
  const bar = st.indexOf('|');
  return countId(shard, st.slice(0, bar), st.slice(bar + 1), dayOf(day), reason);
}

function countOf(id: string, count: number): Count {
  const [shard, kind, state, day, reason] = JSON.parse(id) as [number, string, string, string, string];
  return { shard, kind, state, day, reason, count };
}

function shardOf(id: string): number {
  return (JSON.parse(id) as [number])[0];
}

/** UTC day as `YYYY-MM-DD`. @param day days since 1970 */
function dayOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}
