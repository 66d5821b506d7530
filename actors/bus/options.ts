/** Settings of the event bus: where NATS is, and how long the stream keeps what we tell it (interfaces 5). */
import Type, { type Static } from 'typebox';

const ms = (description: string, value: number, minimum = 1) => Type.Integer({ minimum, default: value, description });

export const NatsStreamOptionsSchema = Type.Object(
  {
    maxAgeDays: Type.Number({ exclusiveMinimum: 0, default: 7, description: 'How long events are kept, days' }),
    maxBytes: Type.Integer({ minimum: 1_048_576, default: 10_737_418_240, description: 'Most bytes of events that are kept; the oldest go first' }),
    duplicateWindowMs: ms('How long a repeated event is recognised, milliseconds', 120_000, 100),
    replicas: Type.Integer({ minimum: 1, maximum: 5, default: 1, description: 'Copies in a NATS cluster' }),
  },
  { additionalProperties: false, default: {} },
);

const file = (description: string) => Type.Optional(Type.String({ minLength: 1, description }));

/** How somebody proves who he is; one way at most. Files are read at every connection, so what is in them may be renewed while we run. */
const CREDENTIALS = {
  user: Type.Optional(Type.String({ minLength: 1, description: 'User name' })),
  password: Type.Optional(Type.String({ minLength: 1, description: 'Password. Secret' })),
  token: Type.Optional(Type.String({ minLength: 1, description: 'Token, instead of user and password. Secret' })),
  nkeySeedFile: file('File with the seed of an nkey, instead of user and password'),
  credsFile: file('Credentials file (a JWT and the seed of its nkey), instead of user and password'),
};

/** Credentials that other systems use to read the events; with them it is checked at every connection what they may do. */
export const NatsListenerOptionsSchema = Type.Object(
  {
    ...CREDENTIALS,
    consumer: Type.Optional(
      Type.String({ pattern: '^[A-Za-z0-9_-]+$', description: 'Its durable consumer of the stream, where it may look at that and at nothing else' }),
    ),
    inboxPrefix: Type.String({ pattern: '^[A-Za-z0-9_-]+$', default: '_INBOX', description: 'First token of the subjects that it may have answers on' }),
  },
  { additionalProperties: false, default: {} },
);

export const NatsOptionsSchema = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      default: 'nats://127.0.0.1:4222',
      description: 'Server, or several with commas between. `tls://` switches TLS on. `user:password@` in it counts, and is never logged',
    }),
    ...CREDENTIALS,
    caFile: file('PEM file of the authorities that the server must be certified by; switches TLS on'),
    certFile: file('PEM file of the certificate that we show to the server; switches TLS on'),
    keyFile: file('PEM file of its private key'),
    listener: NatsListenerOptionsSchema,
    inboxPrefix: Type.String({
      pattern: '^[A-Za-z0-9_-]+$',
      default: '_INBOX',
      description: 'First token of the subjects that answers to us come on; our own, where other users of the server may listen to `_INBOX`',
    }),
    prefix: Type.String({ pattern: '^[A-Za-z0-9_-]+$', default: 'mw', description: 'First token of every subject' }),
    maxInFlight: Type.Integer({ minimum: 1, maximum: 65_536, default: 1_024, description: 'Events on their way to the stream at once' }),
    ackTimeoutMs: ms('Longest wait for the stream’s answer, milliseconds', 5_000),
    connectTimeoutMs: ms('Longest wait for a connection, milliseconds', 5_000),
    reconnectMinMs: ms('Ceiling of the first pause before another connection is tried, milliseconds', 100),
    reconnectMaxMs: ms('Highest such ceiling, milliseconds', 5_000),
    announceAgainMs: Type.Integer({
      minimum: 0,
      maximum: 86_400_000,
      default: 180_000,
      description: 'How much of what the stream had taken is announced again when it lost something, milliseconds; 0: nothing',
    }),
    stream: NatsStreamOptionsSchema,
  },
  { additionalProperties: false },
);

export type NatsStreamOptions = Static<typeof NatsStreamOptionsSchema>;
export type NatsListenerOptions = Static<typeof NatsListenerOptionsSchema>;
export type NatsOptions = Static<typeof NatsOptionsSchema>;

/** Name of the stream that carries every event. */
export const EVENT_STREAM = 'MW_EVENTS';

/** Pause before try `attempt + 1` to connect, milliseconds: doubles up to the ceiling, the upper half at random. */
export function reconnectDelayMs(options: NatsOptions, attempt: number, random: number): number {
  const ceiling = Math.min(options.reconnectMaxMs, options.reconnectMinMs * 2 ** Math.min(attempt - 1, 20));
  return Math.ceil(ceiling / 2 + (ceiling / 2) * random);
}
