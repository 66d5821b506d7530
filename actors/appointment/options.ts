/** Settings of the appointment process. Defaults are the ones of appointments 7.4 and its assumption register. */
import Type, { type Static } from 'typebox';
import type { AppointmentPolicy } from '../../machines/appointment/index.ts';

const ms = (value: number, description: string) => Type.Integer({ minimum: 1, default: value, description: `${description}, milliseconds` });
const workingDays = (value: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 250, default: value, description: `${description}, working days (the same wall-clock time in London)` });
const time = (value: string, description: string) =>
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', default: value, description: `${description}, London wall clock HH:MM` });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const AppointmentTimersSchema = Type.Object(
  {
    sendWarnMs: ms(15 * MINUTE, 'T_SEND warns this long after the request'),
    sendFailMs: ms(72 * HOUR, 'T_SEND: budget for the DIP to accept the IF-031'),
    deliveryCheckMs: ms(10 * MINUTE, 'After T_SEND: how long the delivery status is waited for before the process fails'),
    initialWarnMs: ms(HOUR, 'T032 warns this long after the DIP accepted'),
    initialFailWorkingDays: workingDays(2, 'T032 fails this long after the DIP accepted'),
    outcomeWarnWorkingDays: workingDays(5, 'T035 warns at the latest this long after IF-032'),
    outcomeWarnWorkingDaysBeforeEffective: workingDays(1, 'T035 warns at the latest this long before the effective date begins'),
    outcomeFailWorkingDays: workingDays(10, 'T035 fails at the earliest this long after the DIP accepted'),
    outcomeFailWorkingDaysAfterEffective: workingDays(1, 'T035 fails at the earliest this long after the effective date, at failTime'),
    activeWarnTime: time('06:00', 'T036 warns at this time of the effective date'),
    activeFailWorkingDays: workingDays(2, 'T036 fails this long after the effective date, at failTime'),
    failTime: time('18:00', 'Time of day at which T035 and T036 fail'),
    replayWaitMs: ms(HOUR, 'After T035 or T036: how long the replay is waited for before the process fails'),
    dtnWarnWorkingDays: workingDays(1, 'T_DTN warns this long after the D0151 became due'),
    dtnFailWorkingDays: workingDays(5, 'T_DTN fails this long after the D0151 became due'),
    factsRetryMs: ms(HOUR, 'How long a request that waits for routing facts waits before it asks again for a provider that is not in the agents store'),
  },
  { additionalProperties: false, default: {} },
);

export const AppointmentOptionsSchema = Type.Object(
  {
    timers: AppointmentTimersSchema,
    uosCompletesOn: Type.Union([Type.Literal('accepted'), Type.Literal('active')], {
      default: 'accepted',
      description: 'When an update of service (USP) is done: at the IF-035 that accepts, or at IF-036',
    }),
    d0151: Type.Object(
      {
        trigger: Type.Union([Type.Literal('accepted'), Type.Literal('active')], {
          default: 'accepted',
          description: 'When the D0151 of a migration becomes due: at the IF-035 that accepts, or at IF-036',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    routingFacts: Type.Object(
      {
        required: Type.Union([Type.Literal('atRequest'), Type.Literal('atSend')], {
          default: 'atRequest',
          description: 'When distributor, GSP group and provider must be known: at the request (else 422), or, for COS and MCS, when the IF-031 is sent',
        }),
      },
      { additionalProperties: false, default: {} },
    ),
    bankHolidays: Type.Union([Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })), Type.Null()], {
      default: null,
      description: 'Days YYYY-MM-DD that are no working days besides weekends; null: the built-in list of England and Wales, 2024 to 2030',
    }),
    idempotencyDays: Type.Integer({ minimum: 30, maximum: 3_650, default: 30, description: 'Days for which an idempotency key outlives its process' }),
  },
  { additionalProperties: false, default: {} },
);

export type AppointmentOptions = Static<typeof AppointmentOptionsSchema>;

/** The part of the settings that the machine goes by. */
export function policyOf(options: AppointmentOptions): AppointmentPolicy {
  const { timers, uosCompletesOn, d0151, bankHolidays } = options;
  return { timers, uosCompletesOn, d0151, bankHolidays };
}
