/** What may be set about the appointment machine, as plain data; defaults and documentation in `actors/appointment/options.ts`. */

/** Times of appointments 7.4. `…WorkingDays`: the same wall-clock time in London so many working days later. */
export interface AppointmentTimers {
  readonly sendWarnMs: number;
  readonly sendFailMs: number;
  /** How long to wait for the delivery status after T_SEND (row 5). */
  readonly deliveryCheckMs: number;
  readonly initialWarnMs: number;
  readonly initialFailWorkingDays: number;
  /** T035 warns at the earlier of these: after IF-032, before the effective date. */
  readonly outcomeWarnWorkingDays: number;
  readonly outcomeWarnWorkingDaysBeforeEffective: number;
  /** T035 fails at the later of these: after the DIP accepted, after the effective date at `failTime`. */
  readonly outcomeFailWorkingDays: number;
  readonly outcomeFailWorkingDaysAfterEffective: number;
  /** London wall clock on the effective date, `HH:MM`. */
  readonly activeWarnTime: string;
  readonly activeFailWorkingDays: number;
  /** London wall clock of the fail instants of T035 and T036, `HH:MM`. */
  readonly failTime: string;
  /** How long to wait after asking for a replay (rows 23, 24). */
  readonly replayWaitMs: number;
  readonly dtnWarnWorkingDays: number;
  readonly dtnFailWorkingDays: number;
  /** Pause before routing facts are asked for again when the provider is not in the agents store. */
  readonly factsRetryMs: number;
}

export interface AppointmentPolicy {
  readonly timers: AppointmentTimers;
  /** When an update of service is done (row 12). */
  readonly uosCompletesOn: 'accepted' | 'active';
  readonly d0151: { readonly trigger: 'accepted' | 'active' };
  /** Days that are no working days besides weekends; the built-in list when null. */
  readonly bankHolidays: readonly string[] | null;
}
