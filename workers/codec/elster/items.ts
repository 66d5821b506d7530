/**
 * Data items of the Elster meters A1700, A1140 and AS230 (meter-protocols 6.1, steps 8 to 11).
 *
 * ```
 *   read    R1  iiippp(LL)     iii id, ppp packet in hex from 001, LL octets in hex, at most 40
 *   answer      (XXXX…)        two hex digits an octet
 *   write   W1  iiippp(XXXX…)
 * ```
 */
import { bad, codecError, type Decoded, fromHex, good, incomplete, toHex, unencodable } from '../common/index.ts';
import { type CommandTelegram, command } from '../iec62056-21/index.ts';
import { clean, type Made, made } from './made.ts';

export const ELSTER_ITEMS = { scheme: '795', serialNumber: '798', clock: '861', adjust: '862' } as const;

/** Octets of one packet. */
export const MAX_PACKET = 0x40;
const MAX_PACKETS = 0xfff;

export interface ItemRead {
  /** Three characters. */
  readonly dataId: string;
  /** From 1. */
  readonly packet: number;
  /** Octets, at most {@link MAX_PACKET}. */
  readonly length: number;
}

export interface ItemWrite {
  readonly dataId: string;
  readonly packet: number;
  readonly octets: Uint8Array;
}

const ADDRESS = /^([0-9A-Z]{3})([0-9A-F]{3})$/i;

function addressOf(dataId: string, packet: number): Made<string> {
  if (!/^[0-9A-Z]{3}$/i.test(dataId)) return unencodable('dataId: three letters or digits', dataId);
  if (!Number.isInteger(packet) || packet < 1 || packet > MAX_PACKETS) return unencodable(`packet: 1 to ${MAX_PACKETS}`, packet);
  return made(`${dataId}${packet.toString(16).toUpperCase().padStart(3, '0')}`);
}

/** `R1 798001(10)`. Errors: `bad_value`. */
export function itemRead(read: ItemRead): Made<CommandTelegram> {
  const address = addressOf(read.dataId, read.packet);
  if (address.kind === 'bad') return address;
  if (!Number.isInteger(read.length) || read.length < 1 || read.length > MAX_PACKET) return unencodable(`length: 1 to ${MAX_PACKET} octets`, read.length);
  return made(command('R1', `${address.value}(${read.length.toString(16).toUpperCase().padStart(2, '0')})`));
}

/** `W1 861001(05040402010019)`. Errors: `bad_value`. */
export function itemWrite(write: ItemWrite): Made<CommandTelegram> {
  const address = addressOf(write.dataId, write.packet);
  if (address.kind === 'bad') return address;
  if (write.octets.length < 1 || write.octets.length > MAX_PACKET) return unencodable(`octets: 1 to ${MAX_PACKET}`, write.octets.length);
  return made(command('W1', `${address.value}(${toHex(write.octets)})`));
}

/** Splits `iiippp`; undefined when it is none. */
export function itemAddress(address: string): { readonly dataId: string; readonly packet: number } | undefined {
  const [, dataId, packet] = ADDRESS.exec(address) ?? [];
  return dataId === undefined || packet === undefined ? undefined : { dataId, packet: Number.parseInt(packet, 16) };
}

/** The meter's side: what a read asks for. Errors: `unexpected_octet`, `bad_length`. */
export function decodeItemRead(data: string): Decoded<ItemRead> {
  const [, address = '', digits = ''] = /^([^()]*)\(([0-9A-F]{2})\)$/i.exec(data) ?? [];
  const item = itemAddress(address);
  if (item === undefined) return bad('unexpected_octet', 0, 'read: iiippp(LL)', clean(data), data.length);
  const length = Number.parseInt(digits, 16);
  if (length < 1 || length > MAX_PACKET) return bad('bad_length', address.length + 1, `length: 1 to ${MAX_PACKET} octets`, length, data.length);
  return good({ ...item, length }, data.length);
}

/** The meter's side: what a write brings. Errors: `unexpected_octet`. */
export function decodeItemWrite(data: string): Decoded<ItemWrite> {
  const [, address = '', digits = ''] = /^([^()]*)\(([0-9A-F]+)\)$/i.exec(data) ?? [];
  const item = itemAddress(address);
  const octets = fromHex(digits);
  if (item === undefined || octets === undefined) return bad('unexpected_octet', 0, 'write: iiippp(hex digits)', clean(data), data.length);
  return good({ ...item, octets }, data.length);
}

/** Octets of the answer to a read, `(XXXX…)`. Errors: `unexpected_octet`. */
export function decodeItemAnswer(data: string): Decoded<Uint8Array> {
  const digits = /^\(([0-9A-F]*)\)$/i.exec(data)?.[1];
  const octets = digits === undefined ? undefined : fromHex(digits);
  if (octets === undefined) return bad('unexpected_octet', 0, 'answer: hex digits in brackets', clean(data), data.length);
  return good(octets, data.length);
}

/** The answer's data for octets. */
export const itemAnswer = (octets: Uint8Array): string => `(${toHex(octets)})`;

/** The reads that fetch `length` octets of an item: full packets, then the rest. Errors: `bad_value`. */
export function planItemReads(dataId: string, length: number): Made<readonly ItemRead[]> {
  const most = MAX_PACKET * MAX_PACKETS;
  if (!Number.isInteger(length) || length < 1 || length > most) return unencodable(`length: 1 to ${most} octets`, length);
  const reads: ItemRead[] = [];
  for (let from = 0; from < length; from += MAX_PACKET) {
    reads.push({ dataId, packet: reads.length + 1, length: Math.min(MAX_PACKET, length - from) });
  }
  return made(reads);
}

/**
 * Joins the answers to planned reads, in order; `incomplete` until there is one for each.
 * Errors: `bad_length` where an answer does not hold what its read asked for (the offset counts the answers).
 */
export function joinItem(reads: readonly ItemRead[], answers: readonly Uint8Array[]): Decoded<Uint8Array> {
  const total = reads.reduce((sum, read) => sum + read.length, 0);
  const octets = new Uint8Array(Math.min(total, MAX_PACKET * MAX_PACKETS));
  let at = 0;
  for (const [index, answer] of answers.slice(0, reads.length).entries()) {
    const wanted = reads[index]?.length ?? 0;
    if (answer.length !== wanted) {
      return { kind: 'bad', error: codecError('bad_length', index, `packet ${reads[index]?.packet}: ${wanted} octets`, answer.length), consumed: at + 1 };
    }
    octets.set(answer, at);
    at += answer.length;
  }
  return answers.length < reads.length ? incomplete(total) : good(octets, at);
}
