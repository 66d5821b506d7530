const LEAST = 64;

/**
 * Octets that a stream decoder holds back.
 *
 * ```
 *   octets  | taken already | held ............ | room |
 *                           ^ at                ^ end
 * ```
 *
 * I1 Memory that was given out by `take` is never written again: views of it stay good.
 * I2 Memory is at most twice what is held and the piece that came last, and some octets.
 */
export class Backlog {
  #octets = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #before = 0;

  /** Octets that are held. */
  get length(): number {
    return this.#end - this.#at;
  }

  /** Of the first held octet, counted from the start of the stream. */
  get offset(): number {
    return this.#before;
  }

  push(octets: Uint8Array): void {
    if (this.#end + octets.length > this.#octets.length) this.#move(this.length + octets.length);
    this.#octets.set(octets, this.#end);
    this.#end += octets.length;
  }

  /** Held octet `index` from 0; -1 past the end. */
  peek(index: number): number {
    return index < this.length ? (this.#octets[this.#at + index] ?? -1) : -1;
  }

  /** All that is held, as a view. */
  view(): Uint8Array {
    return this.#octets.subarray(this.#at, this.#end);
  }

  /** The next `count` octets, as a view; they are held no longer. */
  take(count: number): Uint8Array {
    const taken = this.#octets.subarray(this.#at, Math.min(this.#at + count, this.#end));
    this.#at += taken.length;
    this.#before += taken.length;
    return taken;
  }

  clear(): void {
    this.take(this.length);
  }

  #move(wanted: number): void {
    const held = this.length;
    const next = new Uint8Array(wanted * 2 + LEAST);
    next.set(this.view());
    this.#octets = next;
    this.#at = 0;
    this.#end = held;
  }
}
