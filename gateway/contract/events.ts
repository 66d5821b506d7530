/**
 * What leaves as events (interfaces 5), domain by domain: the data of each as a schema, and an example of it. The machines announce, the
 * definitions of actors add what every event of a kind has; tests hold these schemas to what really leaves.
 */
import Type, { type TObject, type TProperties } from 'typebox';
import { METER_TYPES, STAGES } from '../../machines/meter-session/types.ts';
import { SCENARIOS } from '../appointment/body.ts';
import { STATUSES } from '../requests/query.ts';
import type { Served } from './operation.ts';

export interface EventMessage {
  /** Last token of the subject, and of the type. */
  readonly what: string;
  readonly summary: string;
  readonly data: TObject;
  readonly example: (served: Served) => Readonly<Record<string, unknown>>;
}

export interface EventDomain {
  readonly name: 'appointment' | 'mpan' | 'meter-action' | 'alert' | 'node';
  readonly summary: string;
  /** Tokens of the subject between the domain and `what`. */
  readonly tokens: Readonly<Record<string, string>>;
  /** Id of the actor that tells it. */
  readonly actor: (served: Served) => string;
  readonly messages: readonly EventMessage[];
}

const Closed = { additionalProperties: false } as const;
const Text = Type.Union([Type.String(), Type.Null()]);
const Count = Type.Integer({ minimum: 0 });
const Instant = Type.Number({ description: 'Epoch milliseconds' });
const ActorVersion = Type.Integer({ minimum: 1, description: 'Version of the step that announced it' });
const Mpan = Type.String({ pattern: '^\\d{13}$' });
const Mpid = Type.String({ pattern: '^[A-Z]{4}$', description: 'The supplier' });
const Offset = Type.String({ pattern: '^[+-]\\d+s$', description: 'Meter minus server' });

/** Messages of one domain: the members that all have, and those of each. */
function messages<P extends TProperties>(
  shared: P,
  sharedExample: (served: Served) => Readonly<Record<string, unknown>>,
  each: readonly (readonly [what: string, summary: string, own: TProperties, example: Readonly<Record<string, unknown>>])[],
): readonly EventMessage[] {
  return each.map(([what, summary, own, example]) => ({
    what,
    summary,
    data: Type.Object({ ...shared, ...own }, Closed),
    example: (served) => ({ ...sharedExample(served), ...example }),
  }));
}

const SEED_REQUEST = '0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd';
const SHARD = { shard: 'A number: all events of one meter point, or of one action, have the same, so consumers may share the work by it' };

const appointment: EventDomain = {
  name: 'appointment',
  summary: 'Processes of appointments',
  tokens: { mpid: 'The supplier', ...SHARD },
  actor: () => `appointment:${SEED_REQUEST}`,
  messages: messages(
    {
      requestId: Type.String({ format: 'uuid' }),
      mpid: Mpid,
      mpan: Mpan,
      state: Type.String({ description: 'State of the process, of docs/machines' }),
      status: Type.Enum([...STATUSES]),
      scenario: Type.Enum([...SCENARIOS]),
      effectiveFrom: Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'Settlement date' }),
      meteringServiceMpid: Type.String({ pattern: '^[A-Z]{4}$' }),
      test: Type.Boolean(),
      actorVersion: ActorVersion,
    },
    ({ mpid, mpan, effectiveFrom }) => ({
      requestId: SEED_REQUEST,
      mpid,
      mpan,
      state: 'AWAIT_ACTIVE',
      status: 'Pending',
      scenario: 'COS',
      effectiveFrom: effectiveFrom.slice(0, 10),
      meteringServiceMpid: 'MOPX',
      test: false,
      actorVersion: 4,
    }),
    [
      ['created', 'It is recorded', {}, { state: 'SUBMITTING', actorVersion: 1 }],
      [
        'submitted',
        'The market platform has it',
        { sur: Text },
        { state: 'AWAIT_INITIAL', actorVersion: 2, sur: 'S-IF-031-2300000012-SUP-20260324-0f5e0bc6e9b0451a8d5b15bc01c4d2fd' },
      ],
      ['initial-response', 'The registration service answered first', { code: Text }, { state: 'AWAIT_OUTCOME', actorVersion: 3, code: 'A' }],
      ['accepted', 'The metering service accepted', { text: Text }, { text: null }],
      ['active', 'The appointment is in force', {}, { state: 'COMPLETING', actorVersion: 5 }],
      ['succeeded', 'It ended well', {}, { state: 'SUCCESS', status: 'Success', actorVersion: 6 }],
      ['failed', 'It ended, and not well', { reason: Text }, { state: 'FAILED', status: 'Failed', reason: 'rejected', actorVersion: 4 }],
      [
        'warning',
        'Somebody should look at it',
        { code: Type.String(), text: Type.String() },
        { code: 'initial_unclear', text: 'IF-032 with response code absent' },
      ],
    ],
  ),
};

const About = {
  requestId: Type.Optional(Text),
  interface: Type.Optional(Text),
  eventCode: Type.Optional(Text),
  scenario: Type.Optional(Text),
  primaryMpan: Type.Optional(Text),
  primaryRequestId: Type.Optional(Text),
};

const mpan: EventDomain = {
  name: 'mpan',
  summary: 'Records of metering points',
  tokens: { mpid: 'The supplier', ...SHARD },
  actor: ({ mpid, mpan: point }) => `mpan:${mpid}:${point}`,
  messages: messages({ mpan: Mpan, mpid: Mpid, actorVersion: ActorVersion }, ({ mpid, mpan: point }) => ({ mpan: point, mpid, actorVersion: 2 }), [
    [
      'updated',
      'Members of the record changed',
      { changed: Type.Array(Type.String(), { description: 'Their names' }), source: Type.Optional(Type.String()), ...About },
      { changed: ['metering_service'], requestId: SEED_REQUEST, interface: 'IF-036', scenario: 'COS' },
    ],
    [
      'meters-updated',
      'Meters changed',
      { meters: Type.Array(Type.String(), { description: 'Ids of the meters' }), ...About },
      { meters: ['E10K000001'], requestId: SEED_REQUEST, interface: 'IF-036', scenario: 'COS' },
    ],
    [
      'de-appointed',
      'A metering service is no longer appointed',
      {
        meteringServiceMpid: Text,
        meteringServiceDipId: Text,
        effectiveTo: Text,
        reason: Text,
        ...About,
      },
      { meteringServiceMpid: 'MOPY', meteringServiceDipId: '1200000026', effectiveTo: '2026-03-29', reason: 'CSUPP', interface: 'IF-037' },
    ],
  ]),
};

const meterAction: EventDomain = {
  name: 'meter-action',
  summary: 'Actions on meters',
  tokens: { owner: 'Owner label of the token that asked; what is no letter, digit, hyphen or underscore is an underscore', ...SHARD },
  actor: ({ requestId }) => `action:${requestId}`,
  messages: messages(
    {
      requestId: Type.Integer({ minimum: 1 }),
      requestReference: Text,
      owner: Type.String(),
      meterType: Type.String({ description: `One of ${METER_TYPES.join(', ')}` }),
      remoteAddress: Type.String(),
      serialNumber: Text,
      task: Type.Enum(['time-update', 'read-clock', 'verify']),
      immediate: Type.Boolean(),
      state: Type.Enum(['waiting', 'queued', 'running', 'paused', 'done']),
      result: Type.String({ description: '`PENDING`, `SUCCESS`, `PARTIAL SUCCESS` or `ERROR: ` and why' }),
      attempt: Count,
      actorVersion: ActorVersion,
    },
    ({ requestId, meter }) => ({
      requestId: Number(requestId),
      requestReference: 'ABC',
      owner: 'mts',
      meterType: meter.meterType,
      remoteAddress: meter.remoteAddress,
      serialNumber: meter.serialNumber ?? null,
      task: 'time-update',
      immediate: true,
      state: 'running',
      result: 'PENDING',
      attempt: 1,
      actorVersion: 3,
    }),
    [
      ['queued', 'It is recorded', {}, { state: 'queued', attempt: 0, actorVersion: 1 }],
      ['started', 'Its first session begins', { node: Type.String() }, { node: 'single', actorVersion: 2 }],
      ['connected', 'The meter answers', {}, {}],
      ['clock-read', 'The clock was read', { offset: Offset }, { offset: '+47s' }],
      ['clock-set', 'The clock was set, and read again', { offset: Offset }, { offset: '+0s', state: 'done', actorVersion: 5 }],
      ['succeeded', 'It ended well', { text: Type.Optional(Type.String()) }, { state: 'done', result: 'SUCCESS', actorVersion: 5 }],
      [
        'failed',
        'It ended in an error, or in part only',
        { text: Type.Optional(Type.String()) },
        { state: 'done', result: 'ERROR: no answer', text: 'no answer', actorVersion: 5 },
      ],
      ['cancelled', 'It was cancelled', { text: Type.Optional(Type.String()) }, { state: 'done', result: 'ERROR: cancelled', actorVersion: 5 }],
      [
        'retried',
        'Another attempt follows',
        { dueAt: Type.Optional(Instant), text: Type.String() },
        { state: 'paused', attempt: 2, dueAt: 1_774_348_560_000, text: 'no carrier', actorVersion: 4 },
      ],
    ],
  ),
};

const alert: EventDomain = {
  name: 'alert',
  summary: 'Alerts',
  tokens: { code: 'Code of the alert' },
  actor: ({ mpid, mpan: point }) => `alert:orphan_message:mpan:${mpid}:${point}`,
  messages: messages(
    {
      code: Type.String(),
      about: Type.String({ description: 'The actor it is about, or `installation`' }),
      severity: Type.Enum(['info', 'warning', 'error', 'critical']),
      mpid: Type.Optional(Mpid),
      mpan: Type.Optional(Mpan),
      actorVersion: ActorVersion,
    },
    ({ mpid, mpan: point }) => ({ code: 'orphan_message', about: `mpan:${mpid}:${point}`, severity: 'warning', mpid, mpan: point, actorVersion: 1 }),
    [
      [
        'raised',
        'The condition is there',
        { text: Type.String(), details: Type.Unknown() },
        { text: 'IF-036 for our supplier without a process', details: null },
      ],
      [
        'acknowledged',
        'Somebody looks after it',
        { by: Type.String(), note: Type.String() },
        { by: 'operator:ann', note: 'asked the registry', actorVersion: 2 },
      ],
      ['cleared', 'The condition is gone', { raisedAt: Instant, count: Count }, { raisedAt: 1_774_348_500_000, count: 1, actorVersion: 3 }],
    ],
  ),
};

const Moved = { shard: Type.Optional(Count), epoch: Type.Optional(Count), reason: Type.String() };
const moved = (what: string, summary: string, reason: string) => [what, summary, Moved, { shard: 3, epoch: 7, reason }] as const;

const node: EventDomain = {
  name: 'node',
  summary: 'Nodes of a cluster',
  tokens: { node: 'The node that it is about' },
  actor: () => 'node:n1',
  messages: messages({ node: Type.String() }, () => ({ node: 'n1' }), [
    ['joined', 'It takes part', Moved, { reason: 'started' }],
    ['left', 'It is gone', Moved, { reason: 'silent' }],
    ['draining', 'It gives its shards away', Moved, { reason: 'asked for' }],
    moved('shard-acquired', 'It serves a shard', 'orphaned'),
    moved('shard-released', 'It gave a shard away', 'balance'),
    moved('shard-lost', 'A shard of its went to another', 'its lease ended'),
    moved('shard-failed', 'It cannot open a shard', 'the store refused'),
    moved('parked', 'No node can open a shard', 'failed on every node'),
    moved('unparked', 'A shard is tried again', 'asked for'),
    ['restarted', 'A part of it was started again', { child: Type.String(), reason: Type.String() }, { child: 'dtn-receipts', reason: 'EIO' }],
  ]),
};

export const EVENT_DOMAINS: readonly EventDomain[] = [appointment, mpan, meterAction, alert, node];

export const EVENT_SOURCE_EXAMPLE = 'urn:meterwright:engine';

const wholeSchemas = new WeakMap<EventMessage, TObject>();

/** A whole event: CloudEvents 1.0, JSON, structured mode. */
export function cloudEventSchema(domain: EventDomain, message: EventMessage): TObject {
  const whole = wholeSchemas.get(message) ?? wholeSchema(domain, message);
  wholeSchemas.set(message, whole);
  return whole;
}

function wholeSchema(domain: EventDomain, message: EventMessage): TObject {
  return Type.Object(
    {
      specversion: Type.Literal('1.0'),
      id: Type.String({
        pattern: '^.+/[^/]+/\\d+$',
        description: '`<actor>/<version>/<n>`, also the header `Nats-Msg-Id`: an event that appears twice has the same',
      }),
      source: Type.String(),
      type: Type.Literal(eventType(domain, message)),
      subject: Type.String({ description: 'The actor' }),
      time: Type.String({ format: 'date-time' }),
      datacontenttype: Type.Literal('application/json'),
      data: message.data,
    },
    Closed,
  );
}

export const eventType = ({ name }: EventDomain, { what }: EventMessage): string => `meterwright.${name}.${what}.v1`;

export function cloudEventExample(domain: EventDomain, message: EventMessage, served: Served): object {
  const data = message.example(served);
  const actor = domain.actor(served);
  const teller = domain.name === 'node' ? `${actor}/0190e5a0-7c1e-7d9a-b5a0-1c2d3e4f5a6b/1` : `${actor}/${String(data.actorVersion)}/0`;
  return {
    specversion: '1.0',
    id: teller,
    source: EVENT_SOURCE_EXAMPLE,
    type: eventType(domain, message),
    subject: actor,
    time: new Date(served.now).toISOString(),
    datacontenttype: 'application/json',
    data,
  };
}

/** Progress of a meter session, on core NATS: not stored, and whoever does not listen misses it. */
export const ProgressSchema = Type.Object(
  {
    requestId: Type.Integer({ minimum: 1 }),
    attempt: Count,
    meterType: Type.String(),
    remoteAddress: Type.String(),
    task: Type.Enum(['time-update', 'read-clock', 'verify']),
    priority: Type.Enum(['immediate', 'overnight']),
    stage: Type.Enum([...STAGES]),
    stageSince: Instant,
    startedAt: Instant,
    octetsIn: Count,
    octetsOut: Count,
    node: Type.Optional(Type.String()),
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
  },
  Closed,
);

export function progressExample({ requestId, meter, now }: Served): object {
  return {
    requestId: Number(requestId),
    attempt: 1,
    meterType: meter.meterType,
    remoteAddress: meter.remoteAddress,
    task: 'time-update',
    priority: 'immediate',
    stage: 'clock',
    stageSince: now,
    startedAt: now - 1_500,
    octetsIn: 120,
    octetsOut: 64,
    percent: 45,
  };
}
