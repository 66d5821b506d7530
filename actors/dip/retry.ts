/** What an answer of the DIP means for trying again, and when (appointments 2.5). Pure. */
import type { RetryOptions } from './options.ts';

const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
const FINAL = new Set([400, 403, 404, 405, 406, 413, 505]);

/**
 * `accepted`: read the answer item by item. `credentials`: reload them and try once more. `retry`: later, unchanged.
 * `split`: final for a lone message; several are halved, because one of them may be to blame. `final`: never again.
 */
export type StatusClass = 'accepted' | 'credentials' | 'retry' | 'split' | 'final';

/** Class of a synchronous status. One that the DIP does not document is tried again, unless it blames the request. */
export function classifyStatus(status: number): StatusClass {
  if (status >= 200 && status < 300) return 'accepted';
  if (status === 401) return 'credentials';
  if (status === 400 || status === 413) return 'split';
  if (RETRYABLE.has(status)) return 'retry';
  if (FINAL.has(status)) return 'final';
  return status >= 400 && status < 500 ? 'split' : 'retry';
}

/** True when the failure says that the DIP as a whole is unwell, which is what opens the circuit. */
export function countsAsOutage(status: number): boolean {
  return status === 408 || status >= 500;
}

/** Highest delay before attempt `attempt + 1`, milliseconds; `attempt` starts at 1. */
export function backoffCeilingMs(policy: RetryOptions, attempt: number): number {
  const exponent = Math.max(0, Math.min(attempt, 64) - 1);
  return Math.min(policy.capMs, policy.initialMs * policy.factor ** exponent);
}

/** Delay before the next attempt, milliseconds. `random` is in [0, 1); never less than what the DIP asked for. */
export function retryDelayMs(policy: RetryOptions, attempt: number, random: number, retryAfterMs = 0): number {
  const ceiling = backoffCeilingMs(policy, attempt);
  const delay = policy.jitter === 'full' ? Math.floor(ceiling * random) : ceiling;
  return Math.max(delay, retryAfterMs);
}

/** `Retry-After` in seconds or as a date, to milliseconds from `now`; 0 when absent or unreadable, at most one hour. */
export function parseRetryAfterMs(value: string | undefined, now: number): number {
  if (value === undefined) return 0;
  const text = value.trim();
  const wait = /^\d{1,9}$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isFinite(wait) ? Math.min(Math.max(0, wait), 3_600_000) : 0;
}
