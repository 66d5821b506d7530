/** Ids and index values of actions and of what is kept with them. */
import type { ActorId } from '../../machines/common/effects.ts';
import type { ActionContext } from '../../machines/time-update/index.ts';
import type { ActorDoc } from '../store/store.ts';

export const ACTION_KIND = 'action';
export const TRACE_KIND = 'action-trace';

export const actionActor = (requestId: number): ActorId => `action:${requestId}`;

/** Byte trace of one session; its record is `{requestId, attempt, text, at}`, and it is found by the index `about` too. */
export const traceRecord = (requestId: number, attempt: number): ActorId => `${TRACE_KIND}:${requestId}/${attempt}`;

/** Value in the index `about` by which the actions of an owner are listed, newest or oldest first. */
export const ownerIndex = (owner: string): string => `owner:${owner}`;

/** The context of a stored action. */
export function contextOf(doc: ActorDoc): ActionContext {
  return (doc.snapshot as unknown as { readonly context: ActionContext }).context;
}

/** An owner's label as one token of a subject: other characters would divide it, or match anything. */
export function ownerToken(owner: string): string {
  return owner.replaceAll(/[^A-Za-z0-9_-]/g, '_') || '_';
}
