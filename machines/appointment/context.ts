/**
 * What a process remembers. Small: it is written at every step; messages themselves are in the history. What the request
 * said stands apart, because the rest is copied at every change, and V8 copies an object quickly only while it has few members.
 */
import type { EpochMs } from '../common/effects.ts';
import type { AppointmentInput } from './events.ts';
import { originalSur } from './sur.ts';

/** Why a process failed (appointments 7.2). */
export type FailureReason =
  | 'dip_schema_rejected'
  | 'dip_rule_rejected'
  | 'dip_unreachable'
  | 'regs_rejected'
  | 'sp_rejected'
  | 'regs_withdrawn'
  | 'lapsed'
  | 'superseded'
  | 'sla_initial'
  | 'sla_outcome'
  | 'sla_active'
  | 'deappointed_all'
  | 'reverse_migrated'
  | 'switch_cancelled'
  | 'dtn_failed'
  | 'operator_cancelled';

/** One entry of `errors[]` (appointments 1.6). */
export type ErrorEntry = {
  readonly code: string;
  readonly message: string;
  /** `IF-032`, `DIP`, `timer`, `operator`, `DTN`. */
  readonly source: string;
  readonly at: EpochMs;
};

export type AppointmentContext = {
  readonly request: AppointmentInput;
  /** SUR under which the IF-031 is sent now; earlier ones differ in the suffix only (`sursOf`). */
  readonly sur: string;
  /** Times that an operator had it rebuilt. */
  readonly resends: number;
  readonly transactionId: string | null;
  readonly correlationIds: readonly string[];
  /** When the DIP accepted IF-031 (`MSG0000` seen or implied). */
  readonly submittedAt: EpochMs | null;
  /** `D0.transactionTimestamp` of the IF-035 that accepted. */
  readonly acceptedAt: EpochMs | null;
  readonly endedAt: EpochMs | null;
  readonly reason: FailureReason | null;
  /**
   * What the process wants of its D0151; the dtn region follows. `overdue`: wanted, but not waited for until IF-036 makes it due
   * again. `sent` once the gateway took it: nothing is owed any more.
   */
  readonly d0151: 'unwanted' | 'wanted' | 'overdue' | 'withdrawn' | 'sent';
  /** File that carries it. */
  readonly d0151File: string | null;
  /** Alert about being late that is raised now; cleared when the wait ends. */
  readonly late: string | null;
  readonly errors: readonly ErrorEntry[];
};

export function initialContext(input: AppointmentInput): AppointmentContext {
  return {
    request: input,
    sur: originalSur(input),
    resends: 0,
    transactionId: null,
    correlationIds: [],
    submittedAt: null,
    acceptedAt: null,
    endedAt: null,
    reason: null,
    d0151: 'unwanted',
    d0151File: null,
    late: null,
    errors: [],
  };
}
