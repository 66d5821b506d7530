/** What the pool answers to one request: the outcome of a codec, or an error of the pool itself in the same form. */
import type { CodecError, LeniencyName } from '../codec/common/index.ts';
import type { PoolErrorCode } from './codes.ts';

export interface PoolError {
  readonly code: PoolErrorCode;
  /** Always 0: the octets are not at fault. */
  readonly offset: 0;
  readonly rule: string;
  readonly got: string;
}

export interface GoodAnswer<T> {
  readonly kind: 'good';
  readonly value: T;
  /** Octets of the input that the value took. */
  readonly consumed: number;
  readonly leniencies: readonly LeniencyName[];
}

export interface BadAnswer {
  readonly kind: 'bad';
  readonly error: CodecError | PoolError;
}

export type Answer<T> = GoodAnswer<T> | BadAnswer;

export function poolError(code: PoolErrorCode, rule: string, got: string | number = ''): BadAnswer {
  return { kind: 'bad', error: { code, offset: 0, rule, got: String(got) } };
}

export const ABORTED = poolError('pool_aborted', 'signal: was aborted');
export const CLOSED = poolError('pool_closed', 'pool: must stay open until the answer');
export const DOWN = poolError('pool_down', 'threads: must start');
export const EXPIRED = poolError('pool_deadline', 'deadlineMs: must not pass before the answer');
