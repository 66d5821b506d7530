/** Values that hold no others, after their tag: what tagged values and the elements of compact arrays have in common. */
import type { Reader } from '../common/index.ts';
import type { DataBudget } from './budget.ts';
import { readFloat32, readFloat64, readInt64, readUint64 } from './numbers.ts';
import type { DataValue } from './types.ts';

/** Stands for a value that was not read; the reader says why. */
export const NO_VALUE: DataValue = Object.freeze({ type: 'null-data' });

/** The content of a value that is no container, after its tag. A failed reader gives a value of zeros, which nobody sees. */
export function readContent(reader: Reader, tag: number, budget: DataBudget): DataValue {
  switch (tag) {
    case 0x00:
      return { type: 'null-data' };
    case 0x03:
      return { type: 'boolean', value: reader.u8() !== 0 };
    case 0x04:
      return readBitString(reader, budget);
    case 0x05:
      return { type: 'double-long', value: reader.u32() | 0 };
    case 0x06:
      return { type: 'double-long-unsigned', value: reader.u32() };
    case 0x09:
      return { type: 'octet-string', octets: readString(reader, budget) };
    case 0x0a:
      return { type: 'visible-string', octets: readString(reader, budget) };
    case 0x0c:
      return { type: 'utf8-string', octets: readString(reader, budget) };
    case 0x0d:
      return { type: 'bcd', value: reader.u8() };
    case 0x0f:
      return { type: 'integer', value: (reader.u8() << 24) >> 24 };
    case 0x10:
      return { type: 'long', value: (reader.u16() << 16) >> 16 };
    case 0x11:
      return { type: 'unsigned', value: reader.u8() };
    case 0x12:
      return { type: 'long-unsigned', value: reader.u16() };
    case 0x14:
      return { type: 'long64', value: readInt64(reader.octets, advance(reader, 8)) };
    case 0x15:
      return { type: 'long64-unsigned', value: readUint64(reader.octets, advance(reader, 8)) };
    case 0x16:
      return { type: 'enum', value: reader.u8() };
    case 0x17:
      return { type: 'float32', value: readFloat32(reader.octets, advance(reader, 4)) };
    case 0x18:
      return { type: 'float64', value: readFloat64(reader.octets, advance(reader, 8)) };
    case 0x19:
      return { type: 'date-time', octets: reader.view(12) };
    case 0x1a:
      return { type: 'date', octets: reader.view(5) };
    case 0x1b:
      return { type: 'time', octets: reader.view(4) };
    case 0xff:
      return { type: 'dont-care' };
    default:
      reader.fail('unknown_tag', 'data: a tag of the COSEM data types', tag, reader.at - 1);
      return NO_VALUE;
  }
}

function readString(reader: Reader, budget: DataBudget): Uint8Array {
  const offset = reader.at;
  const length = reader.length('string: length');
  if (length > budget.maxOctets) reader.fail('too_large', `string: at most ${budget.maxOctets} octets`, length, offset);
  return reader.view(length);
}

function readBitString(reader: Reader, budget: DataBudget): DataValue {
  const offset = reader.at;
  const bits = reader.length('bit-string: count of bits');
  const length = Math.ceil(bits / 8);
  if (length > budget.maxOctets) reader.fail('too_large', `bit-string: at most ${budget.maxOctets} octets`, length, offset);
  return { type: 'bit-string', bits, octets: reader.view(length) };
}

/** Where the next `count` octets begin; where they are not all there, the reader has failed and the value does not count. */
function advance(reader: Reader, count: number): number {
  const { at } = reader;
  if (reader.has(count)) reader.at = at + count;
  return at;
}
