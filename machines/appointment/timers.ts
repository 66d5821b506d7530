/** Absolute instants of the timers (appointments 7.4), computed once when a timer starts. Pure. */
import { createWorkingDays, londonDate, londonInstant } from '../calendar/index.ts';
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';
import type { AppointmentPolicy } from './policy.ts';

export interface Deadlines {
  readonly warnAt: EpochMs;
  readonly failAt: EpochMs;
}

/** Names of the reminders. */
export type ReminderName =
  | `${'T_SEND' | 'T032' | 'T035' | 'T036' | 'T_DTN'}.${'warn' | 'fail'}`
  /** End of `SUBMITTING.checkingDelivery` (row 5). */
  | 'delivery.fail'
  /** End of `AWAIT_OUTCOME.replaying` and `AWAIT_ACTIVE.replaying` (rows 23, 24). */
  | 'replay.fail'
  /** Ask for routing facts again (`SUBMITTING.awaitingFacts`). */
  | 'facts.retry';

export interface TimerRules {
  send(at: EpochMs): Deadlines;
  /** T032, from the DIP's acceptance. */
  initial(at: EpochMs): Deadlines;
  /** T035. @param submittedAt when the DIP accepted */
  outcome(at: EpochMs, submittedAt: EpochMs, effectiveFrom: SettlementDate): Deadlines;
  /** T036. An effective date that is past at acceptance counts as if it were the day of the IF-035; its warning comes one working day later. */
  active(at: EpochMs, effectiveFrom: SettlementDate): Deadlines;
  dtn(at: EpochMs): Deadlines;
}

export function createTimerRules(policy: AppointmentPolicy): TimerRules {
  const { timers } = policy;
  const days = createWorkingDays(policy.bankHolidays ?? undefined);
  /** So many working days after a date, at the time of day when processes fail. */
  const failOn = (date: SettlementDate, count: number): EpochMs => londonInstant(days.addWorkingDaysToDate(date, count), timers.failTime);
  /** A warning whose instant is past when its timer starts would say nothing but the date: it moves to the next working day. */
  const ahead = (at: EpochMs, warnAt: EpochMs): EpochMs => (warnAt > at ? warnAt : days.addWorkingDays(at, 1));
  return {
    send: (at) => ({ warnAt: at + timers.sendWarnMs, failAt: at + timers.sendFailMs }),
    initial: (at) => ({ warnAt: at + timers.initialWarnMs, failAt: days.addWorkingDays(at, timers.initialFailWorkingDays) }),
    outcome: (at, submittedAt, effectiveFrom) => ({
      warnAt: ahead(
        at,
        Math.min(
          days.addWorkingDays(at, timers.outcomeWarnWorkingDays),
          days.addWorkingDays(londonInstant(effectiveFrom), -timers.outcomeWarnWorkingDaysBeforeEffective),
        ),
      ),
      failAt: Math.max(days.addWorkingDays(submittedAt, timers.outcomeFailWorkingDays), failOn(effectiveFrom, timers.outcomeFailWorkingDaysAfterEffective)),
    }),
    active: (at, effectiveFrom) => {
      const today = londonDate(at);
      const past = effectiveFrom < today;
      const warnOn = past ? days.addWorkingDaysToDate(today, 1) : effectiveFrom;
      return { warnAt: ahead(at, londonInstant(warnOn, timers.activeWarnTime)), failAt: failOn(past ? today : effectiveFrom, timers.activeFailWorkingDays) };
    },
    dtn: (at) => ({ warnAt: days.addWorkingDays(at, timers.dtnWarnWorkingDays), failAt: days.addWorkingDays(at, timers.dtnFailWorkingDays) }),
  };
}
