/** Settings of operators, their sessions, links and the audit trail. */
import Type, { type Static } from 'typebox';

const ms = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ minimum, maximum, default: value, description: `${description}, milliseconds` });

const HOUR_MS = 3_600_000;

export const IdentityOptionsSchema = Type.Object(
  {
    sessionIdleMs: ms('How long a session of an operator lasts without a request', HOUR_MS / 2, 10_000, 24 * HOUR_MS),
    sessionMaxMs: ms('How long it lasts at most', 12 * HOUR_MS, 60_000, 168 * HOUR_MS),
    sessionsPerOperator: Type.Integer({ minimum: 1, maximum: 1_000, default: 20, description: 'Open sessions of one operator; beyond, the oldest ends' }),
    linkMs: ms('How long a one-time sign-in link may be used', 600_000, 10_000, HOUR_MS),
    failedSignInsPerMinute: Type.Number({
      exclusiveMinimum: 0,
      maximum: 6_000,
      default: 6,
      description: 'Failed sign-ins per minute of one source address (IPv6: its /64); beyond, it waits',
    }),
    failedSignInBurst: Type.Integer({ minimum: 1, maximum: 1_000, default: 10, description: 'Failed sign-ins of one source address at once after a pause' }),
    passwordChecks: Type.Integer({ minimum: 1, maximum: 4, default: 2, description: 'Passwords checked at once; each takes a thread and 32 MiB for a moment' }),
    passwordQueue: Type.Integer({ minimum: 1, maximum: 1_000, default: 32, description: 'Passwords that wait to be checked; beyond, a sign-in is refused' }),
    auditDays: Type.Integer({ minimum: 1, maximum: 36_500, default: 2_557, description: 'How long the audit trail is kept, days (7 years)' }),
  },
  { additionalProperties: false },
);

export type IdentityOptions = Static<typeof IdentityOptionsSchema>;
