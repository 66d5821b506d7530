/** `decode-columns`: a profile buffer as typed arrays. */
import type { Decoded } from '../../codec/common/index.ts';
import { type CellType, type Column, type ColumnShape, Columns, columnShapeOf, DATA_TAGS, decodeColumns } from '../../codec/data/index.ts';
import type { Operation } from '../operation.ts';
import { type Packer, packedOctets, type Unpacker } from '../packing.ts';
import { type DecodeOptions, type DecodeOptionsGiven, givenOptions, OPTIONS_BYTES, readOptions, writeOptions } from './options.ts';
import { goodAnswer, packed, refused } from './outcome.ts';

export interface DecodeColumnsRequest extends DecodeOptions {
  readonly op: 'decode-columns';
  /** An array of structures, or a compact array. Strings of the answer are views of them. */
  readonly octets: Uint8Array;
}

const TYPES: (CellType | undefined)[] = [];
for (const [type, tag] of Object.entries(DATA_TAGS)) TYPES[tag] = type as CellType;

const KINDS = ['int32', 'uint32', 'int64', 'uint64', 'float64', 'octets', 'null'] as const satisfies readonly Column['kind'][];
const NO_NULLS = new Uint8Array(0);

/** The shape of the buffer before: meters of a fleet send the same, and columns of the same shape keep their arrays. */
let lastShape: ColumnShape | undefined;
const lastColumns = new Columns();

export const decodeColumnsOperation: Operation<DecodeColumnsRequest, Columns> = {
  octets: ({ octets }) => octets.length,
  inputBytes: ({ octets }) => OPTIONS_BYTES + packedOctets(octets.length),
  answerBytes: ({ octets }) => 512 + octets.length * 1.25,
  write(request, out) {
    writeOptions(out, request);
    out.octets(request.octets);
  },
  run(input, out) {
    const options = readOptions(input);
    const octets = input.octets();
    const outcome = decode(octets, options, lastColumns);
    if (outcome.kind !== 'good') return refused(outcome, octets.length);
    packColumns(outcome.value, out);
    return packed(outcome);
  },
  read: (answer, { octets }) => unpackColumns(answer, octets),
  direct(request) {
    const { octets } = request;
    const outcome = decode(octets, givenOptions(request), new Columns());
    return outcome.kind === 'good' ? goodAnswer(outcome.value, outcome) : refused(outcome, octets.length);
  },
};

function decode(octets: Uint8Array, options: DecodeOptionsGiven | undefined, into: Columns): Decoded<Columns> {
  const shape = columnShapeOf(octets, options);
  if (shape.kind !== 'good') return shape;
  if (lastShape === undefined || !isSameShape(lastShape, shape.value)) lastShape = shape.value;
  return decodeColumns(octets, lastShape, into, options);
}

function isSameShape(a: ColumnShape, b: ColumnShape): boolean {
  if (a.structured !== b.structured || a.cells.length !== b.cells.length) return false;
  return a.cells.every(({ type, usual }, index) => type === b.cells[index]?.type && usual === b.cells[index]?.usual);
}

function packColumns({ columns, rows }: Columns, out: Packer): void {
  out.word(rows).word(columns.length);
  for (const column of columns) {
    out.word(KINDS.indexOf(column.kind)).word(DATA_TAGS[column.type]).word(column.nullCount);
    if (column.nullCount > 0) out.array(column.nulls.subarray(0, rows));
    if (column.kind === 'octets') out.array(column.offsets.subarray(0, rows)).array(column.lengths.subarray(0, rows));
    else if (column.kind !== 'null') out.array(column.values.subarray(0, rows));
  }
}

function unpackColumns(answer: Unpacker, octets: Uint8Array): Columns {
  const columns = new Columns();
  columns.octets = octets;
  columns.rows = answer.word();
  const n = answer.word();
  const list: Column[] = [];
  for (let i = 0; i < n; i++) list.push(unpackColumn(answer));
  columns.columns = list;
  return columns;
}

function unpackColumn(answer: Unpacker): Column {
  const kind = KINDS[answer.word()] ?? 'null';
  const type = TYPES[answer.word()] ?? 'null-data';
  const nullCount = answer.word();
  const nulls = nullCount > 0 ? answer.array(Uint8Array) : NO_NULLS;
  switch (kind) {
    case 'int32':
      return { type, nulls, nullCount, kind, values: answer.array(Int32Array) };
    case 'uint32':
      return { type, nulls, nullCount, kind, values: answer.array(Uint32Array) };
    case 'int64': {
      const words = answer.array(Uint32Array);
      return { type, nulls, nullCount, kind, words, values: new BigInt64Array(words.buffer, words.byteOffset, words.length / 2) };
    }
    case 'uint64': {
      const words = answer.array(Uint32Array);
      return { type, nulls, nullCount, kind, words, values: new BigUint64Array(words.buffer, words.byteOffset, words.length / 2) };
    }
    case 'float64':
      return { type, nulls, nullCount, kind, values: answer.array(Float64Array) };
    case 'octets':
      return { type, nulls, nullCount, kind, offsets: answer.array(Uint32Array), lengths: answer.array(Uint32Array) };
    case 'null':
      return { type, nulls, nullCount, kind };
  }
}
