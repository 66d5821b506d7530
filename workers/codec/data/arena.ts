/**
 * Memory for the arrays of columns. A buffer costs as much as filling the columns of a day (bench `codec`), so small sets share
 * one: parts are handed out once, never again, and a set that is kept keeps at most {@link SLAB} octets alive.
 */
import type { ColumnShape } from './column-shape.ts';

const SLAB = 32 * 1024;

/** A larger set has a buffer of its own. */
const MOST_SHARED = SLAB / 8;

/** The widest arrays have eight octets an element: every array begins on a multiple of that. */
const ALIGN = 8;

let slab = new ArrayBuffer(SLAB);
let slabAt = 0;

export class Arena {
  readonly rows: number;
  readonly #buffer: ArrayBuffer;
  #at: number;

  constructor(shape: ColumnShape, rows: number) {
    const size = shape.cells.length * (rows + 2) * ALIGN;
    this.rows = rows;
    if (size > MOST_SHARED) {
      this.#buffer = new ArrayBuffer(size);
      this.#at = 0;
      return;
    }
    if (slabAt + size > SLAB) {
      slab = new ArrayBuffer(SLAB);
      slabAt = 0;
    }
    this.#buffer = slab;
    this.#at = slabAt;
    slabAt += size;
  }

  uint32(): Uint32Array {
    return new Uint32Array(this.#buffer, this.#take(this.rows * 4), this.rows);
  }

  int32(): Int32Array {
    return new Int32Array(this.#buffer, this.#take(this.rows * 4), this.rows);
  }

  float64(): Float64Array {
    return new Float64Array(this.#buffer, this.#take(this.rows * 8), this.rows);
  }

  /** Two words a row: 64-bit numbers. */
  words(): Uint32Array<ArrayBuffer> {
    return new Uint32Array(this.#buffer, this.#take(this.rows * 8), this.rows * 2);
  }

  #take(octets: number): number {
    const at = this.#at;
    this.#at += Math.ceil(octets / ALIGN) * ALIGN;
    return at;
  }
}
