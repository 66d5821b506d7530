/**
 * Every frame of the live sockets, as schemas (interfaces 4.1). One frame is one text message, a JSON object whose `kind` says what it
 * is; `type` belongs to the event. What a client says is checked by these very schemas, and `/asyncapi.json` is made from them.
 */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

/** Raised when a client of before could not understand any more. */
export const LIVE_PROTOCOL = 1;

const Sub = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description: "The client's own name of the subscription; what belongs to it carries it",
});
const Seq = Type.Integer({ minimum: 0, description: 'Sequence in the stream `MW_EVENTS`: rising, not contiguous' });
const Actor = Type.String({ description: 'Actor id, such as `appointment:<request_id>`, `mpan:<mpid>:<mpan>`, `action:<requestId>`' });
const Version = Type.Integer({ minimum: 0, description: "Version of the actor's step" });
const Data = Type.Record(Type.String(), Type.Unknown());

const only = (name: string, schema: ReturnType<typeof Type.String> | ReturnType<typeof Type.Literal<true>>) =>
  Type.Object({ [name]: schema }, { additionalProperties: false });

export const FilterSchema = Type.Union(
  [
    only('mpid', Type.String({ pattern: '^[A-Z]{4}$', description: 'Everything of a supplier' })),
    only('mpan', Type.String({ pattern: '^[0-9]{13}$', description: 'Everything of a meter point' })),
    only('requestId', Type.String({ minLength: 1, maxLength: 40, pattern: '^[0-9a-f-]+$', description: 'One appointment; for operators also a meter action' })),
    only('action', Type.String({ pattern: '^[1-9][0-9]{0,15}$', description: 'One meter action, by its request id' })),
    only('meter', Type.String({ minLength: 1, maxLength: 64, description: 'Meter actions with a serial number, or with a remote address' })),
    only('node', Type.String({ minLength: 1, maxLength: 64, description: 'What happens to a node of the cluster (operators)' })),
    only('all', Type.Literal(true, { description: 'Everything (operators)' })),
  ],
  { description: 'What to hear of: exactly one member' },
);

export type FilterName = 'mpid' | 'mpan' | 'requestId' | 'action' | 'meter' | 'node' | 'all';
export type Filter = Readonly<Partial<Record<Exclude<FilterName, 'all'>, string>>> & { readonly all?: true };

const Secret = Type.String({ minLength: 1, maxLength: 200 });
const strict = { additionalProperties: false } as const;

export const AuthFrame = Type.Union([
  Type.Object({ kind: Type.Literal('auth'), key: Secret }, { ...strict, description: 'With an API key' }),
  Type.Object({ kind: Type.Literal('auth'), token: Secret }, { ...strict, description: 'With a token' }),
]);
export const SubscribeFrame = Type.Object(
  {
    kind: Type.Literal('subscribe'),
    sub: Sub,
    filter: FilterSchema,
    after: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Last sequence that the client has: what came after it follows, without a snapshot',
      }),
    ),
  },
  strict,
);
export const UnsubscribeFrame = Type.Object({ kind: Type.Literal('unsubscribe'), sub: Sub }, strict);
export const PingFrame = Type.Object({ kind: Type.Literal('ping') }, strict);
export const ClientFrame = Type.Union([AuthFrame, SubscribeFrame, UnsubscribeFrame, PingFrame]);

export const ReadyFrame = Type.Object({
  kind: Type.Literal('ready'),
  protocol: Type.Integer(),
  stream: Type.Union([Type.String(), Type.Null()], {
    description: 'Which stream the sequences belong to; after another than before, an `after` of before means nothing. Null: not known now',
  }),
  filters: Type.Array(Type.String(), { description: 'Names of the filters that may be used' }),
  maxSubscriptions: Type.Integer(),
  maxFrameBytes: Type.Integer(),
});
export const SnapshotItem = Type.Object({
  actor: Actor,
  actorVersion: Version,
  state: Type.String(),
  changedAt: Type.String({ description: 'UTC' }),
  data: Data,
});
export const SnapshotFrame = Type.Object({
  kind: Type.Literal('snapshot'),
  sub: Sub,
  seq: Seq,
  items: Type.Array(SnapshotItem),
  more: Type.Boolean({ description: 'Another frame of this snapshot follows' }),
  counts: Type.Optional(
    Type.Record(Type.String(), Type.Integer(), {
      description: 'Where there are more actors than `items` has in all its frames: how many, by `<kind>.<state>`; on the first frame',
    }),
  ),
});
export const EventFrame = Type.Object({
  kind: Type.Literal('event'),
  sub: Sub,
  seq: Seq,
  actor: Actor,
  actorVersion: Version,
  n: Type.Integer({ minimum: 0, description: 'Place among the events of that step' }),
  type: Type.String({ description: '`meterwright.<domain>.<what>.v1`' }),
  data: Data,
});
export const ProgressFrame = Type.Object({
  kind: Type.Literal('progress'),
  sub: Sub,
  actor: Actor,
  percent: Type.Number({ minimum: 0, maximum: 100 }),
  stage: Type.String(),
  data: Data,
});
export const GapFrame = Type.Object({
  kind: Type.Literal('gap'),
  sub: Sub,
  from: Seq,
  to: Seq,
  reason: Type.Enum(['retention', 'overflow']),
});
/** Words of `error` frames, each with what it says. */
export const LIVE_ERRORS = {
  frame_invalid: 'The frame is not one of the protocol',
  frame_too_large: 'The frame has too many bytes; the socket is closed with 1009',
  unauthenticated: 'Nothing but `auth` and `ping` is taken before `ready`',
  already_authenticated: 'A socket has one key, token or session for its life',
  sub_taken: 'The socket has a subscription of that name',
  sub_unknown: 'The socket has no subscription of that name',
  too_many_subscriptions: 'The socket has as many subscriptions as it may',
  filter_refused: 'The key, token or session may not use this filter, or not with this value',
  filter_invalid: 'The filter does not have exactly one member of the protocol, in its form',
  events_away: 'The event bus cannot be reached now. Nothing is lost: what was asked for follows when it is back',
  unavailable: 'What was asked for cannot be read now. The subscription stays, and what was asked for follows',
  try_again: 'What was asked for could not be looked up now, and nothing came of it: ask again',
} as const;
export type LiveError = keyof typeof LIVE_ERRORS;
export const ErrorFrame = Type.Object({
  kind: Type.Literal('error'),
  sub: Type.Optional(Sub),
  code: Type.Enum(Object.keys(LIVE_ERRORS) as LiveError[]),
  text: Type.String({ description: 'For people: member first, rule second' }),
});
export const PongFrame = Type.Object({ kind: Type.Literal('pong') });
export const ServerFrame = Type.Union([ReadyFrame, SnapshotFrame, EventFrame, ProgressFrame, GapFrame, ErrorFrame, PongFrame]);

export type ClientFrame = Static<typeof ClientFrame>;
export type ServerFrame = Static<typeof ServerFrame>;
export type SnapshotItem = Static<typeof SnapshotItem>;

/** Codes with which a socket is closed. */
export const CLOSE = {
  restart: 1001,
  tooBig: 1009,
  overflow: 4008,
  unauthenticated: 4401,
  forbidden: 4403,
  tooMany: 4429,
} as const;

const validators = { auth: Compile(AuthFrame), subscribe: Compile(SubscribeFrame), unsubscribe: Compile(UnsubscribeFrame), ping: Compile(PingFrame) };
const filterValidator = Compile(FilterSchema);
const MEMBERS = SubscribeFrame.properties;

export type Read =
  | { readonly kind: 'frame'; readonly frame: ClientFrame }
  | { readonly kind: 'bad'; readonly code: LiveError; readonly text: string; readonly sub?: string };

const bad = (text: string, code: LiveError = 'frame_invalid', sub?: string): Read => ({ kind: 'bad', code, text, ...(sub === undefined ? {} : { sub }) });

/** One frame of a client. Values are not repeated: they may be secrets. */
export function readClientFrame(text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return bad('frame: must be JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return bad('frame: must be an object');
  const { kind, sub, filter } = value as { readonly kind?: unknown; readonly sub?: unknown; readonly filter?: unknown };
  if (kind !== 'auth' && kind !== 'subscribe' && kind !== 'unsubscribe' && kind !== 'ping') return bad('kind: must be auth, subscribe, unsubscribe or ping');
  const named = typeof sub === 'string' && sub.length <= 64 && kind !== 'auth' ? sub : undefined;
  if (kind === 'subscribe' && filter !== undefined && !filterValidator.Check(filter))
    return bad('filter: must have exactly one of mpid, mpan, requestId, action, meter, node, all, in its form', 'filter_invalid', named);
  if (validators[kind].Check(value)) return { kind: 'frame', frame: value as ClientFrame };
  if (kind === 'auth') return bad('auth: must have key or token, a string, and nothing else');
  const [error] = validators[kind].Errors(value);
  const member = error?.instancePath.slice(1).split('/', 1)[0] ?? '';
  // A name that is none of ours is not repeated either: it may be a secret in the wrong place.
  const isOurs = member === '' || Object.hasOwn(MEMBERS, member);
  return bad(isOurs ? `${member || kind}: ${error?.message ?? 'is not valid'}` : `${kind}: must have no further members`, 'frame_invalid', named);
}
