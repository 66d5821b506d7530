/** What the transfers share: the octet that names a request, and how a step fails. */
import { type CodecError, codecError } from '../../common/index.ts';
import type { Invocation } from '../types.ts';

export interface Failed {
  readonly kind: 'failed';
  readonly error: CodecError;
}

export const failed = (error: CodecError): Failed => ({ kind: 'failed', error });

/** A message that does not belong where the transfer stands. */
export const outOfTurn = (rule: string, got: string | number): Failed => failed(codecError('bad_block', 0, rule, got));

export const invocationOf = ({ invokeId, confirmed, highPriority }: Invocation): Invocation => ({ invokeId, confirmed, highPriority });

/** Answers out of ACCESS_RESULTS for blocks out of turn. */
export const LONG_ACTION_ABORTED = 15;
export const LONG_SET_ABORTED = 17;
export const NO_LONG_SET = 18;
export const BLOCK_NUMBER_INVALID = 19;
export const OTHER_REASON = 250;
