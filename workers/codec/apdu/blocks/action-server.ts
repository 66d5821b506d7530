/** The meter's side of ACTION in blocks; drawn in `action.ts`. */
import { type CodecError, codecError, errorOf } from '../../common/index.ts';
import type { DataValue } from '../../data/index.ts';
import { encodeApdu } from '../encode.ts';
import type { ApduOptions } from '../scope.ts';
import type { ActionRequest, ActionResponse, ActionResult, Block, LogicalReference } from '../types.ts';
import { PBLOCK_HEAD_OCTETS } from './action.ts';
import { BlockCutter, fits, isError } from './cutter.ts';
import { BlockGatherer } from './gatherer.ts';
import { ACTION_ANSWERS, decodeJoined, encodeJoined, VALUES } from './joined.ts';
import { BLOCK_NUMBER_INVALID, invocationOf, LONG_ACTION_ABORTED, OTHER_REASON, outOfTurn } from './turn.ts';

export type ActionArrival =
  /** Send this and wait for what the client sends next. */
  | { readonly kind: 'reply'; readonly response: ActionResponse }
  /** All is there: do it, then send what `answer` gives. No parameter: undefined. */
  | { readonly kind: 'whole'; readonly methods: readonly LogicalReference[]; readonly parameters: readonly (DataValue | undefined)[] }
  /** The transfer is over: send this. */
  | { readonly kind: 'refused'; readonly response: ActionResponse; readonly error: CodecError };

/** For one association: the ACTIONs of a client follow each other. */
export class ActionReceiver {
  readonly #maxPduSize: number;
  readonly #options: ApduOptions;
  #blocks: BlockGatherer | undefined;
  #cutter: BlockCutter | undefined;
  #methods: readonly LogicalReference[] = [];
  #list = false;

  /** @param maxPduSize octets of an APDU in clear that the client takes, 0 = no limit */
  constructor(maxPduSize: number, options: ApduOptions = {}) {
    this.#maxPduSize = maxPduSize;
    this.#options = options;
  }

  /** An ACTION that begins ends a transfer that is under way. */
  take(request: ActionRequest): ActionArrival {
    switch (request.choice) {
      case 'normal':
        this.#begin(false, [request.method], undefined);
        return { kind: 'whole', methods: this.#methods, parameters: [request.parameters] };
      case 'with-list':
        this.#begin(true, request.methods, undefined);
        return this.#whole(request, request.parameters);
      case 'with-first-pblock':
        this.#begin(false, [request.method], new BlockGatherer(this.#options.limits?.maxOctets));
        return this.#gather(request, request);
      case 'with-list-and-first-pblock':
        this.#begin(true, request.methods, new BlockGatherer(this.#options.limits?.maxOctets));
        return this.#gather(request, request);
      case 'with-pblock':
        return this.#gather(request, request);
      case 'next-pblock':
        return this.#next(request, request.blockNumber);
    }
  }

  /** The response, or its first block, to the ACTION that was whole last. */
  answer(request: ActionRequest, results: readonly ActionResult[]): ActionResponse | CodecError {
    const [result] = results;
    if (result === undefined || results.length !== this.#methods.length) {
      return codecError('bad_value', 0, `results: ${this.#methods.length} as there are methods`, results.length);
    }
    const head = { pdu: 'action-response', ...invocationOf(request) } as const;
    const whole: ActionResponse = this.#list ? { ...head, choice: 'with-list', results } : { ...head, choice: 'normal', ...result };
    const octets = encodeApdu(whole);
    if (octets.kind === 'bad') return octets.error;
    if (fits(octets.octets.length, this.#maxPduSize)) return whole;
    const joined = encodeJoined(results, this.#list, ACTION_ANSWERS);
    if (joined.kind === 'bad') return joined.error;
    this.#cutter = new BlockCutter(joined.octets);
    const block = this.#cutter.next(PBLOCK_HEAD_OCTETS, this.#maxPduSize);
    return isError(block) ? block : { ...head, choice: 'with-pblock', ...block };
  }

  #begin(list: boolean, methods: readonly LogicalReference[], blocks: BlockGatherer | undefined): void {
    this.#list = list;
    this.#methods = methods;
    this.#blocks = blocks;
    this.#cutter = undefined;
  }

  #gather(request: ActionRequest, block: Block): ActionArrival {
    const gathered = this.#blocks?.take(block);
    if (gathered === undefined) return this.#refuse(request, BLOCK_NUMBER_INVALID, outOfTurn('block: no transfer is under way', block.blockNumber).error);
    if (gathered.kind === 'failed') {
      return this.#refuse(request, gathered.error.code === 'too_large' ? LONG_ACTION_ABORTED : BLOCK_NUMBER_INVALID, gathered.error);
    }
    if (gathered.kind === 'more') {
      const { blockNumber } = gathered;
      return { kind: 'reply', response: { pdu: 'action-response', choice: 'next-pblock', ...invocationOf(request), blockNumber } };
    }
    this.#blocks = undefined;
    const parameters = decodeJoined(gathered.octets, this.#list, VALUES, this.#options);
    if (parameters.kind === 'good') return this.#whole(request, parameters.value);
    return this.#refuse(request, OTHER_REASON, errorOf(parameters, gathered.octets.length));
  }

  #whole(request: ActionRequest, parameters: readonly DataValue[]): ActionArrival {
    if (parameters.length === this.#methods.length) return { kind: 'whole', methods: this.#methods, parameters };
    return this.#refuse(request, OTHER_REASON, outOfTurn(`parameters: ${this.#methods.length} as there are methods`, parameters.length).error);
  }

  #next(request: ActionRequest, blockNumber: number): ActionArrival {
    const cutter = this.#cutter;
    if (cutter === undefined || cutter.done || blockNumber !== cutter.sent) {
      return this.#refuse(request, BLOCK_NUMBER_INVALID, outOfTurn(`block number: ${cutter?.sent ?? 0} was sent last`, blockNumber).error);
    }
    const block = cutter.next(PBLOCK_HEAD_OCTETS, this.#maxPduSize);
    if (isError(block)) return this.#refuse(request, LONG_ACTION_ABORTED, block);
    return { kind: 'reply', response: { pdu: 'action-response', choice: 'with-pblock', ...invocationOf(request), ...block } };
  }

  #refuse(request: ActionRequest, actionResult: number, error: CodecError): ActionArrival {
    this.#blocks = undefined;
    this.#cutter = undefined;
    return { kind: 'refused', response: { pdu: 'action-response', choice: 'normal', ...invocationOf(request), actionResult }, error };
  }
}
