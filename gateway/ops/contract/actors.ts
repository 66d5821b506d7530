/** The contract of the routes about single actors, quarantined messages and alerts. */
import Type from 'typebox';
import { named, type Operation, type Served } from '../../contract/operation.ts';
import { opsOperation } from '../../contract/refusals.ts';
import { ReasonBody } from '../actors.ts';
import { NoteBody, STATES } from '../alerts.ts';
import { Closed, Cursor, CursorQuery, Instant, inPath, limitQuery, orNull, pageOf, query, Text } from './parts.ts';

named('Reason', ReasonBody);

const ReminderSchema = Type.Object({ name: Type.String(), dueAt: Instant, gate: Type.Optional(Type.Literal('dip')), retryAt: Type.Optional(Instant) }, Closed);
const HistorySchema = Type.Object(
  {
    version: Type.Integer(),
    at: Instant,
    event: Type.String(),
    from: Text,
    to: Type.String(),
    details: Type.Optional(Type.Unknown()),
    said: Type.Optional(Type.Array(Type.Unknown())),
  },
  Closed,
);

export const ActorSchema = named(
  'Actor',
  Type.Object(
    {
      actor: Type.String(),
      kind: Type.String(),
      key: Type.String(),
      shard: Type.Integer(),
      version: Type.Integer(),
      state: Type.String(),
      since: Instant,
      reason: Text,
      waitsFor: Type.Union([Type.String(), Type.Null()], { description: 'In words; null when it has ended or waits for nothing in particular' }),
      createdAt: Instant,
      changedAt: Instant,
      parked: orNull(Type.Object({ reason: Type.String(), since: Instant, by: Type.String() }, Closed)),
      held: Type.Integer({ description: 'Messages that wait behind a parked actor' }),
      queued: Type.Integer(),
      reminders: Type.Array(ReminderSchema),
      owed: Type.Array(Type.Unknown(), { description: 'What still has to leave' }),
      snapshot: Type.Unknown({ description: 'Without secrets; null for records that are one' }),
      history: Type.Array(HistorySchema),
    },
    Closed,
  ),
);

const QuarantinedSchema = Type.Object(
  {
    actor: Type.String(),
    state: Type.String(),
    since: Instant,
    id: Type.String(),
    key: Type.String(),
    type: Type.String(),
    payload: Type.Unknown(),
    error: Type.String(),
    code: Text,
    at: Instant,
    by: Text,
    endedAt: orNull(Instant),
  },
  Closed,
);

const AcknowledgedSchema = orNull(Type.Object({ by: Type.String(), note: Type.String(), at: Type.String() }, Closed));
const AlertProperties = {
  id: Type.String(),
  code: Type.String({ description: 'One of docs/alerts.md' }),
  about: Type.String(),
  state: Type.String(),
  severity: Type.Enum(['info', 'warning', 'error', 'critical']),
  text: Type.String(),
  remedy: Type.String(),
  details: Type.Unknown(),
  count: Type.Integer(),
  raised_at: Type.String(),
  last_at: Type.String(),
  cleared_at: Text,
  acknowledged: AcknowledgedSchema,
};
const AlertViewSchema = named('Alert', Type.Object(AlertProperties, Closed));
const AlertItemSchema = named('AlertItem', Type.Object({ alert: Type.String(), since: Instant, ...AlertProperties }, Closed));

const ActorId = inPath('id', 'Id of an actor, such as `mpan:SUPX:1234567890123`; a bare request id names its process, a bare number its meter action');
const record = ({ mpid, mpan }: Served): string => `mpan:${mpid}:${mpan}`;
const REASON = 'Tried from the page';

/** What operators may have done to an actor. */
const DONE = { schema: Type.Object({ actor: Type.String(), result: Type.Unknown() }, Closed) };

const act = (action: string, summary: string, description: string, works: boolean): Operation =>
  opsOperation('ops:write', {
    method: 'POST',
    path: `/ops/v1/actors/:id/${action}`,
    id: `${action}Actor`,
    tag: 'Work in hand',
    summary,
    description,
    parameters: [ActorId],
    body: { schema: ReasonBody },
    answers: { 200: { description: 'Done', ...DONE } },
    refuses: [404, 409],
    ...(works ? { examples: { try: (served) => ({ parameters: { id: record(served) }, body: { reason: REASON }, status: 200 }) } } : {}),
  });

export const actorsOperations: readonly Operation[] = [
  opsOperation('ops:read', {
    method: 'GET',
    path: '/ops/v1/actors/:id',
    id: 'readActor',
    tag: 'Work in hand',
    summary: 'Why an actor is where it is: state, what it waits for, what fires next, history',
    parameters: [ActorId],
    answers: { 200: { description: 'All that is known of it', schema: ActorSchema } },
    refuses: [404],
    examples: { try: (served) => ({ description: 'The record of a meter point of the demo.', parameters: { id: record(served) }, status: 200 }) },
  }),
  act('park', 'Let an actor rest: what comes for it waits', 'Until it is unparked nothing is handled and nothing leaves.', true),
  act('unpark', 'Let a parked actor go on', 'What waited is handled in order.', true),
  act('nudge', 'Have an actor try again now', 'What it owes to the outside, and timers whose handling failed, do not wait out their pauses.', true),
  act('cancel', 'End a pending process or action', 'Nothing is taken back from the market once it was sent.', false),
  act('resend', 'Send what a process waits for an answer to once more', 'Under a reference of its own.', false),
  opsOperation('ops:read', {
    method: 'GET',
    path: '/ops/v1/quarantine',
    id: 'listQuarantine',
    tag: 'Work in hand',
    summary: 'List messages that could not be handled',
    parameters: [query('state', 'Default `held`', Type.Enum(['held', 'redriven', 'discarded'])), CursorQuery, limitQuery(500)],
    answers: { 200: { description: 'One page', schema: pageOf(QuarantinedSchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    method: 'POST',
    path: '/ops/v1/quarantine/:id/redrive',
    id: 'redriveMessage',
    tag: 'Work in hand',
    summary: 'Handle a quarantined message again',
    parameters: [inPath('id', 'Id of the message')],
    body: { schema: ReasonBody },
    answers: { 200: { description: 'It was handled', schema: Type.Object({ id: Type.String(), result: Type.Unknown() }, Closed) } },
    refuses: [404, 409],
  }),
  opsOperation('ops:read', {
    method: 'GET',
    path: '/ops/v1/alerts',
    id: 'listAlerts',
    tag: 'Work in hand',
    summary: 'List alerts',
    parameters: [
      query('state', 'Default `raised`', Type.Enum([...STATES])),
      query('about', 'Only alerts about this actor, in whatever state', Type.String({ minLength: 1 })),
      CursorQuery,
      limitQuery(500),
    ],
    answers: { 200: { description: 'One page, the newest first', schema: Type.Object({ items: Type.Array(AlertItemSchema), cursor: Cursor }, Closed) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    method: 'POST',
    path: '/ops/v1/alerts/:id/acknowledge',
    id: 'acknowledgeAlert',
    tag: 'Work in hand',
    summary: 'Say that somebody looks after an alert',
    parameters: [inPath('id', 'Id of the alert')],
    body: { schema: NoteBody, required: false },
    answers: { 200: { description: 'Noted', schema: Type.Object({ alert: Type.String(), result: AlertViewSchema }, Closed) } },
    refuses: [404, 409],
  }),
];
