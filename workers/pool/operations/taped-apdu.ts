/**
 * An APDU that was checked to its last octet, and of which nothing is built before it is asked for: to build its objects costs the
 * main loop as much as to decode it. What is large in an APDU is the data of these two, which is read by its index:
 *
 * ```
 *   C4 01 iip 00 | data                          get-response, normal
 *   0F longInvokeId(4) len dateTime | data       data-notification
 * ```
 */
import { type Apdu, decodeApdu } from '../../codec/apdu/index.ts';
import { mustDecode } from '../../codec/common/index.ts';
import { TapedData } from '../../codec/data/index.ts';
import type { DecodeOptionsGiven } from './options.ts';

export class TapedApdu {
  /** The data of a normal get-response or of a data-notification; undefined for all else. */
  readonly data: TapedData | undefined;
  readonly #octets: Uint8Array;
  readonly #options: DecodeOptionsGiven | undefined;
  #apdu: Apdu | undefined;

  /** @param octets that `decodeApdu` takes with these options */
  constructor(octets: Uint8Array, options: DecodeOptionsGiven | undefined, dataAt: number, tape: Uint32Array | undefined, apdu?: Apdu) {
    this.#octets = octets;
    this.#options = options;
    this.#apdu = apdu;
    this.data = tape === undefined ? undefined : new TapedData(octets.subarray(dataAt), tape);
  }

  /** The same that `decodeApdu` makes, built once. */
  get apdu(): Apdu {
    this.#apdu ??= mustDecode(decodeApdu(this.#octets, this.#options), this.#octets.length);
    return this.#apdu;
  }
}

/** Where the data of those two begins; 0 for all else. */
export function dataOffset(octets: Uint8Array): number {
  if (octets[0] === 0xc4) return octets[1] === 0x01 && octets[3] === 0x00 ? 4 : 0;
  const length = octets[5] ?? 0x80;
  return octets[0] === 0x0f && length < 0x80 ? 6 + length : 0;
}
