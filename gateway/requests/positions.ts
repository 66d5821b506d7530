/**
 * Where page n + 1 of a list begins, remembered for a short while: a reader that goes page by page costs one page each time,
 * not all pages before it.
 */
import type { Position } from './walk.ts';

const KEEP_MS = 60_000;
const MAX_ENTRIES = 2_000;

export class Positions {
  readonly #kept = new Map<string, { readonly position: Position; readonly staleAt: number }>();

  /** Start of the page with that number; `list` tells the query apart from others. */
  get(list: string, page: number, now: number): Position | undefined {
    const found = this.#kept.get(`${page}|${list}`);
    return found && found.staleAt > now ? found.position : undefined;
  }

  put(list: string, page: number, position: Position, now: number): void {
    const key = `${page}|${list}`;
    this.#kept.delete(key);
    this.#kept.set(key, { position, staleAt: now + KEEP_MS });
    if (this.#kept.size > MAX_ENTRIES) {
      const oldest = this.#kept.keys().next();
      if (!oldest.done) this.#kept.delete(oldest.value);
    }
  }
}
