/** Events of the action machine, `action:<requestId>` (mts-actions-api 3 to 5). `at` is the engine's time of the step. */
import type { EpochMs, ReminderEvent } from '../common/effects.ts';
import type { ClockReading, MeterTarget, SessionResult, Stage, Task } from '../meter-session/types.ts';

/** What a caller asked for, as kept with the action. */
export interface ActionRequest {
  readonly requestId: number;
  readonly requestReference?: string;
  readonly immediate: boolean;
  readonly task: Task;
  readonly target: MeterTarget;
  /** The password, sealed with the installation's key (base64url); opened only by the session. */
  readonly sealedPassword?: string;
  /** Which password this is, for the memory of refused ones: a keyed digest, nothing to use it by. */
  readonly passwordMark?: string;
  /** The token that asked: the only one that is shown the password again. */
  readonly tokenId: string;
  /** Label of the token; others do not see the action. */
  readonly owner: string;
  readonly requestedAt: EpochMs;
  /** Keep the octets of the session with the action. */
  readonly trace: boolean;
}

/** Where an event of a session names its attempt (1 is the first), one of an earlier attempt changes nothing. */
type OfAttempt = { readonly attempt?: number };

export type ActionEvent =
  /** The gate of the window, or of the slots, lets it go. */
  | { readonly type: 'released'; readonly at: EpochMs }
  /** A window closed and it had not started in it; the third ends it. */
  | { readonly type: 'window.missed'; readonly at: EpochMs; readonly window: string }
  /** A session begins for it; a second one while it runs means that the first was lost with its process. `zoneAlert`: that of its meter is raised. */
  | { readonly type: 'attempt.started'; readonly at: EpochMs; readonly node: string; readonly zoneAlert?: boolean }
  /** The session got somewhere worth keeping. */
  | (OfAttempt & {
      readonly type: 'session.progress';
      readonly at: EpochMs;
      readonly stage: Stage;
      readonly connectionStartAt?: EpochMs;
      readonly before?: ClockReading;
      readonly serialNumber?: string;
    })
  /** Committed before the first octet of a write leaves. */
  | (OfAttempt & { readonly type: 'write.intended'; readonly at: EpochMs; readonly before: ClockReading; readonly connectionStartAt?: EpochMs })
  /** It was ended in order before it wrote, because its process stops or gives its shard away: it counts for nothing, and another is owed at once. */
  | (OfAttempt & { readonly type: 'session.handed-back'; readonly at: EpochMs; readonly octetsIn: number; readonly octetsOut: number })
  | (OfAttempt & { readonly type: 'session.ended'; readonly at: EpochMs; readonly result: SessionResult })
  | { readonly type: 'cancel'; readonly at: EpochMs; readonly by: string }
  /** Ended without a session: the password was refused earlier. */
  | { readonly type: 'refused'; readonly at: EpochMs; readonly text: string }
  | ReminderEvent;

export type ActionState = 'waiting' | 'queued' | 'running' | 'paused' | 'done';

export type EventOf<T extends ActionEvent['type']> = Extract<ActionEvent, { readonly type: T }>;
