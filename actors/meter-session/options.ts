/** Settings of meter sessions: deadlines, guards, and how the host's own clock is checked (meter-protocols 2). */
import Type, { type Static } from 'typebox';
import { DEFAULT_SESSION_POLICY, type SessionPolicy } from '../../machines/meter-session/index.ts';

const closed = { additionalProperties: false, default: {} } as const;
const { deadlines, guards } = DEFAULT_SESSION_POLICY;
const { boundary } = guards;

const ms = (description: string, value: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: 3_600_000, default: value, description: `${description}, milliseconds` });
const flag = (description: string, value: boolean) => Type.Boolean({ default: value, description });
const lead = (description: string, value: number | null) =>
  Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 600_000 })], {
    default: value,
    description: `${description}, milliseconds; null: never put off`,
  });
const seconds = (description: string, value: number | null) =>
  Type.Union([Type.Null(), Type.Integer({ minimum: 0, maximum: 864_000_000 })], { default: value, description });

const DeadlinesSchema = Type.Object(
  {
    connectTcpMs: ms('Opening a TCP link', deadlines.connectTcpMs),
    connectModemMs: ms('Dialling', deadlines.connectModemMs),
    signOnMs: ms('Waking the meter', deadlines.signOnMs),
    identifyMs: ms('Asking who is there', deadlines.identifyMs),
    logInMs: ms('Log-in', deadlines.logInMs),
    readMs: ms('One reading: serial number, clock, or keep-alive', deadlines.readMs),
    decideMs: ms('Asking whether a write is allowed', deadlines.decideMs),
    intendMs: ms('Committing the intent to write', deadlines.intendMs),
    setMs: ms('Writing the clock', deadlines.setMs),
    verifyMs: ms('Reading the clock after a write', deadlines.verifyMs),
    logOffMs: ms('Log-off', deadlines.logOffMs),
    closeMs: ms('Closing the link', deadlines.closeMs),
    sessionMs: ms('The whole, from dialling to the start of log-off', deadlines.sessionMs),
  },
  closed,
);

const BoundarySchema = Type.Object(
  {
    withinSeconds: Type.Integer({
      minimum: 0,
      maximum: 600,
      default: boundary.withinSeconds,
      description: "Neither the meter's time nor the new one may be nearer to an interval boundary, seconds; 0: off",
    }),
    intervalMinutes: Type.Integer({ minimum: 1, maximum: 1_440, default: boundary.intervalMinutes, description: 'Length of an interval, minutes' }),
    waitMs: ms('Longest wait for a boundary to pass', boundary.waitMs, 0),
    keepAliveMs: ms('Pause between two keep-alives meanwhile', boundary.keepAliveMs),
    leadTcpMs: lead(
      'What usually passes between dialling and the write over TCP: dialling is put off when the write would meet a boundary',
      boundary.leadTcpMs,
    ),
    leadModemMs: lead('The same over a modem line', boundary.leadModemMs),
  },
  closed,
);

const GuardsSchema = Type.Object(
  {
    serial: flag('A serial number that does not match ends the session', guards.serial),
    boundary: BoundarySchema,
    largestSeconds: seconds('Largest correction, seconds; null: any', guards.largestSeconds),
    zoneSeconds: seconds('An offset this near to whole half hours is a matter of zones and is left alone, seconds; null: off', guards.zoneSeconds),
    hostClock: flag('No write unless the clock of this host is known to be right (see hostClock.server)', guards.hostClock),
    stopSwitch: flag('No write while the stop switch is on', guards.stopSwitch),
    dryRun: flag('Read only, never write', guards.dryRun),
    transit: flag('Write the time of arrival instead of that of departure', guards.transit),
  },
  closed,
);

const HostClockSchema = Type.Object(
  {
    server: Type.Union([Type.Null(), Type.String({ minLength: 1, maxLength: 253 })], {
      default: null,
      description: 'Time server (SNTP) that the clock of this host is compared with; null: not checked, the clock counts as right',
    }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 123, description: 'UDP port of the time server' }),
    intervalMs: ms('Pause between two probes', 60_000, 1_000),
    timeoutMs: ms('Wait for one answer', 5_000),
    maxAgeMs: ms('How long a good probe counts', 600_000, 1_000),
    toleranceMs: ms('Largest difference from the time server', 1_000),
  },
  closed,
);

export const SessionOptionsSchema = Type.Object(
  {
    limitSeconds: Type.Integer({
      minimum: 0,
      maximum: 86_400,
      default: DEFAULT_SESSION_POLICY.limitSeconds,
      description: 'Offsets up to this are left alone, seconds',
    }),
    deadlines: DeadlinesSchema,
    guards: GuardsSchema,
    clockReads: Type.Integer({ minimum: 1, maximum: 20, default: DEFAULT_SESSION_POLICY.clockReads, description: 'Samples of the clock until one is good' }),
    maxRoundTripMs: ms('A sample that took longer is thrown away', DEFAULT_SESSION_POLICY.maxRoundTripMs),
    writes: Type.Integer({
      minimum: 1,
      maximum: 5,
      default: DEFAULT_SESSION_POLICY.writes,
      description: 'Writes in one session; another one only after a reading showed that the one before did not take',
    }),
    zoneExceptions: Type.Array(Type.String({ minLength: 1, maxLength: 32 }), {
      default: [],
      maxItems: 10_000,
      description: 'Serial numbers, as requests give them, of meters that may be corrected by whole half hours',
    }),
    hostClock: HostClockSchema,
  },
  closed,
);

export type SessionOptions = Static<typeof SessionOptionsSchema>;
export type HostClockOptions = SessionOptions['hostClock'];

/** The part of the options that the session's machine decides by. */
export function sessionPolicyOf(options: SessionOptions): SessionPolicy {
  const { deadlines: times, guards: rules, limitSeconds, clockReads, maxRoundTripMs, writes } = options;
  return { deadlines: times, guards: rules, limitSeconds, clockReads, maxRoundTripMs, writes };
}

/** After this time a session has either ended or hangs, milliseconds. */
export function wholeSessionMs({ deadlines: times, guards: rules }: Pick<SessionPolicy, 'deadlines' | 'guards'>): number {
  const HANG_MARGIN_MS = 10_000;
  return rules.boundary.waitMs + times.sessionMs + times.logOffMs + times.closeMs + HANG_MARGIN_MS;
}
