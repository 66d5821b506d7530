/** What the chart of an action asks before it moves. Pure. */

import { NEXT_ATTEMPT } from './asks.ts';
import { type ActionContext, countedAttempts } from './context.ts';
import type { ActionEvent, EventOf } from './events.ts';
import type { ActionPolicy } from './policy.ts';

/** The event names an attempt, and it is not this one. */
export function isOfAnother(event: { readonly attempt?: number }, attempt: number): boolean {
  return event.attempt !== undefined && event.attempt !== attempt;
}

/** The same window is missed once. */
export function missesWindow(context: ActionContext, event: EventOf<'window.missed'>): boolean {
  return !context.request.immediate && countedAttempts(context) === 0 && event.window !== context.lastWindow;
}

export function missesLastWindow(context: ActionContext, event: EventOf<'window.missed'>, policy: ActionPolicy): boolean {
  return missesWindow(context, event) && context.windowsMissed + 1 >= policy.windows;
}

export function isNextAttempt(event: ActionEvent): boolean {
  return event.type === 'reminder' && event.name === NEXT_ATTEMPT;
}

/** A write of an earlier attempt may have left: nobody knows what the clock shows until it is read. */
export function mayHaveWritten({ write }: ActionContext): boolean {
  return write !== null;
}

/** A session was lost or handed back after a cancel, and nothing can have been written. */
export function cancelHolds({ cancelledBy, write }: ActionContext): boolean {
  return cancelledBy !== null && write === null;
}

export function isLostTooOften({ lost }: ActionContext, policy: ActionPolicy): boolean {
  return lost + 1 > policy.lostAttempts;
}

/** From the write on a session finishes; one that only looks again after a write does too. A cancel counts once. */
export function isCancelInTime({ cancelledBy, write, attempt, task, request }: ActionContext): boolean {
  if (cancelledBy !== null || write?.attempt === attempt) return false;
  return !(task === 'verify' && request.task !== 'verify');
}

/** A cancel that came first forbids the write. */
export function mayIntend(context: ActionContext, event: EventOf<'write.intended'>): boolean {
  return context.cancelledBy === null && context.task === 'time-update' && !isOfAnother(event, context.attempt);
}

/**
 * Whether the session of this attempt may let its write leave: asked of the context after `write.intended` was applied. False
 * when the machine did not take the intent, because the action was cancelled or is not running any more.
 */
export function mayWrite({ cancelledBy, write, attempt, end }: ActionContext, ofAttempt: number): boolean {
  return end === null && cancelledBy === null && attempt === ofAttempt && write?.attempt === ofAttempt;
}
