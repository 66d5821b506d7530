/**
 * Messages that may share a POST: one interface, one sender. They leave in order of arrival, when there are enough of them or
 * the oldest has lingered long enough.
 *
 *   add ──► [ oldest … newest ] ──take(n)──► one POST of at most maxItems and maxBytes
 */
import type { EffectResult } from '../engine/definition.ts';
import type { BatchOptions } from './options.ts';

/** One message on its way. */
export interface Item {
  readonly sur: string;
  readonly body: string;
  readonly bytes: number;
  readonly attempt: number;
  /** Monotonic, milliseconds. */
  readonly since: number;
  /** Set by `finish`: whatever happens later to the POST does not matter any more. */
  settled: boolean;
  finish(result: EffectResult): void;
}

/** Brackets and the comma per item. */
const FRAME_BYTES = 2;

export class Lane {
  readonly path: string;
  #items: Item[] = [];
  #bytes = 0;

  constructor(path: string) {
    this.path = path;
  }

  get size(): number {
    return this.#items.length;
  }

  get oldestSince(): number | undefined {
    return this.#items[0]?.since;
  }

  add(item: Item): void {
    this.#items.push(item);
    this.#bytes += item.bytes + 1;
  }

  /** Enough for a full POST. */
  full(options: BatchOptions): boolean {
    return this.#items.length >= options.maxItems || this.#bytes + FRAME_BYTES >= options.maxBytes;
  }

  /** The oldest, as many as fit; always at least one, however large it is. */
  take(maxItems: number, maxBytes: number): Item[] {
    let bytes = FRAME_BYTES;
    let count = 0;
    for (const item of this.#items) {
      if (count >= maxItems || (count > 0 && bytes + item.bytes + 1 > maxBytes)) break;
      bytes += item.bytes + 1;
      count++;
    }
    return this.#remove(count);
  }

  /** Those that came at or before `since`. */
  takeUntil(since: number): Item[] {
    const first = this.#items.findIndex((item) => item.since > since);
    return this.#remove(first === -1 ? this.#items.length : first);
  }

  /** Drop what was settled while it waited. */
  prune(): void {
    if (this.#items.every((item) => !item.settled)) return;
    this.#items = this.#items.filter((item) => !item.settled);
    this.#bytes = this.#items.reduce((sum, item) => sum + item.bytes + 1, 0);
  }

  #remove(count: number): Item[] {
    const taken = this.#items.splice(0, count);
    for (const item of taken) this.#bytes -= item.bytes + 1;
    return taken;
  }
}
