/**
 * What becomes of an action after a session (meter-protocols 7; mts-actions-api 3 and 5): what all its sessions together found
 * out, and whether there is another attempt. Pure.
 *
 * Invariants
 * - V1 `before` is the last reading before the first write of any attempt; once a write may have left it does not change.
 * - V2 A refused password, a meter's error code and a missing key or setting are never tried again. After a meter hung up when it was
 *   given the password there is one more session at most, and none where the link was dialled again before.
 * - V3 After a write that is known to have left, every further attempt only reads; but for one that was not acknowledged and of which
 *   the same session's reading shows that it did not take: that counts as one that may not have left at all.
 * - V4 A reading after a write that may have left is no verdict on it while its session could not finish: the next attempt reads anew, and
 *   writes where that is allowed.
 * - V5 An action whose write may have left never ends in `error` or `cancelled`: the clock was read, the update is not verified.
 */
import type { SessionFailure, SessionResult, Task } from '../meter-session/types.ts';
import { type ActionContext, countedAttempts, type Found, type Outcome, type WriteMark } from './context.ts';
import type { ActionPolicy } from './policy.ts';

export type Verdict =
  | { readonly kind: 'again'; readonly task: Task; readonly text: string; readonly redial: boolean }
  | { readonly kind: 'end'; readonly outcome: Outcome; readonly text: string | null };

/** Whether a write of an attempt before this one may have left. */
function wroteEarlier({ write, attempt }: ActionContext): boolean {
  return write !== null && (write.sure || write.first !== attempt);
}

/** What is known of writes after a session: an intent whose write did not leave is forgotten. */
export function writeAfter(context: ActionContext, result: Pick<SessionResult, 'wrote' | 'notTaken'>): WriteMark | null {
  const { write, attempt } = context;
  if (result.wrote) return { first: write?.first ?? attempt, attempt, sure: write?.sure === true || result.notTaken !== true };
  return write !== null && wroteEarlier(context) ? { ...write, attempt: write.attempt === attempt ? write.first : write.attempt } : null;
}

/** The findings of a session joined to those of the earlier ones. */
export function foundAfter(context: ActionContext, result: SessionResult): Found {
  const { found } = context;
  const earlier = wroteEarlier(context);
  // A session after a write reads the clock before anything else: that is the reading after.
  const after = result.after ?? (result.wrote ? null : earlier ? (result.before ?? found.after) : found.after);
  const why = result.afterError ?? result.failure?.text ?? found.afterError ?? 'not read';
  return {
    before: earlier ? found.before : (result.before ?? found.before),
    after,
    afterError: after === null && (earlier || result.wrote) ? why : null,
    serialNumber: result.serialNumber ?? found.serialNumber,
    serialError: result.serialError ?? (result.serialNumber === undefined ? found.serialError : null),
  };
}

/** One text for `ERROR: …`, and for the log where there is none. */
function textOf(result: SessionResult): string {
  return result.failure?.text ?? (result.outcome === 'cancelled' ? 'cancelled' : 'failed');
}

/** Whether the failure of a session that wrote nothing may be gone in a while. */
function mayPass(failure: SessionFailure | undefined, context: ActionContext, policy: ActionPolicy): boolean {
  switch (failure?.class) {
    case 'transport':
    case 'engine':
      return true;
    case 'link':
      return context.redials < policy.linkRedials;
    case 'guard':
      return failure.guard !== undefined && policy.retriedGuards.includes(failure.guard);
    case 'hang-up':
      return context.redials < Math.min(policy.linkRedials, 1);
    case 'login':
    case 'meter':
    case 'write':
    case 'config':
    case undefined:
      return false;
  }
}

/** Whether a reading that went missing after a write may be had in a while. */
function mayBeRead(failure: SessionFailure | undefined): boolean {
  switch (failure?.class) {
    case 'transport':
    case 'link':
    case 'hang-up':
    case 'write':
    case 'engine':
      return true;
    case 'login':
    case 'meter':
    case 'guard':
    case 'config':
    case undefined:
      return false;
  }
}

/** A session that was ended from outside without a cancel of the action: its process wanted so. */
function failureOf(result: SessionResult): SessionFailure | undefined {
  if (result.outcome !== 'cancelled') return result.failure;
  return result.failure ?? { stage: 'open', class: 'engine', text: 'cancelled' };
}

export function verdictOf(context: ActionContext, result: SessionResult, policy: ActionPolicy): Verdict {
  const failure = failureOf(result);
  const text = textOf(result);
  const write = writeAfter(context, result);
  const cancelled = context.cancelledBy !== null;
  const left = countedAttempts(context) < policy.attempts && !cancelled;
  const task: Task = write?.sure ? 'verify' : context.task;
  const redial = failure?.class === 'link' || failure?.class === 'hang-up';

  if (result.outcome === 'success') return { kind: 'end', outcome: 'success', text: null };
  if (write !== null) {
    if (foundAfter(context, result).after === null) {
      return left && mayBeRead(failure) ? { kind: 'again', task, text, redial: false } : { kind: 'end', outcome: 'partial', text };
    }
    const unfinished = !write.sure && left && mayPass(failure, context, policy);
    return unfinished ? { kind: 'again', task, text, redial } : { kind: 'end', outcome: 'partial', text };
  }
  if (cancelled && result.outcome !== 'partial') return { kind: 'end', outcome: 'cancelled', text: 'cancelled' };
  // Partial success is final, but for what a guard may say otherwise soon.
  const open = result.outcome !== 'partial' || failure?.class === 'guard';
  if (left && open && mayPass(failure, context, policy)) return { kind: 'again', task, text, redial };
  return { kind: 'end', outcome: result.outcome === 'partial' ? 'partial' : 'error', text };
}
