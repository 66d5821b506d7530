/** Parts that many APDUs are made of, read and written. */
import type { Reader, Writer } from '../common/index.ts';
import { type DataBudget, type DataValue, readData, writeData } from '../data/index.ts';
import type { AttributeAccess, Block, DataOrResult, Invocation, LogicalReference } from './types.ts';

/** One value, for chains of writing. */
export function putData(writer: Writer, value: DataValue): Writer {
  writeData(writer, value);
  return writer;
}

/** Octets of class, OBIS and id. */
export const REFERENCE_OCTETS = 9;

export function readInvocation(reader: Reader): Invocation {
  const octet = reader.u8();
  return { invokeId: octet & 0x0f, confirmed: (octet & 0x40) !== 0, highPriority: (octet & 0x80) !== 0 };
}

export function writeInvocation(writer: Writer, { invokeId, confirmed, highPriority }: Invocation): Writer {
  return writer.u8(writer.bounded('invoke id', invokeId, 0, 15) | (confirmed ? 0x40 : 0) | (highPriority ? 0x80 : 0));
}

/** The octet before an optional part, or a choice of two: 00 or 01. */
export function readFlag(reader: Reader, field: string): boolean {
  const octet = reader.u8();
  if (octet > 1) reader.fail('unexpected_octet', `${field}: 00 or 01`, octet, reader.at - 1);
  return octet === 1;
}

/** A boolean of A-XDR: 00 is false, all else true. */
export const readBoolean = (reader: Reader): boolean => reader.u8() !== 0;

export const writeBoolean = (writer: Writer, value: boolean): Writer => writer.u8(value ? 1 : 0);

/** `len octets`, as a view. */
export const readOctets = (reader: Reader, field: string): Uint8Array => reader.view(reader.length(field));

export const writeOctets = (writer: Writer, octets: Uint8Array): Writer => writer.size(octets.length).put(octets);

/**
 * `n` and n parts.
 * @param least octets of the shortest part: the count is checked against what is there before anything is allocated
 */
export function readList<T>(reader: Reader, budget: DataBudget, field: string, least: number, read: () => T): readonly T[] {
  const offset = reader.at;
  const count = reader.length(field);
  if (count > budget.elementsLeft) reader.fail('too_many', `${field}: at most \`maxElements\` values`, count, offset);
  if (!reader.has(count * least)) return [];
  budget.elementsLeft -= count;
  const items: T[] = [];
  for (let index = 0; index < count && !reader.failed; index++) items.push(read());
  return items;
}

export function writeList<T>(writer: Writer, items: readonly T[], write: (item: T) => unknown): Writer {
  writer.size(items.length);
  for (const item of items) write(item);
  return writer;
}

/** `class(2) obis(6) id(1)`. */
export function readReference(reader: Reader): LogicalReference {
  const classId = reader.u16();
  const obis = [reader.u8(), reader.u8(), reader.u8(), reader.u8(), reader.u8(), reader.u8()] as const;
  return { classId, obis, id: (reader.u8() << 24) >> 24 };
}

export function writeReference(writer: Writer, { classId, obis, id }: LogicalReference): Writer {
  writer.u16(writer.bounded('class id', classId, 0, 0xffff));
  for (let index = 0; index < 6; index++) writer.u8(writer.bounded('obis', obis[index] ?? Number.NaN, 0, 0xff));
  return writer.u8(writer.bounded('attribute or method id', id, -128, 127));
}

/** A reference, then 00, or 01 selector parameters. */
export function readAttributeAccess(reader: Reader, budget: DataBudget): AttributeAccess {
  const attribute = readReference(reader);
  if (!readFlag(reader, 'access selection')) return { attribute };
  return { attribute, access: { selector: reader.u8(), parameters: readData(reader, budget) } };
}

export function writeAttributeAccess(writer: Writer, { attribute, access }: AttributeAccess): Writer {
  writeReference(writer, attribute);
  writeBoolean(writer, access !== undefined);
  if (access === undefined) return writer;
  writer.u8(writer.bounded('access selector', access.selector, 0, 0xff));
  return putData(writer, access.parameters);
}

/** `00 data` or `01 result`. */
export function readDataOrResult(reader: Reader, budget: DataBudget): DataOrResult {
  return readFlag(reader, 'result choice') ? { accessResult: reader.u8() } : { data: readData(reader, budget) };
}

export function writeDataOrResult(writer: Writer, value: DataOrResult): Writer {
  if ('data' in value) return putData(writer.u8(0), value.data);
  return writer.u8(1).u8(writer.bounded('access result', value.accessResult, 0, 0xff));
}

/** `last(1) block(4) len raw`. */
export function readBlock(reader: Reader): Block {
  return { lastBlock: readBoolean(reader), blockNumber: reader.u32(), rawData: readOctets(reader, 'raw data') };
}

export function writeBlock(writer: Writer, { lastBlock, blockNumber, rawData }: Block): Writer {
  writeBoolean(writer, lastBlock);
  writeBlockNumber(writer, blockNumber);
  return writeOctets(writer, rawData);
}

export function writeBlockNumber(writer: Writer, blockNumber: number): Writer {
  return writer.u32(writer.bounded('block number', blockNumber, 0, 0xffff_ffff));
}

/** An octet that names the form of an APDU and is none of the known ones. */
export const failChoice = (reader: Reader, pdu: string, choice: number, most: number): 0 =>
  reader.fail('unexpected_octet', `${pdu}: a choice from 1 to ${most}`, choice, reader.at - 1);
