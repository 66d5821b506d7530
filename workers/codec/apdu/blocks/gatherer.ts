/**
 * Joins the blocks of one long value. A machine of a few lines under all block transfers, both directions.
 *
 * ```
 *   block 1 ──► more(1) ─ block 2 ──► more(2) ─ … ─ last block ──► whole(octets)
 * ```
 *
 * I1 Blocks come as 1, 2, 3 …; a repeated, skipped or late one is `bad_block`.
 * I2 Never more than `maxOctets` are held, and never more than {@link MAX_EMPTY_BLOCKS} blocks that bring nothing.
 * I3 After the last block, or a failure, nothing is taken any more.
 * I4 Blocks are copied once; the octets of the whole belong to the caller.
 */
import { type CodecError, codecError, DEFAULT_LIMITS } from '../../common/index.ts';
import type { Block } from '../types.ts';

/** Blocks without octets that are no last ones: a peer that sends more makes no progress. */
export const MAX_EMPTY_BLOCKS = 16;

export type Gathered =
  | { readonly kind: 'more'; readonly blockNumber: number }
  | { readonly kind: 'whole'; readonly octets: Uint8Array; readonly blockNumber: number }
  | { readonly kind: 'failed'; readonly error: CodecError };

export class BlockGatherer {
  readonly #maxOctets: number;
  #octets = new Uint8Array(0);
  #length = 0;
  #next = 1;
  #empty = 0;
  #open = true;

  constructor(maxOctets = DEFAULT_LIMITS.maxOctets) {
    this.#maxOctets = maxOctets;
  }

  take({ lastBlock, blockNumber, rawData }: Block): Gathered {
    if (!this.#open) return this.#fail(codecError('bad_block', 0, 'block: no transfer is under way', blockNumber));
    if (blockNumber !== this.#next) return this.#fail(codecError('bad_block', 0, `block number: ${this.#next} comes next`, blockNumber));
    if (this.#length + rawData.length > this.#maxOctets) {
      return this.#fail(codecError('too_large', 0, `blocks: at most ${this.#maxOctets} octets`, this.#length + rawData.length));
    }
    if (rawData.length === 0 && !lastBlock && ++this.#empty > MAX_EMPTY_BLOCKS) {
      return this.#fail(codecError('bad_block', 0, `blocks: at most ${MAX_EMPTY_BLOCKS} without octets`, this.#empty));
    }
    this.#append(rawData);
    this.#next = blockNumber + 1;
    if (!lastBlock) return { kind: 'more', blockNumber };
    this.#open = false;
    return { kind: 'whole', octets: this.#octets.subarray(0, this.#length), blockNumber };
  }

  #fail(error: CodecError): Gathered {
    this.#open = false;
    this.#octets = new Uint8Array(0);
    return { kind: 'failed', error };
  }

  #append(octets: Uint8Array): void {
    const end = this.#length + octets.length;
    if (end > this.#octets.length) {
      const larger = new Uint8Array(Math.min(this.#maxOctets, Math.max(end, this.#octets.length * 2)));
      larger.set(this.#octets.subarray(0, this.#length));
      this.#octets = larger;
    }
    this.#octets.set(octets, this.#length);
    this.#length = end;
  }
}
