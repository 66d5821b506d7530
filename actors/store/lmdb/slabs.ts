/**
 * Where values wait for lmdb's writing thread. lmdb takes an address, not a copy: bytes must stay as they are until the
 * transaction is over. Texts are written one behind the other into a few large buffers, which the next batch uses again,
 * so that a batch of thousands of values makes no garbage.
 *
 *   slab 0 │ value │ value │ … │      slab 1 │ value │ … │ free      larger than half a slab: a buffer of its own
 */

import './native-buffer.ts';

/** lmdb reads `start` and `end` where an encoder gives them. */
interface Slab extends Buffer {
  start: number;
  end: number;
}

const SLAB_BYTES = 1 << 20;
/** Kept between batches. */
const KEPT_SLABS = 16;
/** One UTF-16 code unit is at most three bytes of UTF-8. */
const LARGE_TEXT = SLAB_BYTES / 6;

export class Slabs {
  readonly #slabs: Slab[] = [newSlab()];
  #current = 0;
  #position = 0;

  /** Gives the bytes of a text, valid until `reset`. */
  readonly encode = (text: string): Buffer => {
    if (text.length > LARGE_TEXT) return Buffer.from(text, 'utf8');
    if (this.#position + text.length * 3 > SLAB_BYTES) {
      this.#current++;
      this.#position = 0;
    }
    let slab = this.#slabs[this.#current];
    if (slab === undefined) {
      slab = newSlab();
      this.#slabs[this.#current] = slab;
    }
    const start = this.#position;
    slab.start = start;
    slab.end = start + slab.utf8Write(text, start);
    this.#position = (slab.end + 7) & ~7;
    return slab;
  };

  /** The transaction is over: all of it may be written over. */
  reset(): void {
    this.#current = 0;
    this.#position = 0;
    if (this.#slabs.length > KEPT_SLABS) this.#slabs.length = KEPT_SLABS;
  }
}

function newSlab(): Slab {
  return Object.assign(Buffer.allocUnsafeSlow(SLAB_BYTES), { start: 0, end: 0 });
}
