/**
 * What the rows of a profile buffer look like, compiled once for {@link decodeColumns}.
 *
 * ```
 *   01 n | 02 04 | 09 0C <12> | 06 <4> | 06 <4> | 11 <1> |   02 04 | 09 0C …
 *          └────────────── stride 28 ─────────────┘
 *   marks: octets that are the same in every row of this stride: 0: 02, 1: 04, 2: 09, 3: 0C, 16: 06, 21: 06, 26: 11
 * ```
 *
 * A string has the width of the first row as a guess; rows of other widths are read cell by cell.
 */
import { type Decoded, good, Reader } from '../common/index.ts';
import { type DataBudget, dataBudget } from './budget.ts';
import { readDescription } from './compact-array.ts';
import type { DataOptions } from './read.ts';
import { CONTENT_WIDTHS, skipContent } from './skip.ts';
import { DATA_TAGS, type DataType, type TypeDescription } from './types.ts';

/** What a column may hold: every type but containers. */
export type CellType = Exclude<DataType, 'array' | 'structure' | 'compact-array'>;

export interface CellShape {
  /** `null-data`: no row has a value here. */
  readonly type: CellType;
  /** Strings and bit-strings: the octets (bits) of the usual cell; 0 where that is not known. */
  readonly usual?: number;
}

export interface ColumnShape {
  /** Rows are structures; false where each is one bare value. */
  readonly structured: boolean;
  readonly cells: readonly CompiledCell[];
  /** For tagged rows, and for the elements of compact arrays, which have no tags. */
  readonly tagged: Layout;
  readonly untagged: Layout;
}

export interface CompiledCell {
  readonly type: CellType;
  readonly tag: number;
  readonly usual: number;
}

/** A row whose strings have their usual length. */
export interface Layout {
  readonly stride: number;
  /** Where the content of each cell begins in the row. */
  readonly contents: readonly number[];
  readonly markOffsets: readonly number[];
  readonly markOctets: readonly number[];
}

const TYPE_BY_TAG = new Map<number, DataType>(Object.entries(DATA_TAGS).map(([type, tag]) => [tag, type as DataType]));

export function columnShape(cells: readonly CellShape[], structured = true): ColumnShape {
  const compiled = cells.map(({ type, usual }) => ({ type, tag: DATA_TAGS[type], usual: usual ?? 0 }));
  return { structured, cells: compiled, tagged: layoutOf(compiled, structured, true), untagged: layoutOf(compiled, structured, false) };
}

/**
 * The shape of an array or compact array, from its first row; where a cell of that is null-data, from the first row that has a
 * value there. An array without rows has the shape of no columns. Containers inside a row: `unsupported`.
 */
export function columnShapeOf(octets: Uint8Array, options?: DataOptions): Decoded<ColumnShape> {
  const budget = dataBudget(options?.limits);
  const reader = new Reader(octets);
  const tag = reader.u8();
  const shape = tag === 0x13 ? shapeOfDescription(reader, budget) : shapeOfRows(reader, tag, budget);
  return reader.failed ? reader.failure() : good(shape, reader.at);
}

function shapeOfDescription(reader: Reader, budget: DataBudget): ColumnShape {
  const description = readDescription(reader, budget, 1);
  const members = description.type === 'structure' ? description.members : [description];
  const types = members.map((member) => cellTypeOf(reader, member));
  const length = reader.length('compact-array: length of the contents');
  const first = new Reader(reader.octets, reader.at, reader.has(length) ? reader.at + length : reader.at);
  const cells = types.map((type): CellShape => ({ type, usual: usualOf(first, DATA_TAGS[type], budget) }));
  reader.at = first.end;
  return columnShape(cells, description.type === 'structure');
}

function usualOf(reader: Reader, tag: number, budget: DataBudget): number {
  const size = skipContent(reader, tag, budget);
  return (CONTENT_WIDTHS[tag] ?? 0) < 0 ? size : 0;
}

function cellTypeOf(reader: Reader, { type }: TypeDescription): CellType {
  if (type !== 'array' && type !== 'structure') return type;
  reader.fail('unsupported', 'columns: rows without containers in them', type);
  return 'null-data';
}

function shapeOfRows(reader: Reader, tag: number, budget: DataBudget): ColumnShape {
  if (reader.failed || tag !== 0x01) {
    reader.fail('unexpected_octet', 'columns: an array or a compact array', tag, 0);
    return columnShape([]);
  }
  const rows = reader.length('array: count');
  const structured = reader.peek() === 0x02;
  const cells: CellShape[] = [];
  for (let row = 0; row < rows && !reader.failed; row++) {
    if (joinRow(reader, cells, row, structured, budget)) break;
  }
  return columnShape(cells, structured || rows === 0);
}

/** @returns whether every cell has a type now */
function joinRow(reader: Reader, cells: CellShape[], row: number, structured: boolean, budget: DataBudget): boolean {
  let count = 1;
  if (structured) {
    if (reader.u8() !== 0x02) reader.fail('unexpected_octet', `columns: row ${row} is a structure`, '', reader.at - 1);
    count = reader.length('structure: count');
    if (row > 0 && count !== cells.length) reader.fail('bad_length', `columns: row ${row} has ${cells.length} cells`, count);
  }
  if (count > budget.elementsLeft) reader.fail('too_many', 'data: at most `maxElements` values', count);
  if (!reader.has(count)) return true;
  let known = true;
  for (let index = 0; index < count && !reader.failed; index++) {
    const tag = reader.u8();
    const type = TYPE_BY_TAG.get(tag);
    if (type === 'array' || type === 'structure' || type === 'compact-array') {
      reader.fail('unsupported', `columns: rows without containers in them (row ${row}, column ${index})`, type, reader.at - 1);
      return true;
    }
    const usual = usualOf(reader, tag, budget);
    const before = cells[index]?.type ?? 'null-data';
    if (type === undefined || before !== 'null-data') continue;
    cells[index] = { type, usual };
    if (type === 'null-data') known = false;
  }
  return known;
}

function layoutOf(cells: readonly CompiledCell[], structured: boolean, tagged: boolean): Layout {
  const contents: number[] = [];
  const markOffsets: number[] = [];
  const markOctets: number[] = [];
  let at = 0;
  const mark = (octet: number): void => {
    markOffsets.push(at);
    markOctets.push(octet);
    at += 1;
  };
  if (structured && tagged) {
    mark(0x02);
    for (const octet of lengthOctets(cells.length)) mark(octet);
  }
  for (const { tag, usual } of cells) {
    if (tagged) mark(tag);
    const width = CONTENT_WIDTHS[tag] ?? 0;
    if (width < 0) for (const octet of lengthOctets(usual)) mark(octet);
    contents.push(at);
    at += width >= 0 ? width : width === -1 ? usual : Math.ceil(usual / 8);
  }
  return { stride: at, contents, markOffsets, markOctets };
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x1_0000) return [0x82, length >>> 8, length & 0xff];
  return [0x84, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
}
