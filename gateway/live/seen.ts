/**
 * The last event of each teller, so that one that is announced again is dropped. A teller's events appear first in their order, so what
 * is not above the last is a repetition. Bounded: two halves, of which the older is forgotten when the younger is full.
 */
import type { LiveEvent } from './event.ts';

export class Seen {
  readonly #half: number;
  #young = new Map<string, number>();
  #old = new Map<string, number>();

  constructor(most: number) {
    this.#half = Math.ceil(most / 2);
  }

  /** True when it is new; then it is remembered. */
  take(event: Pick<LiveEvent, 'teller' | 'rank'>): boolean {
    const last = this.#young.get(event.teller) ?? this.#old.get(event.teller);
    if (last !== undefined && event.rank <= last) return false;
    this.#young.set(event.teller, event.rank);
    if (this.#young.size >= this.#half) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    return true;
  }
}
