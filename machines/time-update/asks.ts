/** What an action may ask for, and what a step of it gives. */
import type { AnnounceParams, EpochMs, ForgetParams, Json, RemindParams, TellParams, WithdrawParams } from '../common/effects.ts';
import type { MeterTarget, Task } from '../meter-session/types.ts';
import type { ActionContext } from './context.ts';
import type { ActionPolicy } from './policy.ts';

/** Name under which an owed session is withdrawn. */
export const SESSION_EFFECT = 'session';
/** The reminder that ends a pause. */
export const NEXT_ATTEMPT = 'attempt';

/** `session`, channel `meter`: hold one session. What counts when it begins is the context after `attempt.started`. */
export type SessionParams = {
  readonly requestId: number;
  readonly target: MeterTarget;
  readonly task: Task;
  /** Number that it has if none is lost before it begins. */
  readonly attempt: number;
  /** Immediate ones get a line first. */
  readonly priority: 'immediate' | 'overnight';
  readonly trace: boolean;
  /** Longest from dialling to log-off. */
  readonly deadlineMs: number;
  readonly sealedPassword?: string;
  readonly passwordMark?: string;
};

/** `cancelSession`, channel `meter-control`: tell the live session of this action to end, if there is one. */
export type CancelSessionParams = { readonly requestId: number; readonly attempt: number };

export type Announcement = 'queued' | 'started' | 'connected' | 'clock-read' | 'clock-set' | 'succeeded' | 'failed' | 'cancelled' | 'retried';

export type Ask =
  | { readonly type: 'remind'; readonly params: RemindParams }
  | { readonly type: 'forget'; readonly params: ForgetParams }
  | { readonly type: 'withdraw'; readonly params: WithdrawParams }
  | { readonly type: 'announce'; readonly params: AnnounceParams }
  | { readonly type: 'tell'; readonly params: TellParams }
  | { readonly type: 'session'; readonly params: SessionParams }
  | { readonly type: 'cancelSession'; readonly params: CancelSessionParams };

export interface Change {
  readonly context: Partial<ActionContext>;
  readonly asks: readonly Ask[];
}

export function announce(what: Announcement, data: { readonly [member: string]: Json | undefined } = {}): Ask {
  return { type: 'announce', params: { what, data } };
}

export function remindAttempt(dueAt: EpochMs): Ask {
  return { type: 'remind', params: { name: NEXT_ATTEMPT, dueAt } };
}

export const forgetAttempt: Ask = { type: 'forget', params: { name: NEXT_ATTEMPT } };
export const withdrawSession: Ask = { type: 'withdraw', params: { name: SESSION_EFFECT } };

export function askSession({ request, task, attempt }: ActionContext, policy: ActionPolicy): Ask {
  const { requestId, target, trace, sealedPassword, passwordMark } = request;
  return {
    type: 'session',
    params: {
      requestId,
      target,
      task,
      attempt: attempt + 1,
      priority: request.immediate ? 'immediate' : 'overnight',
      trace,
      deadlineMs: policy.sessionMs,
      ...(sealedPassword === undefined ? {} : { sealedPassword }),
      ...(passwordMark === undefined ? {} : { passwordMark }),
    },
  };
}

export function cancelSession({ request, attempt }: ActionContext): Ask {
  return { type: 'cancelSession', params: { requestId: request.requestId, attempt } };
}
