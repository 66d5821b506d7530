/**
 * The data of an EMOP frame (meter-protocols 6.3).
 *
 * ```
 *   01 | object id 3 | flag: 00 read, 01 write | payload        an object
 *   03 | ...   04 | ...                                         profile logs, given as they stand
 * ```
 */
import { bad, type Decoded, type Encoded, encoded, good, hexOctet, unencodable } from '../common/index.ts';

const OBJECT = 1;
const OBJECT_HEAD = 5;

/** Object ids, 24 bits. */
export const EMLITE_OBJECTS = {
  /** 16 characters, blank padded. */
  serialNumber: 0x600100,
  hardware: 0x608000,
  firmware: 0x000201,
  signal: 0xfffd1d,
  /** Seven octets, UTC, read and written. */
  clock: 0x800800,
} as const;

export type EmliteData =
  | { readonly kind: 'object'; readonly objectId: number; readonly flag: 'read' | 'write'; readonly payload: Uint8Array }
  /** @property format 3 or 4 */
  | { readonly kind: 'profile-log'; readonly format: number; readonly payload: Uint8Array }
  | { readonly kind: 'other'; readonly format: number; readonly payload: Uint8Array }
  /** No data at all, as a refusal may come. */
  | { readonly kind: 'none' };

/** Decodes all data of a frame; `payload` is a view. Errors: `truncated`, `bad_value` (the flag). */
export function decodeEmliteData(octets: Uint8Array): Decoded<EmliteData> {
  const length = octets.length;
  const format = octets[0];
  if (format === undefined) return good({ kind: 'none' }, 0);
  if (format !== OBJECT) return good({ kind: isProfileLog(format) ? 'profile-log' : 'other', format, payload: octets.subarray(1) }, length);
  if (length < OBJECT_HEAD) return bad('truncated', length, 'object: an id of three octets and a flag', length, length);
  const flag = octets[4] ?? 0;
  if (flag > 1) return bad('bad_value', 4, 'flag: 00 read or 01 write', hexOctet(flag), length);
  const objectId = ((octets[1] ?? 0) << 16) | ((octets[2] ?? 0) << 8) | (octets[3] ?? 0);
  return good({ kind: 'object', objectId, flag: flag === 0 ? 'read' : 'write', payload: octets.subarray(OBJECT_HEAD) }, length);
}

/** The data for {@link encodeEmliteFrame}. */
export function encodeEmliteData(data: EmliteData): Encoded {
  switch (data.kind) {
    case 'none':
      return encoded(new Uint8Array(0));
    case 'object': {
      const { objectId, flag, payload } = data;
      if (!Number.isInteger(objectId) || objectId < 0 || objectId > 0xff_ffff) return unencodable('object id: 24 bits', objectId);
      return encoded(headed([OBJECT, objectId >>> 16, (objectId >>> 8) & 0xff, objectId & 0xff, flag === 'read' ? 0 : 1], payload));
    }
    case 'profile-log':
      if (!isProfileLog(data.format)) return unencodable('format: 3 or 4 for a profile log', data.format);
      return encoded(headed([data.format], data.payload));
    case 'other': {
      const { format } = data;
      if (!Number.isInteger(format) || format < 0 || format > 0xff || format === OBJECT || isProfileLog(format))
        return unencodable('format: one octet other than 1, 3 and 4', format);
      return encoded(headed([format], data.payload));
    }
  }
}

const isProfileLog = (format: number): boolean => format === 3 || format === 4;

function headed(head: readonly number[], payload: Uint8Array): Uint8Array {
  const octets = new Uint8Array(head.length + payload.length);
  octets.set(head);
  octets.set(payload, head.length);
  return octets;
}
