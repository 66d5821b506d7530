/**
 * Entries of documents in one order, though the server only orders documents: each document is found at a lower bound of
 * its entries, and what is read ahead waits until no later document can come before it.
 *
 *   documents by bound   b1 ≤ b2 ≤ b3 …      entries waiting  ▒▒▒▒▒▒      given: those that sort before the next bound
 */
export interface Bounded<K, T extends K> {
  /** Not above any entry of this document or of a later one. */
  readonly bound: K;
  readonly entries: readonly T[];
}

export async function* mergeEntries<K, T extends K>(documents: AsyncIterable<Bounded<K, T>>, compare: (a: K, b: K) => number): AsyncGenerator<T> {
  // Sorted, the next one last.
  const waiting: T[] = [];
  for await (const { bound, entries } of documents) {
    for (let next = waiting.at(-1); next !== undefined && compare(next, bound) < 0; next = waiting.at(-1)) {
      waiting.pop();
      yield next;
    }
    for (const entry of entries) insert(waiting, entry, compare);
  }
  yield* waiting.reverse();
}

/** Into what is sorted downwards. */
function insert<K, T extends K>(waiting: T[], entry: T, compare: (a: K, b: K) => number): void {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(waiting[middle] as T, entry) > 0) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, entry);
}

/** As the server compares texts: by the bytes of UTF-8. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
