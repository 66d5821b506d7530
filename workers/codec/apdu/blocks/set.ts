/**
 * SET in blocks (Green Book, SET with block transfer).
 *
 * ```
 *   client  with-first-datablock 1 ──►          ◄── datablock 1                     server
 *           with-datablock 2       ──►          ◄── datablock 2
 *           with-datablock 3, last ──►          ◄── last-datablock 3, result
 * ```
 */
import { type CodecError, codecError, errorOf } from '../../common/index.ts';
import type { DataValue } from '../../data/index.ts';
import { encodeApdu } from '../encode.ts';
import type { ApduOptions } from '../scope.ts';
import type { AttributeAccess, Block, SetRequest, SetResponse } from '../types.ts';
import { BlockCutter, fits, isError } from './cutter.ts';
import { BlockGatherer, type Gathered } from './gatherer.ts';
import { decodeJoined, encodeJoined, VALUES } from './joined.ts';
import { BLOCK_NUMBER_INVALID, type Failed, failed, invocationOf, LONG_SET_ABORTED, NO_LONG_SET, OTHER_REASON, outOfTurn } from './turn.ts';

/** A SET with all that it writes. */
export type WholeSet = SetRequest & { readonly choice: 'normal' | 'with-list' };

export type SetStep =
  | { readonly kind: 'next'; readonly request: SetRequest }
  /** A data-access-result for each attribute, or the one that broke the transfer off. */
  | { readonly kind: 'done'; readonly results: readonly number[] }
  | Failed;

/** Octets of `C1 03 iip last block(4)`. */
const BLOCK_HEAD_OCTETS = 8;

/** The client's side. One for each SET. */
export class SetSender {
  readonly #request: WholeSet;
  readonly #maxPduSize: number;
  #cutter: BlockCutter | undefined;

  /** @param maxPduSize octets of an APDU in clear that the meter takes, 0 = no limit */
  constructor(request: WholeSet, maxPduSize: number) {
    this.#request = request;
    this.#maxPduSize = maxPduSize;
  }

  /** The request as it stands where it fits, else its first block. */
  first(): SetStep {
    const request = this.#request;
    const whole = encodeApdu(request);
    if (whole.kind === 'bad') return failed(whole.error);
    if (fits(whole.octets.length, this.#maxPduSize)) return { kind: 'next', request };
    const list = request.choice === 'with-list';
    const joined = encodeJoined(list ? request.values : [request.data], list, VALUES);
    if (joined.kind === 'bad') return failed(joined.error);
    const empty = encodeApdu(firstBlock(request, { lastBlock: false, blockNumber: 1, rawData: joined.octets.subarray(0, 0) }));
    if (empty.kind === 'bad') return failed(empty.error);
    this.#cutter = new BlockCutter(joined.octets);
    const block = this.#cutter.next(empty.octets.length - 1, this.#maxPduSize);
    return isError(block) ? failed(block) : { kind: 'next', request: firstBlock(request, block) };
  }

  take(response: SetResponse): SetStep {
    const { invokeId } = this.#request;
    if (response.invokeId !== invokeId) return outOfTurn(`invoke id: ${invokeId} as in the request`, response.invokeId);
    const cutter = this.#cutter;
    const blocksLeft = cutter !== undefined && !cutter.done;
    if (response.choice === 'datablock') {
      if (!blocksLeft || response.blockNumber !== cutter.sent) return outOfTurn(`block number: ${cutter?.sent ?? 0} was sent last`, response.blockNumber);
      const block = cutter.next(BLOCK_HEAD_OCTETS, this.#maxPduSize);
      if (isError(block)) return failed(block);
      return { kind: 'next', request: { pdu: 'set-request', choice: 'with-datablock', ...invocationOf(this.#request), ...block } };
    }
    const results = 'results' in response ? response.results : [response.accessResult];
    const refused = results.some((result) => result !== 0);
    if (blocksLeft && !refused) return outOfTurn('set-response: the next block wanted', response.choice);
    if (!refused && 'blockNumber' in response && response.blockNumber !== cutter?.sent) {
      return outOfTurn(`block number: ${cutter?.sent ?? 0} was sent last`, response.blockNumber);
    }
    return { kind: 'done', results };
  }
}

function firstBlock(request: WholeSet, block: Block): SetRequest {
  const head = { pdu: 'set-request', ...invocationOf(request) } as const;
  if (request.choice === 'with-list') return { ...head, choice: 'with-list-and-first-datablock', attributes: request.attributes, ...block };
  const { attribute, access } = request;
  return { ...head, choice: 'with-first-datablock', attribute, ...(access === undefined ? {} : { access }), ...block };
}

export type SetArrival =
  /** Send this and wait for the next block. */
  | { readonly kind: 'reply'; readonly response: SetResponse }
  /** All is there: do it, then send what `answer` gives. */
  | { readonly kind: 'whole'; readonly attributes: readonly AttributeAccess[]; readonly values: readonly DataValue[] }
  /** The transfer is over: send this. */
  | { readonly kind: 'refused'; readonly response: SetResponse; readonly error: CodecError };

/** The meter's side, for one association: the SETs of a client follow each other. */
export class SetReceiver {
  readonly #options: ApduOptions;
  #blocks: BlockGatherer | undefined;
  #attributes: readonly AttributeAccess[] = [];
  #list = false;
  /** Number of the last block of a transfer that is whole. */
  #last: number | undefined;

  constructor(options: ApduOptions = {}) {
    this.#options = options;
  }

  /** A SET without blocks ends a transfer that is under way. */
  take(request: SetRequest): SetArrival {
    switch (request.choice) {
      case 'normal':
        this.#begin(false, [request], undefined);
        return { kind: 'whole', attributes: this.#attributes, values: [request.data] };
      case 'with-list':
        this.#begin(true, request.attributes, undefined);
        if (request.attributes.length === request.values.length) return { kind: 'whole', attributes: request.attributes, values: request.values };
        return this.#refuse(request, OTHER_REASON, outOfTurn(`values: ${request.attributes.length} as there are attributes`, request.values.length).error, 0);
      case 'with-first-datablock':
        this.#begin(false, [request], new BlockGatherer(this.#options.limits?.maxOctets));
        return this.#gather(request, this.#blocks?.take(request), request.blockNumber);
      case 'with-list-and-first-datablock':
        this.#begin(true, request.attributes, new BlockGatherer(this.#options.limits?.maxOctets));
        return this.#gather(request, this.#blocks?.take(request), request.blockNumber);
      case 'with-datablock':
        return this.#gather(request, this.#blocks?.take(request), request.blockNumber);
    }
  }

  /** The response to the SET that was whole last. @param results a data-access-result for each attribute */
  answer(request: SetRequest, results: readonly number[]): SetResponse | CodecError {
    const head = { pdu: 'set-response', ...invocationOf(request) } as const;
    const [accessResult] = results;
    if (accessResult === undefined || results.length !== this.#attributes.length) {
      return codecError('bad_value', 0, `results: ${this.#attributes.length} as there are attributes`, results.length);
    }
    const blockNumber = this.#last;
    if (blockNumber === undefined) return this.#list ? { ...head, choice: 'with-list', results } : { ...head, choice: 'normal', accessResult };
    if (this.#list) return { ...head, choice: 'last-datablock-with-list', results, blockNumber };
    return { ...head, choice: 'last-datablock', accessResult, blockNumber };
  }

  #begin(list: boolean, attributes: readonly AttributeAccess[], blocks: BlockGatherer | undefined): void {
    this.#list = list;
    this.#attributes = attributes.map(({ attribute, access }) => (access === undefined ? { attribute } : { attribute, access }));
    this.#blocks = blocks;
    this.#last = undefined;
  }

  #gather(request: SetRequest, gathered: Gathered | undefined, blockNumber: number): SetArrival {
    if (gathered === undefined) return this.#refuse(request, NO_LONG_SET, outOfTurn('block: no transfer is under way', blockNumber).error, blockNumber);
    if (gathered.kind === 'failed') {
      const reason = gathered.error.code === 'too_large' ? LONG_SET_ABORTED : BLOCK_NUMBER_INVALID;
      return this.#refuse(request, reason, gathered.error, blockNumber);
    }
    if (gathered.kind === 'more') return { kind: 'reply', response: { pdu: 'set-response', choice: 'datablock', ...invocationOf(request), blockNumber } };
    this.#blocks = undefined;
    this.#last = blockNumber;
    const values = decodeJoined(gathered.octets, this.#list, VALUES, this.#options);
    if (values.kind !== 'good') return this.#refuse(request, OTHER_REASON, errorOf(values, gathered.octets.length), blockNumber);
    if (values.value.length === this.#attributes.length) return { kind: 'whole', attributes: this.#attributes, values: values.value };
    const rule = `values: ${this.#attributes.length} as there are attributes`;
    return this.#refuse(request, OTHER_REASON, outOfTurn(rule, values.value.length).error, blockNumber);
  }

  /** @param blockNumber 0 where the request came whole */
  #refuse(request: SetRequest, accessResult: number, error: CodecError, blockNumber: number): SetArrival {
    this.#blocks = undefined;
    const head = { pdu: 'set-response', ...invocationOf(request) } as const;
    const response: SetResponse =
      blockNumber === 0 ? { ...head, choice: 'normal', accessResult } : { ...head, choice: 'last-datablock', accessResult, blockNumber };
    return { kind: 'refused', response, error };
  }
}
