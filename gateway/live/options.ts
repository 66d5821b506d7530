/** Settings of the live sockets (interfaces 4.1). */
import Type, { type Static } from 'typebox';

const count = (description: string, value: number, minimum = 1) => Type.Integer({ minimum, default: value, description });

export const LiveOptionsSchema = Type.Object(
  {
    maxSockets: count('Open live sockets of this node; beyond, the upgrade is answered 503', 15_000),
    maxSocketsPerKey: count('Open sockets of one key, token or session on this node; beyond, 4429', 100),
    maxSubscriptions: Type.Integer({ minimum: 1, maximum: 10_000, default: 100, description: 'Subscriptions of one socket; beyond, they are refused' }),
    maxFrameBytes: Type.Integer({ minimum: 256, maximum: 1_048_576, default: 4_096, description: 'Most bytes of a frame from a client; beyond, 1009' }),
    framesPerSecond: Type.Number({ exclusiveMinimum: 0, default: 20, description: 'Frames per second that a client may send; beyond, 4429' }),
    frameBurst: count('Frames that it may send at once after a pause', 250),
    authTimeoutMs: count('How long a socket may stay without a key, token or session; beyond, 4401', 10_000, 100),
    idleTimeoutSeconds: Type.Integer({
      minimum: 8,
      maximum: 960,
      default: 120,
      description: 'How long a socket may be silent, pings included, which are sent in time; beyond, it is closed',
    }),
    maxHeldSubjects: count('Subjects whose latest event is held for a slow reader; beyond, `gap overflow`', 1_000),
    maxHeldBytes: Type.Integer({ minimum: 65_536, default: 1_048_576, description: 'Bytes that are held for a slow reader; beyond, `gap overflow`' }),
    slowBytes: Type.Integer({ minimum: 4_096, default: 65_536, description: 'Unsent bytes of a socket from which on its reader is slow' }),
    overflowAgainMs: count('A second overflow of a reader within this time closes its socket with 4008', 60_000),
    maxSnapshotItems: Type.Integer({
      minimum: 1,
      maximum: 5_000,
      default: 500,
      description: 'Most actors of a snapshot; of more, it has counts and the most recently changed',
    }),
    snapshotsAtOnce: count('Snapshots that are read from the store at once', 8),
    recentEvents: count('Events of the stream that this node keeps in memory for those who resume', 10_000),
    recentBytes: Type.Integer({ minimum: 65_536, default: 16_777_216, description: 'Most bytes of them' }),
    catchUpsAtOnce: count('Subscriptions that read older events from the stream at once; the others wait', 8),
    rememberedActors: count('Actors whose last event this node remembers, so that a repeated one is dropped', 200_000),
    origins: Type.Array(Type.String({ minLength: 1, maxLength: 253 }), {
      default: [],
      description: 'Further origins whose pages may open a socket, such as https://watch.example.com; their cookies do not count',
    }),
  },
  { additionalProperties: false },
);

export type LiveOptions = Static<typeof LiveOptionsSchema>;
