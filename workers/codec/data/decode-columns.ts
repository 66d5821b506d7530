/** Profile buffers in one pass: an array of structures of one shape, or a compact array. */
import { allows, bad, type Decoded, good, Reader } from '../common/index.ts';
import { type DataBudget, dataBudget } from './budget.ts';
import { fillRows, fittingRows, readRow } from './column-fill.ts';
import type { ColumnShape } from './column-shape.ts';
import { Columns } from './columns.ts';
import { readDescription } from './compact-array.ts';
import type { DataOptions } from './read.ts';
import { CONTENT_WIDTHS, skipContent } from './skip.ts';

/**
 * @param shape of `columnShapeOf` or `columnShape`; the same object for buffers of the same meter keeps the arrays of `into`
 * @param into filled and given back; after a failure what it holds means nothing. Fresh columns where absent
 *
 * A row of another shape: `unexpected_octet` or `bad_length`, whose rule names row and column; `decodeData` reads such a buffer.
 * Leniency `trailing-octets`.
 */
export function decodeColumns(octets: Uint8Array, shape: ColumnShape, into: Columns = new Columns(), options?: DataOptions): Decoded<Columns> {
  const budget = dataBudget(options?.limits);
  const reader = new Reader(octets);
  const tag = reader.u8();
  if (tag === 0x01) decodeArray(reader, shape, into, budget);
  else if (tag === 0x13) decodeCompact(reader, shape, into, budget);
  else reader.fail('unexpected_octet', 'columns: an array or a compact array', tag, 0);
  if (reader.failed) return reader.failure();
  if (reader.at > budget.maxOctets) return bad('too_large', 0, `data: at most ${budget.maxOctets} octets`, reader.at, octets.length);
  if (reader.at === octets.length) return good(into, reader.at);
  if (allows(options, 'trailing-octets')) return good(into, reader.at, ['trailing-octets']);
  return bad('trailing_octets', reader.at, 'columns: nothing after the array', `${octets.length - reader.at} octets`, octets.length);
}

function decodeArray(reader: Reader, shape: ColumnShape, into: Columns, budget: DataBudget): void {
  const offset = reader.at;
  const rows = reader.length('array: count');
  const cells = shape.cells.length;
  if (rows * (cells + 1) > budget.elementsLeft) reader.fail('too_many', 'data: at most `maxElements` values', rows, offset);
  if (!reader.has(rows * (shape.structured ? cells + 2 : 1))) return;
  into.prepare(reader.octets, shape, rows);
  readRows(reader, shape, into, true, rows, budget);
}

function decodeCompact(reader: Reader, shape: ColumnShape, into: Columns, budget: DataBudget): void {
  matchDescription(reader, shape, budget);
  const offset = reader.at;
  const length = reader.length('compact-array: length of the contents');
  if (length > budget.maxOctets) reader.fail('too_large', `compact-array: at most ${budget.maxOctets} octets`, length, offset);
  if (!reader.has(length)) return;
  const inner = new Reader(reader.octets, reader.at, reader.at + length);
  const rows = countElements(inner, shape, budget);
  inner.at = reader.at;
  if (rows === undefined) {
    reader.fail('bad_length', 'compact-array: contents of whole elements', `${length} octets`, offset);
    return;
  }
  if (rows * (shape.cells.length + 1) > budget.elementsLeft) {
    reader.fail('too_many', 'data: at most `maxElements` values', rows, offset);
    return;
  }
  into.prepare(reader.octets, shape, rows);
  readRows(inner, shape, into, false, rows, budget);
  reader.at += length;
}

function readRows(reader: Reader, shape: ColumnShape, into: Columns, tagged: boolean, rows: number, budget: DataBudget): void {
  const layout = tagged ? shape.tagged : shape.untagged;
  for (let row = 0; row < rows && !reader.failed; ) {
    const fitting = fittingRows(reader.octets, reader.at, reader.end, layout, rows - row);
    if (fitting > 0) fillRows(into, shape, layout, reader.at, row, fitting);
    reader.at += fitting * layout.stride;
    row += fitting;
    if (row < rows) readRow(reader, into, shape, tagged, row++, budget);
  }
}

function matchDescription(reader: Reader, shape: ColumnShape, budget: DataBudget): void {
  const offset = reader.at;
  const description = readDescription(reader, budget, 1);
  const members = description.type === 'structure' ? description.members : [description];
  if (reader.failed) return;
  if ((description.type === 'structure') !== shape.structured || members.length !== shape.cells.length) {
    reader.fail('bad_length', `columns: elements of ${shape.cells.length} cells`, members.length, offset);
  }
  for (const [index, { type }] of shape.cells.entries()) {
    const got = members[index]?.type ?? 'nothing';
    if (got !== type) reader.fail('unexpected_octet', `columns: column ${index} is a ${type}`, got, offset);
  }
}

/** Undefined when the contents do not end with an element. */
function countElements(reader: Reader, shape: ColumnShape, budget: DataBudget): number | undefined {
  const { left } = reader;
  if (left === 0) return 0;
  let fixed = 0;
  let varies = false;
  for (const { tag } of shape.cells) {
    const width = CONTENT_WIDTHS[tag] ?? 0;
    if (width < 0) varies = true;
    else fixed += width;
  }
  if (!varies) return fixed > 0 && left % fixed === 0 ? left / fixed : undefined;
  let rows = 0;
  for (; reader.left > 0 && !reader.failed; rows++) for (const { tag } of shape.cells) skipContent(reader, tag, budget);
  return reader.failed ? undefined : rows;
}
