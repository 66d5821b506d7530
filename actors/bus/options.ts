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

export const NatsOptionsSchema = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      default: 'nats://127.0.0.1:4222',
      description: 'Server, or several with commas between. `user:password@` in it counts, and is never logged',
    }),
    user: Type.Optional(Type.String({ minLength: 1, description: 'User name' })),
    password: Type.Optional(Type.String({ minLength: 1, description: 'Password. Secret' })),
    token: Type.Optional(Type.String({ minLength: 1, description: 'Token, instead of user and password. Secret' })),
    caFile: Type.Optional(Type.String({ minLength: 1, description: 'PEM file of the authorities that the server must be certified by; switches TLS on' })),
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
    stream: NatsStreamOptionsSchema,
  },
  { additionalProperties: false },
);

export type NatsOptions = Static<typeof NatsOptionsSchema>;

/** Name of the stream that carries every event. */
export const EVENT_STREAM = 'MW_EVENTS';

/** Pause before try `attempt + 1` to connect, milliseconds: doubles up to the ceiling, the upper half at random. */
export function reconnectDelayMs(options: NatsOptions, attempt: number, random: number): number {
  const ceiling = Math.min(options.reconnectMaxMs, options.reconnectMinMs * 2 ** Math.min(attempt - 1, 20));
  return Math.ceil(ceiling / 2 + (ceiling / 2) * random);
}

/** Servers and credentials of a connection; the servers carry none. */
export interface Target {
  readonly servers: readonly string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/** Take the credentials out of the address. Throws when an address cannot be read; the message does not repeat it. */
export function targetOf(options: NatsOptions): Target {
  const found: { user?: string; pass?: string; token?: string } = {};
  const servers = options.url.split(',').map((part, index) => {
    const text = part.trim();
    let url: URL;
    try {
      url = new URL(text.includes('://') ? text : `nats://${text}`);
    } catch {
      throw new TypeError(`nats.url: must be an address such as nats://host:4222 (number ${index + 1} is not)`);
    }
    if (url.username && !url.password) found.token ??= decodeURIComponent(url.username);
    else if (url.username) {
      found.user ??= decodeURIComponent(url.username);
      found.pass ??= decodeURIComponent(url.password);
    }
    return url.host;
  });
  if (options.user !== undefined) found.user = options.user;
  if (options.password !== undefined) found.pass = options.password;
  if (options.token !== undefined) found.token = options.token;
  return { servers, ...found };
}
