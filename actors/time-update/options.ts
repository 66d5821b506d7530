/** Settings of meter actions: window, attempts, how many sessions at once (mts-actions-api 5). */
import Type, { type Static } from 'typebox';
import type { GuardName } from '../../machines/meter-session/index.ts';
import { type ActionPolicy, DEFAULT_ACTION_POLICY as POLICY } from '../../machines/time-update/index.ts';

const GUARDS = ['serial', 'boundary', 'largest', 'zone', 'host-clock', 'stop-switch', 'dry-run'] as const satisfies readonly GuardName[];

const closed = { additionalProperties: false, default: {} } as const;
const ms = (description: string, value: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: 86_400_000, default: value, description: `${description}, milliseconds` });
const count = (description: string, value: number, minimum = 1, maximum = 1_000_000) => Type.Integer({ minimum, maximum, default: value, description });
const time = (description: string, value: string) =>
  Type.String({ pattern: '^([01]\\d|2[0-3]):[0-5]\\d$', default: value, description: `${description}, HH:MM, Europe/London` });

export const ActionsOptionsSchema = Type.Object(
  {
    window: Type.Object({ from: time('When overnight actions may start', '00:30'), to: time('From when on none starts any more', '05:30') }, closed),
    windowSpreadMs: ms('The start of overnight actions is spread over so much of the beginning of the window', 1_800_000, 0),
    windows: count('Windows that an action may miss; the last of them ends it', POLICY.windows, 1, 366),
    attempts: count('Sessions for one action', POLICY.attempts, 1, 20),
    retryPauseMs: ms('Pause before another attempt', POLICY.pauseMs),
    retryJitter: Type.Number({ minimum: 0, maximum: 1, default: POLICY.pauseJitter, description: 'Part of the pause that may come on top, by chance' }),
    linkRedials: count('Attempts more after the link failed in a session', POLICY.linkRedials, 0, 20),
    lostAttempts: count('Sessions that may be lost with their process; one more ends the action', POLICY.lostAttempts, 0, 100),
    retriedGuards: Type.Array(Type.Enum([...GUARDS]), { default: [...POLICY.retriedGuards], description: 'Guards that may say otherwise in a while' }),
    sessions: count('TCP sessions at once', 5_000, 1, 100_000),
    sessionsPerSecond: count('Sessions opened in a second; 0: as fast as can be', 500, 0, 100_000),
    sessionsWaiting: count('Actions that wait in memory for a session; the others are asked again later', 2_000),
    refusedPasswordMs: ms('How long a refused password is not tried again at its meter', 86_400_000, 0),
    hangUpsAsRefusal: count(
      'Sessions in a row in which a meter hangs up when it is given the password until that counts as a refusal; one action tries it twice at most',
      2,
      1,
      20,
    ),
    requestIdRange: count('Request ids reserved at once; those left over at a stop are skipped', 1_000, 1, 1_000_000),
    pullPage: count('Waiting actions read from the store at once', 256, 1, 5_000),
    pullIntervalMs: ms('How often the waiting actions are looked through while the window is open', 1_000, 10),
    releasesInFlight: count('Overnight actions let go at the same time', 256, 1, 10_000),
    missedPerSecond: count('Actions that are told in a second that their window is over', 500, 1, 100_000),
    stopGraceMs: ms('How long running sessions may take to end when the engine stops or the stop switch is set', 25_000, 0),
    keyFile: Type.Union([Type.Null(), Type.String({ minLength: 1 })], {
      default: null,
      description: 'File with the key that seals meter passwords and meter keys (32 octets in base64url); null: one in the data folder, made at first start',
    }),
    traceDays: count('How long byte traces are kept, days', 14, 1, 3_650),
  },
  closed,
);

export type ActionsOptions = Static<typeof ActionsOptionsSchema>;

/** The part of the options that the action's machine decides by. @param sessionMs longest from dialling to log-off */
export function actionPolicyOf(options: ActionsOptions, sessionMs: number): ActionPolicy {
  const { attempts, retryPauseMs, retryJitter, linkRedials, lostAttempts, windows, retriedGuards } = options;
  return { attempts, pauseMs: retryPauseMs, pauseJitter: retryJitter, linkRedials, lostAttempts, windows, retriedGuards, sessionMs };
}
