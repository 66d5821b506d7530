/** From the outcomes of the codecs to the answers of the pool. */
import { type Bad, type CodecError, errorOf, type Good, type Incomplete } from '../../codec/common/index.ts';
import { type Answer, type BadAnswer, poolError } from '../answer.ts';
import type { Packed } from '../operation.ts';

const NO_LENIENCIES: readonly [] = [];

export const badAnswer = (error: CodecError): BadAnswer => ({ kind: 'bad', error });

/** No more octets can come: `incomplete` is an error. */
export const refused = (outcome: Incomplete | Bad, length: number): BadAnswer => ({ kind: 'bad', error: errorOf(outcome, length) });

export function packed({ consumed, leniencies }: Pick<Good<unknown>, 'consumed' | 'leniencies'>): Packed {
  return { kind: 'good', consumed, leniencies };
}

export const packedWhole = (consumed: number): Packed => ({ kind: 'good', consumed, leniencies: NO_LENIENCIES });

export function goodAnswer<T>(value: T, { consumed, leniencies }: Pick<Good<unknown>, 'consumed' | 'leniencies'>): Answer<T> {
  return { kind: 'good', value, consumed, leniencies };
}

export const wholeAnswer = <T>(value: T, consumed: number): Answer<T> => ({ kind: 'good', value, consumed, leniencies: NO_LENIENCIES });

export const STALE_KEY = poolError('pool_stale_key', 'key: must not be released');
