/**
 * Octets into columns, in two ways: a run of rows of one stride column by column, and a row of any form cell by cell. Plain loops
 * over one kind of array each: the bench `codec` measures them.
 */
import type { Reader } from '../common/index.ts';
import type { DataBudget } from './budget.ts';
import type { ColumnShape, Layout } from './column-shape.ts';
import type { Column, Columns } from './columns.ts';
import { readFloat32, readFloat64 } from './numbers.ts';
import { skipContent } from './skip.ts';

/** Which of the two words of a 64-bit number holds its low half here. */
const LOW = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? 0 : 1;

/** How many of the rows from `at` have the octets of the layout in their places; all of them end before `end`. */
export function fittingRows(octets: Uint8Array, at: number, end: number, layout: Layout, rows: number): number {
  const { stride, markOffsets, markOctets } = layout;
  if (stride === 0) return 0;
  const most = Math.min(rows, Math.floor((end - at) / stride));
  const marks = markOffsets.length;
  let base = at;
  for (let row = 0; row < most; row++, base += stride) {
    for (let mark = 0; mark < marks; mark++) {
      if (octets[base + (markOffsets[mark] ?? 0)] !== markOctets[mark]) return row;
    }
  }
  return most;
}

/** Rows `row` to `row + count` of one layout, found to fit, the first of them at `at`. */
export function fillRows(into: Columns, shape: ColumnShape, layout: Layout, at: number, row: number, count: number): void {
  const { octets, columns } = into;
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index];
    const cell = shape.cells[index];
    if (column === undefined || cell === undefined) continue;
    const from = at + (layout.contents[index] ?? 0);
    if (column.kind === 'octets') fillPlaces(column.offsets, column.lengths, from, layout.stride, lengthOf(cell.tag, cell.usual), row, count);
    else fillNumbers(column, cell.tag, octets, from, layout.stride, row, count);
  }
}

/** Of date-times the layout knows the length, of strings it is the usual one. */
function lengthOf(tag: number, usual: number): number {
  return tag === 0x19 ? 12 : tag === 0x1a ? 5 : tag === 0x1b ? 4 : usual;
}

function fillPlaces(offsets: Uint32Array, lengths: Uint32Array, from: number, stride: number, length: number, row: number, count: number): void {
  for (let index = row, at = from; index < row + count; index++, at += stride) {
    offsets[index] = at;
    lengths[index] = length;
  }
}

function fillNumbers(column: Column, tag: number, octets: Uint8Array, from: number, stride: number, row: number, count: number): void {
  switch (column.kind) {
    case 'uint32':
      if (tag === 0x06) fillWide(column.values, octets, from, stride, row, count);
      else if (tag === 0x12) for (let index = row, at = from; index < row + count; index++, at += stride) column.values[index] = pair(octets, at);
      else if (tag === 0x03) for (let index = row, at = from; index < row + count; index++, at += stride) column.values[index] = octets[at] === 0 ? 0 : 1;
      else for (let index = row, at = from; index < row + count; index++, at += stride) column.values[index] = octets[at] ?? 0;
      return;
    case 'int32':
      if (tag === 0x05) fillWide(column.values, octets, from, stride, row, count);
      else if (tag === 0x10) for (let index = row, at = from; index < row + count; index++, at += stride) column.values[index] = (pair(octets, at) << 16) >> 16;
      else for (let index = row, at = from; index < row + count; index++, at += stride) column.values[index] = ((octets[at] ?? 0) << 24) >> 24;
      return;
    case 'int64':
    case 'uint64':
      for (let index = row, at = from; index < row + count; index++, at += stride) setWords(column.words, index, quad(octets, at), quad(octets, at + 4));
      return;
    case 'float64':
      for (let index = row, at = from; index < row + count; index++, at += stride) {
        column.values[index] = tag === 0x17 ? readFloat32(octets, at) : readFloat64(octets, at);
      }
      return;
    case 'octets':
    case 'null':
      return;
  }
}

function fillWide(values: Uint32Array | Int32Array, octets: Uint8Array, from: number, stride: number, row: number, count: number): void {
  for (let index = row, at = from; index < row + count; index++, at += stride) values[index] = quad(octets, at);
}

function pair(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}

/** 32 bits, signed; an array of unsigned numbers takes them as they are. */
function quad(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 24) | ((octets[at + 1] ?? 0) << 16) | ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0);
}

function setWords(words: Uint32Array, index: number, high: number, low: number): void {
  words[index * 2 + LOW] = low;
  words[index * 2 + 1 - LOW] = high;
}

/** One row at the cursor, whatever its widths. A cell of another type, or a row of another form, fails the reader and names both. */
export function readRow(reader: Reader, into: Columns, shape: ColumnShape, tagged: boolean, row: number, budget: DataBudget): void {
  const { columns } = into;
  if (shape.structured && tagged) {
    if (reader.u8() !== 0x02) reader.fail('unexpected_octet', `columns: row ${row} is a structure`, '', reader.at - 1);
    const count = reader.length('structure: count');
    if (count !== columns.length) reader.fail('bad_length', `columns: row ${row} has ${columns.length} cells`, count);
  }
  for (let index = 0; index < columns.length && !reader.failed; index++) {
    const column = columns[index];
    const cell = shape.cells[index];
    if (column === undefined || cell === undefined) return;
    const tag = tagged ? reader.u8() : cell.tag;
    if (tag === cell.tag) {
      readCell(reader, column, tag, row, budget);
    } else if (tag === 0x00) {
      into.setNull(column, row);
      clearCell(column, row);
    } else if (!reader.failed) {
      reader.fail('unexpected_octet', `columns: row ${row}, column ${index} is a ${cell.type}`, `tag ${tag}`, reader.at - 1);
    }
  }
}

function readCell(reader: Reader, column: Column, tag: number, row: number, budget: DataBudget): void {
  if (column.kind === 'octets') {
    const size = skipContent(reader, tag, budget);
    column.lengths[row] = size;
    column.offsets[row] = reader.at - (column.type === 'bit-string' ? Math.ceil(size / 8) : size);
    return;
  }
  const from = reader.at;
  skipContent(reader, tag, budget);
  if (!reader.failed) fillNumbers(column, tag, reader.octets, from, 0, row, 1);
}

function clearCell(column: Column, row: number): void {
  switch (column.kind) {
    case 'int64':
    case 'uint64':
      setWords(column.words, row, 0, 0);
      return;
    case 'octets':
      column.offsets[row] = 0;
      column.lengths[row] = 0;
      return;
    case 'null':
      return;
    default:
      column.values[row] = 0;
  }
}
