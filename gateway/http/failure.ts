/** What a thrown error looks like from outside. Texts of broken infrastructure stay in the log: they may name paths. */
import { MeterwrightError, OverloadedError, RefusedError, StoreError } from '../../actors/errors/error.ts';
import { type Headers, retryAfter } from './reply.ts';

export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly headers?: Headers;
}

/** Pause that a caller is told when the store did not take a commit. */
const STORE_RETRY_MS = 2_000;

/** What is not there is 404, what is not well-formed 422; every other refused command is a conflict with how things stand. */
function refusedStatus(code: string): number {
  if (code.startsWith('no_such_')) return 404;
  if (code === 'command_too_large') return 413;
  return code === 'invalid_value' || code === 'cursor_invalid' ? 422 : 409;
}

/** `undefined`: not expected, a bug; the caller logs it and answers 500. */
export function toFailure(error: unknown): Failure | undefined {
  if (error instanceof OverloadedError) {
    // Another node may have done it, and its answer was lost.
    const text =
      error.details.outcome === 'unknown' ? 'No answer in time; what was asked may still be done' : 'The service is at its limit; nothing was changed';
    return { status: 503, code: error.code, text, headers: retryAfter(error.retryAfterMs) };
  }
  if (error instanceof StoreError && error.code === 'backup_not_empty') return { status: 409, code: error.code, text: error.message };
  if (error instanceof StoreError && error.retry !== 'never') {
    return { status: 503, code: error.code, text: 'The store cannot take this at the moment; nothing was acknowledged', headers: retryAfter(STORE_RETRY_MS) };
  }
  if (error instanceof RefusedError) return { status: refusedStatus(error.code), code: error.code, text: error.message };
  if (error instanceof MeterwrightError && error.retry !== 'never') {
    return { status: 503, code: error.code, text: 'This cannot be done at the moment', headers: retryAfter(STORE_RETRY_MS) };
  }
  return undefined;
}
