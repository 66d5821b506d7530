/** Values that hold no others, without their tag. */
import type { Writer } from '../common/index.ts';
import { float32Octets, float64Octets, int64Octets } from './numbers.ts';
import type { DataValue } from './types.ts';

/** What follows the tag of a value that is no container. */
export function writeContent(writer: Writer, value: DataValue): void {
  switch (value.type) {
    case 'null-data':
    case 'dont-care':
      return;
    case 'boolean':
      writer.u8(value.value ? 1 : 0);
      return;
    case 'bcd':
    case 'unsigned':
    case 'enum':
      writer.u8(writer.bounded(value.type, value.value, 0, 0xff));
      return;
    case 'integer':
      writer.u8(writer.bounded(value.type, value.value, -0x80, 0x7f));
      return;
    case 'long':
      writer.u16(writer.bounded(value.type, value.value, -0x8000, 0x7fff));
      return;
    case 'long-unsigned':
      writer.u16(writer.bounded(value.type, value.value, 0, 0xffff));
      return;
    case 'double-long':
      writer.u32(writer.bounded(value.type, value.value, -0x8000_0000, 0x7fff_ffff));
      return;
    case 'double-long-unsigned':
      writer.u32(writer.bounded(value.type, value.value, 0, 0xffff_ffff));
      return;
    case 'long64':
      if (BigInt.asIntN(64, value.value) !== value.value) writer.fail('long64: a signed number of 64 bits', value.value.toString());
      writer.put(int64Octets(value.value));
      return;
    case 'long64-unsigned':
      if (BigInt.asUintN(64, value.value) !== value.value) writer.fail('long64-unsigned: a number of 64 bits, not negative', value.value.toString());
      writer.put(int64Octets(value.value));
      return;
    case 'float32':
      writer.put(float32Octets(value.value));
      return;
    case 'float64':
      writer.put(float64Octets(value.value));
      return;
    case 'octet-string':
    case 'visible-string':
    case 'utf8-string':
      writer.size(value.octets.length).put(value.octets);
      return;
    case 'bit-string':
      writeBitString(writer, value.bits, value.octets);
      return;
    case 'date-time':
      writeExactly(writer, value.type, value.octets, 12);
      return;
    case 'date':
      writeExactly(writer, value.type, value.octets, 5);
      return;
    case 'time':
      writeExactly(writer, value.type, value.octets, 4);
      return;
    case 'array':
    case 'structure':
    case 'compact-array':
      writer.fail('data: a type that is no container', value.type);
  }
}

function writeBitString(writer: Writer, bits: number, octets: Uint8Array): void {
  if (octets.length !== Math.ceil(bits / 8)) writer.fail(`bit-string: the octets of ${bits} bits`, `${octets.length} octets`);
  writer.size(writer.bounded('bit-string: count of bits', bits, 0, 0xffff_ffff)).put(octets);
}

function writeExactly(writer: Writer, type: string, octets: Uint8Array, length: number): void {
  if (octets.length !== length) writer.fail(`${type}: ${length} octets`, `${octets.length} octets`);
  writer.put(octets);
}
