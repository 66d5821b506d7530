/**
 * GET in blocks (Green Book, GET with block transfer).
 *
 * ```
 *   client  GET normal | with-list ──►            ◄── with-datablock 1      server
 *           GET next 1             ──►            ◄── with-datablock 2
 *           GET next 2             ──►            ◄── with-datablock 3, last
 * ```
 */
import { type CodecError, codecError, errorOf } from '../../common/index.ts';
import { encodeApdu } from '../encode.ts';
import type { ApduOptions } from '../scope.ts';
import type { DataOrResult, GetRequest, GetResponse, Invocation } from '../types.ts';
import { BlockCutter, fits, isError } from './cutter.ts';
import { BlockGatherer } from './gatherer.ts';
import { decodeJoined, encodeJoined, GET_ANSWERS } from './joined.ts';
import { BLOCK_NUMBER_INVALID, type Failed, failed, invocationOf, outOfTurn } from './turn.ts';

export type GetStep =
  /** Send this; its answer is for `take`. */
  | { readonly kind: 'next'; readonly request: GetRequest }
  /** One answer for each attribute. */
  | { readonly kind: 'done'; readonly results: readonly DataOrResult[] }
  /** With `raw`: the joined octets, data of a normal GET or the list of answers, for whoever decodes them to columns. */
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  /** The meter broke off. */
  | { readonly kind: 'refused'; readonly accessResult: number }
  | Failed;

export interface GetReceiverOptions extends ApduOptions {
  readonly raw?: boolean;
}

/** The client's side. One for each GET; the request itself is the caller's to send. */
export class GetReceiver {
  readonly #invocation: Invocation;
  readonly #count: number | undefined;
  readonly #options: GetReceiverOptions;
  readonly #blocks: BlockGatherer;

  constructor(request: GetRequest, options: GetReceiverOptions = {}) {
    this.#invocation = invocationOf(request);
    this.#count = request.choice === 'with-list' ? request.attributes.length : undefined;
    this.#options = options;
    this.#blocks = new BlockGatherer(options.limits?.maxOctets);
  }

  take(response: GetResponse): GetStep {
    if (response.invokeId !== this.#invocation.invokeId) {
      return outOfTurn(`invoke id: ${this.#invocation.invokeId} as in the request`, response.invokeId);
    }
    switch (response.choice) {
      case 'normal':
        if ('accessResult' in response && this.#count !== undefined) return { kind: 'refused', accessResult: response.accessResult };
        return this.#count === undefined ? this.#done([onlyAnswer(response)]) : outOfTurn('get-response: with a list', response.choice);
      case 'with-list':
        return this.#done(response.results);
      case 'with-datablock':
        return 'rawData' in response ? this.#gather(response) : { kind: 'refused', accessResult: response.accessResult };
    }
  }

  #gather(block: GetResponse & { readonly choice: 'with-datablock'; readonly rawData: Uint8Array }): GetStep {
    const gathered = this.#blocks.take(block);
    if (gathered.kind === 'failed') return gathered;
    if (gathered.kind === 'more') {
      return { kind: 'next', request: { pdu: 'get-request', choice: 'next', ...this.#invocation, blockNumber: gathered.blockNumber } };
    }
    if (this.#options.raw === true) return { kind: 'octets', octets: gathered.octets };
    const results = decodeJoined(gathered.octets, this.#count !== undefined, GET_ANSWERS, this.#options);
    return results.kind === 'good' ? this.#done(results.value) : failed(errorOf(results, gathered.octets.length));
  }

  #done(results: readonly DataOrResult[]): GetStep {
    if (results.length === (this.#count ?? 1)) return { kind: 'done', results };
    return outOfTurn(`results: ${this.#count ?? 1} as in the request`, results.length);
  }
}

export interface GetAnswer {
  readonly response: GetResponse;
  /** Nothing is left to send: forget the sender. */
  readonly done: boolean;
}

/** Octets of `C4 02 iip last block(4) 00`. */
const BLOCK_HEAD_OCTETS = 9;

/** The meter's side. One for each GET that arrives; what it answers whole it does in its first step. */
export class GetSender {
  readonly #maxPduSize: number;
  #cutter: BlockCutter | undefined;

  /** @param maxPduSize octets of an APDU in clear, 0 = no limit: what ciphering adds is taken off by the caller */
  constructor(maxPduSize: number) {
    this.#maxPduSize = maxPduSize;
  }

  /** Answers the request itself. A CodecError: the values, or the first block, cannot be coded in this size. */
  first(request: GetRequest & { readonly choice: 'normal' | 'with-list' }, results: readonly DataOrResult[]): GetAnswer | CodecError {
    const list = request.choice === 'with-list';
    const [result] = results;
    if (!list && (result === undefined || results.length !== 1)) return codecError('bad_value', 0, 'results: exactly one for a normal GET', results.length);
    const head = { pdu: 'get-response', ...invocationOf(request) } as const;
    const whole: GetResponse = list || result === undefined ? { ...head, choice: 'with-list', results } : { ...head, choice: 'normal', ...result };
    const octets = encodeApdu(whole);
    if (octets.kind === 'bad') return octets.error;
    if (fits(octets.octets.length, this.#maxPduSize)) return { response: whole, done: true };
    const joined = encodeJoined(results, list, GET_ANSWERS);
    if (joined.kind === 'bad') return joined.error;
    this.#cutter = new BlockCutter(joined.octets);
    return this.#block(this.#cutter, request);
  }

  /** Answers `next`. A block number that was not the last one sent ends the transfer with `data-block-number-invalid`. */
  next(request: GetRequest & { readonly choice: 'next' }): GetAnswer | CodecError {
    const cutter = this.#cutter;
    if (cutter !== undefined && !cutter.done && request.blockNumber === cutter.sent) return this.#block(cutter, request);
    this.#cutter = undefined;
    return { response: refusal(request), done: true };
  }

  #block(cutter: BlockCutter, request: GetRequest): GetAnswer | CodecError {
    const block = cutter.next(BLOCK_HEAD_OCTETS, this.#maxPduSize);
    if (isError(block)) return block;
    return { response: { pdu: 'get-response', choice: 'with-datablock', ...invocationOf(request), ...block }, done: block.lastBlock };
  }
}

function refusal(request: GetRequest & { readonly choice: 'next' }): GetResponse {
  const { blockNumber } = request;
  return {
    pdu: 'get-response',
    choice: 'with-datablock',
    ...invocationOf(request),
    lastBlock: true,
    blockNumber,
    accessResult: BLOCK_NUMBER_INVALID,
  };
}

const onlyAnswer = (answer: DataOrResult): DataOrResult => ('data' in answer ? { data: answer.data } : { accessResult: answer.accessResult });
