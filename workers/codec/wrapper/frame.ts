/**
 * The wrapper of COSEM on TCP and UDP (IEC 62056-47; meter-protocols 5.2).
 *
 * ```
 *   version(2) 0001 | source wPort(2) | destination wPort(2) | length(2) | APDU, `length` octets
 * ```
 *
 * Most significant octets first. A client's wPort is its address (16 public client), a meter's is the logical device (1 management).
 */
import { bad, DEFAULT_LIMITS, type Decoded, type Encoded, good, incomplete, type Limits, Writer } from '../common/index.ts';

export const WRAPPER_HEADER = 8;

/** What the field of the length can say. */
export const WRAPPER_MOST = 0xffff;

export interface WrapperFrame {
  readonly version: 1;
  readonly sourceWPort: number;
  readonly destinationWPort: number;
  /** The APDU; a view of the input when decoded. */
  readonly payload: Uint8Array;
}

export interface WrapperOptions {
  readonly limits?: Pick<Partial<Limits>, 'maxOctets'>;
}

/** The longest APDU that is taken. */
export function mostOctets(options: WrapperOptions | undefined): number {
  return Math.min(options?.limits?.maxOctets ?? DEFAULT_LIMITS.maxOctets, WRAPPER_MOST);
}

/**
 * The frame at the start of the octets; others may follow, `consumed` says where.
 *
 * Errors: `bad_version`, `too_large` above `maxOctets`.
 */
export function decodeWrapperFrame(octets: Uint8Array, options?: WrapperOptions): Decoded<WrapperFrame> {
  const most = mostOctets(options);
  if ((octets[0] ?? 0) !== 0 || (octets[1] ?? 1) !== 1) {
    return bad('bad_version', 0, 'version: 1', `${word(octets, 0)}`, octets.length);
  }
  if (octets.length < WRAPPER_HEADER) return incomplete(WRAPPER_HEADER);
  const length = word(octets, 6);
  if (length > most) return bad('too_large', 6, `length: at most ${most} octets (maxOctets)`, length, octets.length);
  const end = WRAPPER_HEADER + length;
  if (octets.length < end) return incomplete(end);
  return good({ version: 1, sourceWPort: word(octets, 2), destinationWPort: word(octets, 4), payload: octets.subarray(WRAPPER_HEADER, end) }, end);
}

export function encodeWrapperFrame(frame: Omit<WrapperFrame, 'version'>): Encoded {
  const { sourceWPort, destinationWPort, payload } = frame;
  const writer = new Writer(WRAPPER_HEADER + Math.min(payload.length, WRAPPER_MOST));
  writer.u16(1);
  writer.u16(writer.bounded('sourceWPort', sourceWPort, 0, 0xffff));
  writer.u16(writer.bounded('destinationWPort', destinationWPort, 0, 0xffff));
  writer.u16(writer.bounded('length', payload.length, 0, WRAPPER_MOST));
  if (!writer.failed) writer.put(payload);
  return writer.finish();
}

function word(octets: Uint8Array, at: number): number {
  return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
}
