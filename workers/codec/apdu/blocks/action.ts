/**
 * ACTION in blocks, parameters and answers (Green Book, ACTION with block transfer).
 *
 * ```
 *   client  with-first-pblock 1 ──►          ◄── next-pblock 1                     server
 *           with-pblock 2, last ──►          ◄── normal | with-list | with-pblock 1
 *           next-pblock 1       ──►          ◄── with-pblock 2, last
 * ```
 *
 * Joined, the blocks of a request hold the parameters (in a list: a list of them), those of a response the answers as they stand in
 * a response without blocks.
 */
import { errorOf } from '../../common/index.ts';
import { encodeApdu } from '../encode.ts';
import type { ApduOptions } from '../scope.ts';
import type { ActionRequest, ActionResponse, ActionResult, Block } from '../types.ts';
import { BlockCutter, fits, isError } from './cutter.ts';
import { BlockGatherer } from './gatherer.ts';
import { ACTION_ANSWERS, decodeJoined, encodeJoined, VALUES } from './joined.ts';
import { type Failed, failed, invocationOf, outOfTurn } from './turn.ts';

/** An ACTION with all its parameters. */
export type WholeAction = ActionRequest & { readonly choice: 'normal' | 'with-list' };

export type ActionStep =
  | { readonly kind: 'next'; readonly request: ActionRequest }
  /** One answer for each method. */
  | { readonly kind: 'done'; readonly results: readonly ActionResult[] }
  | Failed;

/** Octets of `C3 06 iip last block(4)` and `C7 02 iip last block(4)`. */
export const PBLOCK_HEAD_OCTETS = 8;

/** The client's side. One for each ACTION. */
export class ActionSender {
  readonly #request: WholeAction;
  readonly #maxPduSize: number;
  readonly #options: ApduOptions;
  readonly #blocks: BlockGatherer;
  #cutter: BlockCutter | undefined;

  /** @param maxPduSize octets of an APDU in clear that the meter takes, 0 = no limit */
  constructor(request: WholeAction, maxPduSize: number, options: ApduOptions = {}) {
    this.#request = request;
    this.#maxPduSize = maxPduSize;
    this.#options = options;
    this.#blocks = new BlockGatherer(options.limits?.maxOctets);
  }

  /** The request as it stands where it fits, else its first block. */
  first(): ActionStep {
    const request = this.#request;
    const whole = encodeApdu(request);
    if (whole.kind === 'bad') return failed(whole.error);
    if (fits(whole.octets.length, this.#maxPduSize)) return { kind: 'next', request };
    const list = request.choice === 'with-list';
    const parameters = list ? request.parameters : [request.parameters ?? ({ type: 'null-data' } as const)];
    const joined = encodeJoined(parameters, list, VALUES);
    if (joined.kind === 'bad') return failed(joined.error);
    const empty = encodeApdu(firstBlock(request, { lastBlock: false, blockNumber: 1, rawData: joined.octets.subarray(0, 0) }));
    if (empty.kind === 'bad') return failed(empty.error);
    this.#cutter = new BlockCutter(joined.octets);
    const block = this.#cutter.next(empty.octets.length - 1, this.#maxPduSize);
    return isError(block) ? failed(block) : { kind: 'next', request: firstBlock(request, block) };
  }

  take(response: ActionResponse): ActionStep {
    const { invokeId } = this.#request;
    if (response.invokeId !== invokeId) return outOfTurn(`invoke id: ${invokeId} as in the request`, response.invokeId);
    const blocksLeft = this.#cutter !== undefined && !this.#cutter.done;
    switch (response.choice) {
      case 'next-pblock':
        return this.#next(response.blockNumber);
      case 'with-pblock':
        return blocksLeft ? outOfTurn('action-response: the next block wanted', response.choice) : this.#gather(response);
      case 'normal': {
        const { actionResult, returned } = response;
        if (blocksLeft && actionResult === 0) return outOfTurn('action-response: the next block wanted', response.choice);
        return { kind: 'done', results: [returned === undefined ? { actionResult } : { actionResult, returned }] };
      }
      case 'with-list':
        return this.#done(response.results);
    }
  }

  #next(blockNumber: number): ActionStep {
    const cutter = this.#cutter;
    if (cutter === undefined || cutter.done || blockNumber !== cutter.sent) {
      return outOfTurn(`block number: ${cutter?.sent ?? 0} was sent last`, blockNumber);
    }
    const block = cutter.next(PBLOCK_HEAD_OCTETS, this.#maxPduSize);
    if (isError(block)) return failed(block);
    return { kind: 'next', request: { pdu: 'action-request', choice: 'with-pblock', ...invocationOf(this.#request), ...block } };
  }

  #gather(block: Block): ActionStep {
    const gathered = this.#blocks.take(block);
    if (gathered.kind === 'failed') return gathered;
    if (gathered.kind === 'more') {
      const { blockNumber } = gathered;
      return { kind: 'next', request: { pdu: 'action-request', choice: 'next-pblock', ...invocationOf(this.#request), blockNumber } };
    }
    const results = decodeJoined(gathered.octets, this.#request.choice === 'with-list', ACTION_ANSWERS, this.#options);
    return results.kind === 'good' ? this.#done(results.value) : failed(errorOf(results, gathered.octets.length));
  }

  #done(results: readonly ActionResult[]): ActionStep {
    const wanted = this.#request.choice === 'with-list' ? this.#request.methods.length : 1;
    return results.length === wanted ? { kind: 'done', results } : outOfTurn(`results: ${wanted} as in the request`, results.length);
  }
}

function firstBlock(request: WholeAction, block: Block): ActionRequest {
  const head = { pdu: 'action-request', ...invocationOf(request) } as const;
  if (request.choice === 'with-list') return { ...head, choice: 'with-list-and-first-pblock', methods: request.methods, ...block };
  return { ...head, choice: 'with-first-pblock', method: request.method, ...block };
}
