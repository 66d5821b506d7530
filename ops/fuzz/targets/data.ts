/** COSEM values by all three ways of reading them (objects, columns, index), date and time. */
import { fromHex } from '../../../workers/codec/common/index.ts';
import {
  type Columns,
  columnShapeOf,
  type DataValue,
  decodeColumns,
  decodeData,
  decodeDate,
  decodeDateTime,
  decodeTime,
  encodeData,
  encodeDate,
  encodeDateTime,
  encodeTime,
  indexData,
  TapedData,
  tapeWords,
} from '../../../workers/codec/data/index.ts';
import { same } from '../equal.ts';
import { outcomeFault } from '../properties.ts';
import { corpusOf, fuzzTarget, under } from '../target.ts';

/** Small, so that a run reaches them. */
const LIMITS = { maxDepth: 8, maxElements: 500, maxOctets: 700 };

/** Profile buffers, plain and compact, and types that no vector has. */
const PROFILES = [
  '01030204090C07E40101FF00030000FF880006000000010600000002110102040006000000020600000003110202040006000000030600000004001103',
  '0102020314FFFFFFFFFFFFFFFF153FFFFFFFFFFFFFFF0A02414202031400000000000000011500000000000000020A0143',
  '1302031106121603060100000001020002000000020203',
  '1302020611060500000001010000000202',
  '010211051106',
  '02080405A8173FC00000183FF80000000000000D120C02C3A91907E40101FF00030000FF88001A07E40101FF1B0A0B0CFFFF',
].flatMap((hex) => fromHex(hex) ?? []);

const tape = new Uint32Array(tapeWords(64 * 1024));

/** The index must agree with the objects: same outcome, same value. */
function tapeFault(input: Uint8Array): string | undefined {
  const value = decodeData(input);
  const index = indexData(input, tape);
  const fault = outcomeFault(input, index);
  if (fault !== undefined) return `indexData: ${fault}`;
  if (index.kind === 'bad' && index.error.code === 'too_large') return undefined;
  if (value.kind !== index.kind || value.consumed !== index.consumed) return `indexData: ${index.kind}, and decodeData ${value.kind}`;
  if (value.kind !== 'good') return undefined;
  return same(new TapedData(input, tape).toValue(), value.value) ? undefined : 'indexData: another value than that of decodeData';
}

/** What decodes to columns decodes to objects, with the same cells. */
function columnsFault(input: Uint8Array): string | undefined {
  const shape = columnShapeOf(input);
  const fault = outcomeFault(input, shape);
  if (fault !== undefined) return `columnShapeOf: ${fault}`;
  if (shape.kind !== 'good') return undefined;
  const columns = decodeColumns(input, shape.value);
  if (columns.kind !== 'good') {
    const broken = outcomeFault(input, columns);
    return broken === undefined ? undefined : `decodeColumns: ${broken}`;
  }
  const value = decodeData(input);
  if (value.kind !== 'good' || !('items' in value.value)) return `decodeColumns: good, and decodeData is ${value.kind}`;
  return cellsAgree(columns.value, value.value.items) ? undefined : 'decodeColumns: other cells than those of decodeData';
}

function cellsAgree(columns: Columns, rows: readonly DataValue[]): boolean {
  if (columns.rows !== rows.length) return false;
  return rows.every((row, at) => {
    const cells = row.type === 'structure' ? row.items : [row];
    return cells.every((cell, column) => same(columns.value(column, at), cell));
  });
}

export const target = () =>
  fuzzTarget({
    name: 'data',
    corpus: [...corpusOf('cosem-data'), ...PROFILES],
    decoders: [
      under({ name: 'decodeData', decode: (octets: Uint8Array) => decodeData(octets), encode: encodeData }),
      under({ name: 'decodeData within limits', decode: (octets: Uint8Array) => decodeData(octets, { limits: LIMITS, strict: 'all' }), encode: encodeData }),
      under({ name: 'decodeDateTime', decode: (octets: Uint8Array) => decodeDateTime(octets), encode: encodeDateTime }),
      under({ name: 'decodeDate', decode: (octets: Uint8Array) => decodeDate(octets), encode: encodeDate }),
      under({ name: 'decodeTime', decode: (octets: Uint8Array) => decodeTime(octets), encode: encodeTime }),
    ],
    more: (input) => tapeFault(input) ?? columnsFault(input),
  });
