/**
 * Cuts the octets of one long value into blocks that fit the negotiated size of APDUs.
 *
 * ```
 *   |-- head of the APDU, last, number --|-- length 1 to 5 --|-- raw data --|     together at most maxPduSize
 * ```
 */
import { type CodecError, codecError } from '../../common/index.ts';
import type { Block } from '../types.ts';

/** The most octets of raw data where `room` are left for their length and themselves. */
export function rawRoom(room: number): number {
  if (room - 1 < 0x80) return Math.max(0, room - 1);
  if (room - 2 < 0x100) return Math.max(0x7f, room - 2);
  if (room - 3 < 0x1_0000) return Math.max(0xff, room - 3);
  return Math.max(0xffff, room - 5);
}

/** Does an APDU of so many octets fit? 0 = no limit. */
export const fits = (octets: number, maxPduSize: number): boolean => maxPduSize === 0 || octets <= maxPduSize;

export class BlockCutter {
  readonly #octets: Uint8Array;
  #at = 0;
  #number = 0;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** Number of the block that went out last, 0 before the first. */
  get sent(): number {
    return this.#number;
  }

  /** The last block went out. */
  get done(): boolean {
    return this.#number > 0 && this.#at === this.#octets.length;
  }

  /**
   * The next block.
   * @param headOctets of the APDU around it, without the length of the raw data
   * @param maxPduSize 0 = no limit
   */
  next(headOctets: number, maxPduSize: number): Block | CodecError {
    if (this.done) return codecError('bad_block', 0, 'block: all were sent', this.#number);
    const left = this.#octets.length - this.#at;
    const room = maxPduSize === 0 ? left : rawRoom(maxPduSize - headOctets);
    if (room <= 0 && left > 0) return codecError('bad_value', 0, 'max pdu size: room for a block with at least one octet', maxPduSize);
    const rawData = this.#octets.subarray(this.#at, this.#at + Math.min(room, left));
    this.#at += rawData.length;
    this.#number++;
    return { lastBlock: this.#at === this.#octets.length, blockNumber: this.#number, rawData };
  }
}

export const isError = (outcome: Block | CodecError): outcome is CodecError => 'code' in outcome;
