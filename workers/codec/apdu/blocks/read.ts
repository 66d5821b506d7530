/**
 * SN read whose answer comes in blocks (Green Book, ReadRequest with block-number-access).
 *
 * ```
 *   client  read name(s)        ──►          ◄── data-block 1         server
 *           read block-number 1 ──►          ◄── data-block 2, last
 * ```
 *
 * Joined, the blocks hold the list of answers as it stands in a response without blocks.
 */
import { type CodecError, codecError, errorOf } from '../../common/index.ts';
import { encodeApdu } from '../encode.ts';
import type { ApduOptions } from '../scope.ts';
import type { Block, DataOrResult, ReadRequest, ReadResponse } from '../types.ts';
import { BlockCutter, fits, isError } from './cutter.ts';
import { BlockGatherer } from './gatherer.ts';
import { decodeJoined, encodeJoined, READ_ANSWERS } from './joined.ts';
import { BLOCK_NUMBER_INVALID, type Failed, failed, outOfTurn } from './turn.ts';

export type ReadStep =
  | { readonly kind: 'next'; readonly request: ReadRequest }
  | { readonly kind: 'done'; readonly results: readonly DataOrResult[] }
  /** With `raw`: the joined octets, the list of answers as it stands in a response without blocks. */
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | Failed;

export interface ReadReceiverOptions extends ApduOptions {
  readonly raw?: boolean;
}

const isAnswer = (result: object): result is DataOrResult => 'data' in result || 'accessResult' in result;

/** The client's side. One for each read; the request itself is the caller's to send. */
export class ReadReceiver {
  readonly #count: number;
  readonly #options: ReadReceiverOptions;
  readonly #blocks: BlockGatherer;
  #begun = false;

  constructor(request: ReadRequest, options: ReadReceiverOptions = {}) {
    this.#count = request.variables.length;
    this.#options = options;
    this.#blocks = new BlockGatherer(options.limits?.maxOctets);
  }

  take({ results }: ReadResponse): ReadStep {
    const [first] = results;
    if (results.length === 1 && first !== undefined && 'block' in first) return this.#gather(first.block);
    const answers = results.filter(isAnswer);
    const [answer] = answers;
    if (this.#begun && answers.length === 1 && answer !== undefined && 'accessResult' in answer) return { kind: 'done', results: answers };
    if (this.#begun || answers.length !== results.length || results.length !== this.#count) {
      return outOfTurn(`results: ${this.#count} as in the request, or one block`, results.length);
    }
    return { kind: 'done', results: answers };
  }

  #gather(block: Block): ReadStep {
    this.#begun = true;
    const gathered = this.#blocks.take(block);
    if (gathered.kind === 'failed') return gathered;
    if (gathered.kind === 'more') {
      return { kind: 'next', request: { pdu: 'read-request', variables: [{ kind: 'block-number', blockNumber: gathered.blockNumber }] } };
    }
    if (this.#options.raw === true) return { kind: 'octets', octets: gathered.octets };
    const results = decodeJoined(gathered.octets, true, READ_ANSWERS, this.#options);
    if (results.kind !== 'good') return failed(errorOf(results, gathered.octets.length));
    const answers = results.value.filter(isAnswer);
    if (answers.length !== results.value.length || answers.length !== this.#count) {
      return outOfTurn(`results: ${this.#count} as in the request`, results.value.length);
    }
    return { kind: 'done', results: answers };
  }
}

export interface ReadAnswer {
  readonly response: ReadResponse;
  /** Nothing is left to send: forget the sender. */
  readonly done: boolean;
}

/** Octets of `0C 01 02 last block(2)`. */
const BLOCK_HEAD_OCTETS = 6;

/** The meter's side. One for each read that arrives. */
export class ReadSender {
  readonly #maxPduSize: number;
  #cutter: BlockCutter | undefined;

  /** @param maxPduSize octets of an APDU in clear that the client takes, 0 = no limit */
  constructor(maxPduSize: number) {
    this.#maxPduSize = maxPduSize;
  }

  first(results: readonly DataOrResult[]): ReadAnswer | CodecError {
    const whole: ReadResponse = { pdu: 'read-response', results };
    const octets = encodeApdu(whole);
    if (octets.kind === 'bad') return octets.error;
    if (fits(octets.octets.length, this.#maxPduSize)) return { response: whole, done: true };
    const joined = encodeJoined(results, true, READ_ANSWERS);
    if (joined.kind === 'bad') return joined.error;
    this.#cutter = new BlockCutter(joined.octets);
    return this.#block(this.#cutter);
  }

  /** Answers a request for the block after `blockNumber`; out of turn it ends the transfer with `data-block-number-invalid`. */
  next(blockNumber: number): ReadAnswer | CodecError {
    const cutter = this.#cutter;
    if (cutter !== undefined && !cutter.done && blockNumber === cutter.sent) return this.#block(cutter);
    this.#cutter = undefined;
    return { response: { pdu: 'read-response', results: [{ accessResult: BLOCK_NUMBER_INVALID }] }, done: true };
  }

  #block(cutter: BlockCutter): ReadAnswer | CodecError {
    const block = cutter.next(BLOCK_HEAD_OCTETS, this.#maxPduSize);
    if (isError(block)) return block;
    if (block.blockNumber > 0xffff) return codecError('too_large', 0, 'block number: at most 65535', block.blockNumber);
    return { response: { pdu: 'read-response', results: [{ block }] }, done: block.lastBlock };
  }
}
