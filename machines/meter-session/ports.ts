/**
 * What the session's machine has done for it: one function a stage, performed by `actors/meter-session` over a link and a
 * dialogue. The contract of all of them:
 *
 * - P1 It settles within `budgetMs`; if not, the machine stops waiting, aborts `signal` and goes on to log-off and close.
 * - P2 It rejects with something that has `class` (a `FailureClass`) and `message` (one line, no secrets); whatever else it
 *   rejects with counts as class `engine`.
 * - P3 Only one runs at a time, in the order of the stages. `close` is always the last, called once, also when `open` failed
 *   or was aborted; none is called when the session is cancelled before it dials.
 */
import type { EpochMs } from '../common/effects.ts';
import type { ClockReading, FailureClass, GuardName, MeterTarget, Stage, Task } from './types.ts';

/** The same instant on both clocks. */
export interface Stamp {
  readonly wallMs: EpochMs;
  readonly monotonicMs: number;
}

/** What a dialogue's `readClock` gives. */
export interface ClockSampleData {
  readonly meterAt: EpochMs;
  /** The meter has no hundredths: half a second is added. */
  readonly wholeSeconds: boolean;
  /** Last octet of the request handed over. */
  readonly sentAt: Stamp;
  /** First octet of the reply. */
  readonly firstAt: Stamp;
  /** The request went out more than once. */
  readonly repeated: boolean;
  readonly flags: readonly string[];
}

/** How long the function may take, milliseconds from now. */
export interface Budget {
  readonly budgetMs: number;
}

export interface OpenOutput {
  /** The channel is open: `connectionStartTime`. */
  readonly openedAt: Stamp;
}

/** What must hold for a write besides what the meter says. */
export interface Conditions {
  /** The host's clock is known to be right: probed, and not stepped since. Reason where not. */
  readonly hostClock: { readonly good: boolean; readonly text?: string };
  /** Writes are held for everybody. */
  readonly stopped: boolean;
}

/** The conditions, and when they were asked for: a step since the link was opened shows by it. */
export type ConditionsOutput = Conditions & { readonly askedAt?: Stamp };

/** Whether the intent to write was committed. `cancelled`: the action was cancelled first. */
export type Intent = { readonly kind: 'go' } | { readonly kind: 'refused'; readonly reason: 'cancelled' | 'stop-switch' };

export interface SetInput extends Budget {
  /** The reading that the decision rests on. */
  readonly reading: ClockReading;
  /** When that reading came: what is written is this time carried on by the monotonic clock. */
  readonly readAt: Stamp;
  /** Nothing leaves once the wall clock was stepped since `readAt`: class `guard`, guard `host-clock`. */
  readonly refuseStepped: boolean;
  /** Add the expected transit to the time written; else the plain time goes out. */
  readonly correctTransit: boolean;
}

export interface SetOutput {
  /** What was written. */
  readonly value: EpochMs;
}

export interface CloseOutput {
  readonly closedAt: EpochMs;
  readonly octetsIn: number;
  readonly octetsOut: number;
}

export interface SessionPorts {
  open(input: Budget & { readonly target: MeterTarget }, signal: AbortSignal): Promise<OpenOutput>;
  signOn(input: Budget, signal: AbortSignal): Promise<void>;
  /** Text for people. */
  identify(input: Budget, signal: AbortSignal): Promise<string>;
  logIn(input: Budget, signal: AbortSignal): Promise<void>;
  /** Class `meter`: the meter would not tell; every other class ends the session. */
  readSerial(input: Budget, signal: AbortSignal): Promise<string>;
  readClock(input: Budget, signal: AbortSignal): Promise<ClockSampleData>;
  conditions(input: Budget, signal: AbortSignal): Promise<ConditionsOutput>;
  /** Commits `write.intended`. Only `go`, after the commit, lets the write leave. */
  intend(input: Budget & { readonly before: ClockReading }, signal: AbortSignal): Promise<Intent>;
  /**
   * Waits for `planWrite(…).writeAt`, then writes with `writeValue` as the dialogue's target. Class `meter`: the meter refused.
   * Class `guard` or `config`, or with `nothingLeft`: nothing left. Any other: it is not known whether the meter took it.
   */
  setClock(input: SetInput, signal: AbortSignal): Promise<SetOutput>;
  keepAlive(input: Budget, signal: AbortSignal): Promise<void>;
  logOff(input: Budget, signal: AbortSignal): Promise<void>;
  close(input: Budget, signal: AbortSignal): Promise<CloseOutput>;
}

export interface SessionInput {
  readonly ports: SessionPorts;
  readonly target: MeterTarget;
  readonly task: Task;
  /** Cut off before serial numbers are compared, from the profile. */
  readonly serialPrefixes: readonly string[];
  /** This meter may be corrected by whole half hours. */
  readonly allowZone: boolean;
  /** The host's time now: decides how long dialling is put off before a boundary. */
  readonly startedAt: EpochMs;
}

/** Told to a running session. `stopping`: the process ends; the action takes it up again. */
export type SessionEvent = { readonly type: 'cancel'; readonly reason: 'cancelled' | 'stopping' };

/** Emitted (`actor.on('progress', …)`) as each stage begins, with what is known by then. */
export type SessionProgress = {
  readonly type: 'progress';
  readonly stage: Stage;
  readonly connectionStartAt?: EpochMs;
  readonly serialNumber?: string;
  readonly before?: ClockReading;
};

/** What P2 asks of a rejection. */
export interface PortFailure {
  readonly class: FailureClass;
  readonly message: string;
  readonly guard?: GuardName;
  /** Of `setClock`: no frame with a time was made. */
  readonly nothingLeft?: boolean;
}
