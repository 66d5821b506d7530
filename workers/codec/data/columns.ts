/**
 * A profile buffer as columns: typed arrays for numbers, places in the input for strings; no object per field.
 *
 * Columns that are used again keep their arrays, which may then be longer than `rows`: only the first `rows` count.
 */

import { Reader } from '../common/index.ts';
import { Arena } from './arena.ts';
import { openBudget } from './budget.ts';
import type { CellType, ColumnShape } from './column-shape.ts';
import { readContent } from './read-content.ts';
import { DATA_TAGS, type DataValue } from './types.ts';

interface Cells {
  readonly type: CellType;
  /** 1 where the row has null-data in place of a value; empty as long as no row has. Values there are 0. */
  nulls: Uint8Array;
  nullCount: number;
}

export type NumberColumn = Cells &
  (
    | { readonly kind: 'int32'; readonly values: Int32Array }
    /** Also booleans, 0 and 1. */
    | { readonly kind: 'uint32'; readonly values: Uint32Array }
    | { readonly kind: 'int64'; readonly values: BigInt64Array; readonly words: Uint32Array }
    | { readonly kind: 'uint64'; readonly values: BigUint64Array; readonly words: Uint32Array }
    | { readonly kind: 'float64'; readonly values: Float64Array }
  );

/** Strings, date-times: where their content begins in the input, and its octets; of bit-strings its bits. */
export type OctetsColumn = Cells & { readonly kind: 'octets'; readonly offsets: Uint32Array; readonly lengths: Uint32Array };

/** Of null-data or dont-care, which have no content. */
export type NullColumn = Cells & { readonly kind: 'null' };

export type Column = NumberColumn | OctetsColumn | NullColumn;

const NONE = new Uint8Array(0);

export class Columns {
  /** What the offsets of strings count in. */
  octets: Uint8Array = NONE;
  rows = 0;
  columns: readonly Column[] = [];
  #shape: ColumnShape | undefined;
  #capacity = 0;

  /** Makes room for rows of a shape; what was there before is lost. Arrays are kept where they serve. */
  prepare(octets: Uint8Array, shape: ColumnShape, rows: number): void {
    this.octets = octets;
    this.rows = rows;
    if (this.#shape !== shape || this.#capacity < rows) {
      this.#shape = shape;
      this.#capacity = rows;
      const arena = new Arena(shape, rows);
      this.columns = shape.cells.map(({ type }) => makeColumn(type, arena));
      return;
    }
    for (const column of this.columns) {
      if (column.nullCount !== 0) column.nulls.fill(0);
      column.nullCount = 0;
    }
  }

  setNull(column: Column, row: number): void {
    if (column.nulls.length < this.#capacity) column.nulls = new Uint8Array(this.#capacity);
    column.nulls[row] = 1;
    column.nullCount += 1;
  }

  /** True also outside the rows and columns there are. */
  isNull(column: number, row: number): boolean {
    const cells = this.#cells(column, row);
    return cells === undefined || cells.type === 'null-data' || cells.nulls[row] === 1;
  }

  /** A view of a string or date-time; undefined where there is none. */
  view(column: number, row: number): Uint8Array | undefined {
    const cells = this.#cells(column, row);
    if (cells?.kind !== 'octets' || cells.nulls[row] === 1) return undefined;
    const from = cells.offsets[row] ?? 0;
    const length = cells.lengths[row] ?? 0;
    return this.octets.subarray(from, from + (cells.type === 'bit-string' ? Math.ceil(length / 8) : length));
  }

  /** One cell as the object that `decodeData` would have made; undefined outside the rows and columns there are. */
  value(column: number, row: number): DataValue | undefined {
    const cells = this.#cells(column, row);
    if (cells === undefined) return undefined;
    if (cells.nulls[row] === 1) return { type: 'null-data' };
    if (cells.kind === 'null') return { type: cells.type === 'dont-care' ? 'dont-care' : 'null-data' };
    return cells.kind === 'octets' ? this.#string(cells, row) : numberValue(cells, row);
  }

  #string({ type, offsets, lengths }: OctetsColumn, row: number): DataValue {
    const from = offsets[row] ?? 0;
    const length = lengths[row] ?? 0;
    switch (type) {
      case 'bit-string':
        return { type, bits: length, octets: this.octets.subarray(from, from + Math.ceil(length / 8)) };
      case 'octet-string':
      case 'visible-string':
      case 'utf8-string':
        return { type, octets: this.octets.subarray(from, from + length) };
      default:
        return readContent(new Reader(this.octets, from), DATA_TAGS[type], openBudget());
    }
  }

  #cells(column: number, row: number): Column | undefined {
    return row >= 0 && row < this.rows ? this.columns[column] : undefined;
  }
}

function numberValue(column: NumberColumn, row: number): DataValue {
  const { type } = column;
  const value = column.values[row] ?? 0;
  switch (type) {
    case 'boolean':
      return { type, value: value !== 0 };
    case 'long64':
    case 'long64-unsigned':
      return { type, value: BigInt(value) };
    case 'float32':
    case 'float64':
    case 'double-long':
    case 'double-long-unsigned':
    case 'integer':
    case 'long':
    case 'unsigned':
    case 'long-unsigned':
    case 'enum':
    case 'bcd':
      return { type, value: Number(value) };
    default:
      return { type: 'null-data' };
  }
}

function makeColumn(type: CellType, arena: Arena): Column {
  switch (type) {
    case 'double-long':
    case 'integer':
    case 'long':
      return { type, kind: 'int32', values: arena.int32(), nulls: NONE, nullCount: 0 };
    case 'boolean':
    case 'double-long-unsigned':
    case 'unsigned':
    case 'long-unsigned':
    case 'enum':
    case 'bcd':
      return { type, kind: 'uint32', values: arena.uint32(), nulls: NONE, nullCount: 0 };
    case 'long64': {
      const words = arena.words();
      return { type, kind: 'int64', values: new BigInt64Array(words.buffer, words.byteOffset, arena.rows), words, nulls: NONE, nullCount: 0 };
    }
    case 'long64-unsigned': {
      const words = arena.words();
      return { type, kind: 'uint64', values: new BigUint64Array(words.buffer, words.byteOffset, arena.rows), words, nulls: NONE, nullCount: 0 };
    }
    case 'float32':
    case 'float64':
      return { type, kind: 'float64', values: arena.float64(), nulls: NONE, nullCount: 0 };
    case 'null-data':
    case 'dont-care':
      return { type, kind: 'null', nulls: NONE, nullCount: 0 };
    default:
      return { type, kind: 'octets', offsets: arena.uint32(), lengths: arena.uint32(), nulls: NONE, nullCount: 0 };
  }
}
