/**
 * What to do about one interface after a gap, as a pure state machine (appointments 2.4, A-23 (7)):
 *
 *   asking ──202──► polling ──Completed──► ended
 *     │ 429: wait      │ Failed, PartialCompletion, lost
 *     └──refused──► replaying ──200──► ended
 *
 * What cannot be reached is tried again for ever; how long others wait for the end is the gate's affair.
 */
import type { RetryOptions } from './options.ts';
import type { Question, RequeueStatus, Window } from './query.ts';
import { retryDelayMs } from './retry.ts';

export type GapJob =
  | { readonly kind: 'asking'; readonly attempt: number }
  | { readonly kind: 'polling'; readonly attempt: number; readonly requeueId: string }
  | { readonly kind: 'replaying'; readonly attempt: number }
  | { readonly kind: 'ended'; readonly outcome: 'requeued' | 'replayed' | 'failed'; readonly text: string };

/** What the DIP said to the question of the state: a requeue id, a status, or the end of a replay. */
export type GapReply =
  | { readonly kind: 'requeue'; readonly requeueId: string | null }
  | { readonly kind: 'status'; readonly status: RequeueStatus }
  | { readonly kind: 'replayed' }
  | Exclude<Question<never>, { readonly kind: 'answer' }>;

export interface GapPolicy {
  readonly retry: RetryOptions;
  readonly pollMs: number;
}

export const NEW_GAP_JOB: GapJob = { kind: 'asking', attempt: 1 };

/** Next state, and how long to wait before its question is asked. `random` is in [0, 1). */
export function nextGapJob(job: GapJob, reply: GapReply, policy: GapPolicy, random: number): { readonly job: GapJob; readonly delayMs: number } {
  if (job.kind === 'ended') return { job, delayMs: 0 };
  switch (reply.kind) {
    case 'aborted':
      return { job, delayMs: 0 };
    case 'busy':
    case 'unreachable':
      return {
        job: { ...job, attempt: job.attempt + 1 },
        delayMs: retryDelayMs(policy.retry, job.attempt, random, Math.max(reply.retryAfterMs, policy.pollMs)),
      };
    case 'refused':
      if (job.kind === 'replaying') return { job: { kind: 'ended', outcome: 'failed', text: `status ${reply.status}: ${reply.text}` }, delayMs: 0 };
      return { job: { kind: 'replaying', attempt: 1 }, delayMs: 0 };
    case 'replayed':
      return { job: { kind: 'ended', outcome: 'replayed', text: '' }, delayMs: 0 };
    case 'requeue':
      // Accepted without an id: its end cannot be seen, so the messages are fetched.
      if (reply.requeueId === null) return { job: { kind: 'replaying', attempt: 1 }, delayMs: 0 };
      return { job: { kind: 'polling', attempt: 1, requeueId: reply.requeueId }, delayMs: policy.pollMs };
    case 'status':
      if (reply.status === 'Completed') return { job: { kind: 'ended', outcome: 'requeued', text: '' }, delayMs: 0 };
      if (reply.status === 'Processing' && job.kind === 'polling') return { job: { ...job, attempt: 1 }, delayMs: policy.pollMs };
      return { job: { kind: 'replaying', attempt: 1 }, delayMs: 0 };
  }
}

/** Smallest window that holds both. */
export function joinWindows(a: Window | null | undefined, b: Window): Window {
  return a ? { from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) } : b;
}
