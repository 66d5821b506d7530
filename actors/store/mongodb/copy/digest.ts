/** Counts and checksums of what is copied, by kind: the same in whatever order things come, and whatever the order of their fields. */
import { createHash } from 'node:crypto';
import type { Placed, StoreExport } from '../../tree/export.ts';

export interface Tally {
  readonly count: number;
  /** Hex. */
  readonly checksum: string;
}

export class Digest {
  readonly #kinds = new Map<string, { count: number; readonly sum: Buffer }>();

  add(kind: string, item: unknown): void {
    let tally = this.#kinds.get(kind);
    if (!tally) {
      tally = { count: 0, sum: Buffer.alloc(32) };
      this.#kinds.set(kind, tally);
    }
    tally.count++;
    const hash = createHash('sha256').update(canonical(item)).digest();
    // No two are the same, since each has a key of its own: so none undoes another.
    for (const [i, byte] of hash.entries()) tally.sum[i] = (tally.sum[i] ?? 0) ^ byte;
  }

  tallies(): ReadonlyMap<string, Tally> {
    const sorted = [...this.#kinds].sort(([a], [b]) => (a < b ? -1 : 1));
    return new Map(sorted.map(([kind, { count, sum }]) => [kind, { count, checksum: sum.toString('hex') }]));
  }
}

function canonical(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : value,
  );
}

/** All slices of a kind. */
export function* slices<K extends Parameters<StoreExport['slice']>[0]>(
  source: StoreExport,
  kind: K,
  limit: number,
  after?: string,
): Generator<ReturnType<typeof source.slice<K>>> {
  for (let place = after; ; ) {
    const slice = source.slice(kind, place, limit);
    const last: Placed<unknown> | undefined = slice.at(-1);
    if (!last) return;
    yield slice;
    place = last.place;
  }
}
