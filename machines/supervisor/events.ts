/** Events and effects of a supervisor. Time and chance come in with the events, so that the machine stays pure. */
import type { EpochMs } from '../common/effects.ts';

export type ChildId = string;

/** `permanent`: started again however it ends. `transient`: only when it failed. */
export type RestartRule = 'permanent' | 'transient';

export interface SupervisorPolicy {
  /** More restarts than this, of all children together, within `periodMs` end the supervisor (OTP's intensity). */
  readonly maxRestarts: number;
  readonly periodMs: number;
  /** Ceiling of the first pause before a restart; it doubles with each failure in a row. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** A child that has run this long counts as well: its next failure is a first one. */
  readonly stableMs: number;
}

export const DEFAULT_SUPERVISOR_POLICY: SupervisorPolicy = { maxRestarts: 10, periodMs: 60_000, backoffMinMs: 100, backoffMaxMs: 30_000, stableMs: 60_000 };

export type SupervisorInput = {
  readonly policy: SupervisorPolicy;
  /** In the order in which they start. */
  readonly children: readonly { readonly id: ChildId; readonly restart?: RestartRule }[];
};

/** Start everything. */
export type Begin = { readonly type: 'begin'; readonly at: EpochMs };
/** A child is up. */
export type ChildStarted = { readonly type: 'child.started'; readonly id: ChildId; readonly at: EpochMs };
/** A child has run for `stableMs`. */
export type ChildStable = { readonly type: 'child.stable'; readonly id: ChildId; readonly at: EpochMs };
/** A child broke, or could not start. `random` in [0, 1). */
export type ChildFailed = { readonly type: 'child.failed'; readonly id: ChildId; readonly at: EpochMs; readonly error: string; readonly random: number };
/** A child ended by itself, well. */
export type ChildEnded = { readonly type: 'child.ended'; readonly id: ChildId; readonly at: EpochMs; readonly random: number };
/** A child ended because it was told to. */
export type ChildStopped = { readonly type: 'child.stopped'; readonly id: ChildId; readonly at: EpochMs };
/** Stop everything, last started first. */
export type Stop = { readonly type: 'stop'; readonly at: EpochMs };

export type SupervisorEvent = Begin | ChildStarted | ChildStable | ChildFailed | ChildEnded | ChildStopped | Stop;

/** Start a child after `delayMs`. */
export type StartChildParams = { readonly id: ChildId; readonly delayMs: number };
/** Stop a child, or give up starting it; answered by `child.stopped`. */
export type StopChildParams = { readonly id: ChildId };
/** This supervisor cannot help any more: whoever is above decides. */
export type EscalateParams = { readonly id: ChildId; readonly error: string; readonly restarts: number };
