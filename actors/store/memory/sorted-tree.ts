/**
 * An ordered map: sorted blocks of keys, each small enough that inserting moves little.
 *
 *   blocks  [ a … f ]  [ g … m ]  [ n … z ]      a block that grows beyond its bound is cut in half; an empty one goes
 */
import { HEAD_LENGTH } from '../tree/head.ts';
import type { Entry, Range, Tree } from '../tree/trees.ts';

const MAX_BLOCK = 512;

export class SortedTree implements Tree {
  readonly #blocks: string[][] = [[]];
  readonly #values = new Map<string, string>();

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  head(key: string): string | undefined {
    return this.#values.get(key)?.slice(0, HEAD_LENGTH);
  }

  put(key: string, value: string): void {
    if (!this.#values.has(key)) this.#insert(key);
    this.#values.set(key, value);
  }

  remove(key: string): void {
    if (!this.#values.delete(key)) return;
    const at = this.#blockOf(key);
    const block = this.#blocks[at] ?? [];
    block.splice(position(block, key), 1);
    if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at, 1);
  }

  /** The keys of now: what changes later does not show. */
  keys({ start, end, after, reverse }: Range): string[] {
    const lower = after !== undefined && !reverse ? `${after}\0` : start;
    const upper = after !== undefined && reverse ? after : end;
    const keys: string[] = [];
    for (let i = this.#blockOf(lower); i < this.#blocks.length; i++) {
      const block = this.#blocks[i] ?? [];
      const part = block.slice(position(block, lower), position(block, upper));
      keys.push(...part);
      if ((block.at(-1) ?? '') >= upper) break;
    }
    return reverse ? keys.reverse() : keys;
  }

  entries(range: Range): Entry[] {
    return this.keys(range).map((key) => ({ key, value: this.#values.get(key) ?? '' }));
  }

  count(range: Range, limit: number): { count: number; next?: string } {
    const keys = this.keys(range);
    const next = keys[limit];
    return next === undefined ? { count: keys.length } : { count: limit, next };
  }

  #insert(key: string): void {
    const at = this.#blockOf(key);
    const block = this.#blocks[at] ?? [];
    block.splice(position(block, key), 0, key);
    if (block.length > MAX_BLOCK) this.#blocks.splice(at + 1, 0, block.splice(MAX_BLOCK >>> 1));
  }

  /** The last block that begins at or before the key. */
  #blockOf(key: string): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#blocks[middle]?.[0] ?? '') <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Index of the first key that is not below. */
function position(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
