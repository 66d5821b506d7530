/** What an action remembers: enough for its status, and for the next attempt to be honest about the earlier ones. */
import type { EpochMs } from '../common/effects.ts';
import type { ClockReading, SessionFailure, Stage, Task } from '../meter-session/types.ts';
import type { ActionRequest } from './events.ts';

/** What sessions found out, over all attempts. */
export type Found = {
  /** The last reading before the first write of any attempt. */
  readonly before: ClockReading | null;
  /** The last reading after a write. */
  readonly after: ClockReading | null;
  readonly afterError: string | null;
  readonly serialNumber: string | null;
  readonly serialError: string | null;
};

export type Times = {
  /** Start of the first attempt. */
  readonly startedAt: EpochMs | null;
  /** End of the last attempt, or of the action where there was none. */
  readonly endedAt: EpochMs | null;
  /** Of the last attempt. */
  readonly connectionStartAt: EpochMs | null;
  readonly connectionEndAt: EpochMs | null;
};

/** A write that may have left for the meter. */
export type WriteMark = {
  /** The attempt of the first one that may have left. */
  readonly first: number;
  /** The attempt of the latest one. */
  readonly attempt: number;
  /** A session told that it left; otherwise only the intent is known. */
  readonly sure: boolean;
};

export type Outcome = 'success' | 'partial' | 'error' | 'cancelled';

export type Ending = {
  readonly outcome: Outcome;
  /** One line: why not a success. */
  readonly text: string | null;
  /** Class and guard of the failure, for reports. */
  readonly failure: SessionFailure | null;
  readonly notes: readonly string[];
};

export type ActionContext = {
  readonly request: ActionRequest;
  /** Of the session that runs or comes next. */
  readonly task: Task;
  /** Sessions begun. */
  readonly attempt: number;
  /** Of them, ended in order before they wrote, for a stop or another owner: they do not count. Absent: none. */
  readonly handedBack?: number;
  /** Of them, lost with their process. */
  readonly lost: number;
  readonly redials: number;
  readonly windowsMissed: number;
  readonly lastWindow: string | null;
  /** Where the session runs or ran last. */
  readonly node: string | null;
  readonly stage: Stage | null;
  /** Who cancelled it, once that has an effect. */
  readonly cancelledBy: string | null;
  /** End of the pause. */
  readonly resumeAt: EpochMs | null;
  readonly write: WriteMark | null;
  readonly found: Found;
  readonly times: Times;
  /** Of the last attempt. */
  readonly failure: SessionFailure | null;
  /** Nobody may try this password again for a day. */
  readonly passwordRefused: boolean;
  /** The alert of its zone was raised when the session began. */
  readonly zoneAlert?: boolean;
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** Null while it is pending. */
  readonly end: Ending | null;
};

/** Sessions begun that count as attempts. */
export function countedAttempts({ attempt, handedBack = 0 }: Pick<ActionContext, 'attempt' | 'handedBack'>): number {
  return attempt - handedBack;
}

export function initialContext(request: ActionRequest): ActionContext {
  return {
    request,
    task: request.task,
    attempt: 0,
    lost: 0,
    redials: 0,
    windowsMissed: 0,
    lastWindow: null,
    node: null,
    stage: null,
    cancelledBy: null,
    resumeAt: null,
    write: null,
    found: { before: null, after: null, afterError: null, serialNumber: null, serialError: null },
    times: { startedAt: null, endedAt: null, connectionStartAt: null, connectionEndAt: null },
    failure: null,
    passwordRefused: false,
    octetsIn: 0,
    octetsOut: 0,
    end: null,
  };
}
