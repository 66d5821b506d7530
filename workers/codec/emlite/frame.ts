/**
 * The EMOP frame of Emlite meters (meter-protocols 6.3).
 *
 * ```
 *   7E | length | destination 4 | source 4 | control | data ... | CRC hi | CRC lo
 *        └───────────── length counts from itself to the CRC ─────────────────┘
 *   control: bits 0-2 sequence, bits 3-7 result (of a reply)
 * ```
 *
 * CRC-16/CCITT-FALSE over everything between 7E and the CRC. Nothing is escaped: 7E may stand anywhere inside.
 */
import { crcCcittFalse } from '../common/crc.ts';
import { bad, codecError, type Decoded, type Encoded, encoded, glimpse, good, hexOctet, incomplete, unencodable } from '../common/index.ts';

export const FLAG = 0x7e;
/** From the length octet to the first octet of data. */
const HEADER = 10;
const CRC = 2;
/** The length octet of a frame without data. */
export const LEAST_LENGTH = HEADER + CRC;
const MOST_LENGTH = 0xff;

/** Octets of data that a frame can hold, since its length is one octet. */
export const MAX_EMLITE_DATA = MOST_LENGTH - LEAST_LENGTH;

/** What the meter says of a request, by its code. */
export const EMLITE_RESULTS = [
  'ok',
  'checksum-error',
  'format-error',
  'length-error',
  'maximum-payload',
  'unknown-object',
  'not-granted',
  'address-error',
] as const;

/** The name of a result code; codes from 8 are not described. */
export function resultName(resultCode: number): string {
  return EMLITE_RESULTS[resultCode] ?? `result-${resultCode}`;
}

export interface EmliteHeader {
  /** Address of who is spoken to, 32 bits; a meter takes 0 as its own. */
  readonly destination: number;
  /** Address of who speaks, 32 bits. */
  readonly source: number;
  /** 0 to 7; a reply carries that of its request. */
  readonly sequence: number;
  /** 0 to 31, see {@link EMLITE_RESULTS}; 0 in requests. */
  readonly resultCode: number;
}

export interface EmliteFrame extends EmliteHeader {
  /** The length octet. */
  readonly length: number;
  /** What {@link decodeEmliteData} takes; a view. */
  readonly data: Uint8Array;
  readonly crc: number;
}

/**
 * Decodes one frame that begins at the first octet.
 *
 * Errors: `unexpected_octet` (no 7E), `bad_length` (below 12), `bad_crc`; after these two the next frame may begin one octet
 * later, so `consumed` is 1.
 */
export function decodeEmliteFrame(octets: Uint8Array): Decoded<EmliteFrame> {
  if (octets.length < 2) return octets.length === 0 || octets[0] === FLAG ? incomplete(2) : notFlag(octets);
  if (octets[0] !== FLAG) return notFlag(octets);
  const length = octets[1] ?? 0;
  if (length < LEAST_LENGTH) return bad('bad_length', 1, `length: at least ${LEAST_LENGTH}`, length, 1);
  const end = length + 1;
  if (octets.length < end) return incomplete(end);
  // A message followed by its CRC leaves the register at 0.
  if (crcCcittFalse(octets, 1, end) !== 0)
    return bad('bad_crc', end - CRC, 'crc: CRC-16/CCITT-FALSE from the length octet on', glimpse(octets.subarray(end - CRC, end)), 1);
  return good(readEmliteFrame(octets, end), end);
}

function notFlag(octets: Uint8Array): Decoded<EmliteFrame> {
  const start = octets.indexOf(FLAG);
  return bad('unexpected_octet', 0, 'frame: begins with 7E', hexOctet(octets[0] ?? 0), start < 0 ? octets.length : start);
}

/** The fields of a whole frame, whatever its CRC says. @param end behind its CRC, at least {@link LEAST_LENGTH} + 1 */
export function readEmliteFrame(octets: Uint8Array, end: number): EmliteFrame {
  const view = new DataView(octets.buffer, octets.byteOffset, end);
  const control = view.getUint8(HEADER);
  return {
    length: view.getUint8(1),
    destination: view.getUint32(2),
    source: view.getUint32(6),
    sequence: control & 0x07,
    resultCode: control >>> 3,
    data: octets.subarray(1 + HEADER, end - CRC),
    crc: view.getUint16(end - CRC),
  };
}

/** @param data what {@link encodeEmliteData} gives, {@link MAX_EMLITE_DATA} octets at most */
export function encodeEmliteFrame(header: EmliteHeader, data: Uint8Array): Encoded {
  const { destination, source, sequence, resultCode } = header;
  if (!isWhole(destination, 0xffff_ffff)) return unencodable('destination: 32 bits', destination);
  if (!isWhole(source, 0xffff_ffff)) return unencodable('source: 32 bits', source);
  if (!isWhole(sequence, 7)) return unencodable('sequence: 0 to 7', sequence);
  if (!isWhole(resultCode, 31)) return unencodable('result code: 0 to 31', resultCode);
  if (data.length > MAX_EMLITE_DATA) return { kind: 'bad', error: codecError('too_large', 0, `data: at most ${MAX_EMLITE_DATA} octets`, data.length) };
  const octets = new Uint8Array(1 + LEAST_LENGTH + data.length);
  const view = new DataView(octets.buffer);
  view.setUint8(0, FLAG);
  view.setUint8(1, LEAST_LENGTH + data.length);
  view.setUint32(2, destination);
  view.setUint32(6, source);
  view.setUint8(HEADER, (resultCode << 3) | sequence);
  octets.set(data, 1 + HEADER);
  view.setUint16(octets.length - CRC, crcCcittFalse(octets, 1, octets.length - CRC));
  return encoded(octets);
}

const isWhole = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
