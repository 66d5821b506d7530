/**
 * The frame of the EDMI command language (meter-protocols 6.2).
 *
 * ```
 *   02 | body ............................... | CRC hi | CRC lo | 03
 *        simple:    command
 *        extended:  45 | destination 4 | source 4 | sequence 2 | command
 * ```
 *
 * CRC-16/XMODEM over 02 and body; over 02, body and CRC it gives 0. After that every octet 02 03 10 11 13 of body and CRC goes
 * as two octets: 10, then the octet with bit 6 set. So 02 and 03 on the wire are always the ends of a frame.
 */
import { crcXmodem } from '../common/crc.ts';
import { codecError, type Decoded, type Encoded, encoded, glimpse, good, hexOctet, incomplete, unencodable, bad as wrong } from '../common/index.ts';

export const STX = 0x02;
export const ETX = 0x03;
const ESCAPE = 0x10;
const RAISED = 0x40;
const EXTENDED = 0x45;
/** 45, two serial numbers, the sequence. */
const HEADER = 11;
const CRC = 2;

/** Octets that never stand bare between 02 and 03. */
const STUFFED: ReadonlySet<number> = new Set([STX, ETX, ESCAPE, 0x11, 0x13]);

/** Largest body, in octets after the stuffing is taken away, without the CRC; a meter's own largest is far below. */
export const MAX_EDMI_BODY = 4_096;

/** Octets that a body of `maxBody` takes on the wire at most, 02 and 03 included. A limit below 1, or none at all, is one octet. */
// biome-ignore lint/complexity/useMathMinMax: the larger of NaN and 1 is NaN
export const longestOnWire = (maxBody: number): number => 2 * ((maxBody >= 1 ? maxBody : 1) + CRC) + 2;

/** The numbers of the extended form. */
export interface EdmiAddress {
  /** Serial number of who is spoken to, 32 bits. */
  readonly destination: number;
  /** Serial number of who speaks, 32 bits; a reply carries both exchanged. */
  readonly source: number;
  /** 16 bits; a reply carries that of its request. */
  readonly sequence: number;
}

export interface EdmiFrame {
  /** Null in the simple form. */
  readonly extended: EdmiAddress | null;
  /** Without stuffing and CRC. */
  readonly body: Uint8Array;
  /** The body without the extended header: what {@link decodeEdmiCommand} takes. */
  readonly command: Uint8Array;
  readonly crc: number;
}

export interface EdmiFrameOptions {
  /** Default {@link MAX_EDMI_BODY}. */
  readonly maxBody?: number;
}

/**
 * Decodes one frame that begins at the first octet. Where nothing is stuffed, `body` is a view of the input.
 *
 * Errors: `unexpected_octet` (no 02 at the start, a 02 inside: `consumed` leads to it), `bad_length`, `bad_crc`, `too_large`.
 */
export function decodeEdmiFrame(octets: Uint8Array, options: EdmiFrameOptions = {}): Decoded<EdmiFrame> {
  if (octets.length === 0) return incomplete(1);
  if (octets[0] !== STX) {
    const start = octets.indexOf(STX);
    return wrong('unexpected_octet', 0, 'frame: begins with 02', hexOctet(octets[0] ?? 0), start < 0 ? octets.length : start);
  }
  const most = longestOnWire(options.maxBody ?? MAX_EDMI_BODY);
  const last = Math.min(octets.length, most);
  for (let at = 1; at < last; at++) {
    const octet = octets[at];
    if (octet === STX) return wrong('unexpected_octet', at, 'frame: 02 inside a frame begins another', '02', at);
    if (octet === ETX) return unwrap(octets, at, options.maxBody ?? MAX_EDMI_BODY);
  }
  if (octets.length >= most) return wrong('too_large', last, 'frame: no 03 within `maxBody` octets', octets.length, last);
  return incomplete(octets.length + 1);
}

/** @param end where 03 stands */
function unwrap(octets: Uint8Array, end: number, maxBody: number): Decoded<EdmiFrame> {
  const consumed = end + 1;
  const plain = unstuff(octets, end);
  if (plain === undefined) return wrong('unexpected_octet', end, 'frame: 10 must be followed by a stuffed octet', '', consumed);
  const length = plain.length - CRC;
  if (length < 1) return wrong('bad_length', end, 'frame: at least one octet and a CRC between 02 and 03', plain.length, consumed);
  if (length > maxBody) return wrong('too_large', end, 'frame: body of at most `maxBody` octets', length, consumed);
  // The register after 02 is the seed of the rest, so body and CRC need not be copied behind a 02.
  if (crcXmodem(plain, 0, plain.length, AFTER_STX) !== 0)
    return wrong('bad_crc', end - CRC, 'crc: CRC-16/XMODEM over 02 and body', glimpse(plain.subarray(length)), consumed);
  const body = plain.subarray(0, length);
  const crc = ((plain[length] ?? 0) << 8) | (plain[length + 1] ?? 0);
  if (body[0] !== EXTENDED) return good({ extended: null, body, command: body, crc }, consumed);
  if (length <= HEADER) return wrong('bad_length', end, 'extended header: ten octets and a command after 45', length, consumed);
  return good({ extended: addressOf(body), body, command: body.subarray(HEADER), crc }, consumed);
}

const AFTER_STX = crcXmodem(Uint8Array.of(STX), 0, 1);

/** Body and CRC; undefined where an escape is followed by none. */
function unstuff(octets: Uint8Array, end: number): Uint8Array | undefined {
  const stuffed = octets.subarray(1, end);
  const first = stuffed.indexOf(ESCAPE);
  if (first < 0) return stuffed;
  const plain = new Uint8Array(stuffed.length);
  plain.set(stuffed.subarray(0, first));
  let to = first;
  for (let from = first; from < stuffed.length; from++) {
    let octet = stuffed[from] ?? 0;
    if (octet === ESCAPE) {
      from++;
      const raised = stuffed[from];
      if (raised === undefined || raised === ESCAPE) return undefined;
      octet = raised & ~RAISED;
    }
    plain[to++] = octet;
  }
  return plain.subarray(0, to);
}

function addressOf(body: Uint8Array): EdmiAddress {
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  return { destination: view.getUint32(1), source: view.getUint32(5), sequence: view.getUint16(9) };
}

/**
 * @param command what {@link encodeEdmiCommand} gives
 * @param extended null for the simple form
 */
export function encodeEdmiFrame(command: Uint8Array, extended: EdmiAddress | null = null, options: EdmiFrameOptions = {}): Encoded {
  const maxBody = options.maxBody ?? MAX_EDMI_BODY;
  if (command.length === 0) return unencodable('command: at least one octet', 0);
  // A simple body that begins with 45 would be read as the extended form.
  if (extended === null && command[0] === EXTENDED) return unencodable('command: 45 is the mark of the extended form', '45');
  const header = extended === null ? 0 : HEADER;
  const length = header + command.length;
  if (length > maxBody) return { kind: 'bad', error: codecError('too_large', 0, 'frame: body of at most `maxBody` octets', length) };
  const plain = new Uint8Array(length + CRC);
  if (extended !== null) {
    const { destination, source, sequence } = extended;
    if (!isWhole(destination, 0xffff_ffff)) return unencodable('destination: 32 bits', destination);
    if (!isWhole(source, 0xffff_ffff)) return unencodable('source: 32 bits', source);
    if (!isWhole(sequence, 0xffff)) return unencodable('sequence: 16 bits', sequence);
    const view = new DataView(plain.buffer);
    view.setUint8(0, EXTENDED);
    view.setUint32(1, destination);
    view.setUint32(5, source);
    view.setUint16(9, sequence);
  }
  plain.set(command, header);
  const crc = crcXmodem(plain, 0, plain.length - CRC, AFTER_STX);
  plain[plain.length - 2] = crc >>> 8;
  plain[plain.length - 1] = crc;
  return encoded(stuff(plain));
}

function stuff(plain: Uint8Array): Uint8Array {
  let more = 2;
  for (const octet of plain) if (STUFFED.has(octet)) more++;
  const wire = new Uint8Array(plain.length + more);
  let at = 0;
  wire[at++] = STX;
  for (const octet of plain) {
    if (STUFFED.has(octet)) {
      wire[at++] = ESCAPE;
      wire[at++] = octet | RAISED;
    } else wire[at++] = octet;
  }
  wire[at] = ETX;
  return wire;
}

const isWhole = (value: number, most: number): boolean => Number.isInteger(value) && value >= 0 && value <= most;
