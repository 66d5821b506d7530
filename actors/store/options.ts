/** Settings of the store. The place of the embedded one is the data directory. */
import Type, { type Static } from 'typebox';

const ms = (description: string, value: number, minimum: number, maximum = 600_000) =>
  Type.Integer({ minimum, maximum, default: value, description: `${description}, milliseconds` });

export const MongodbOptionsSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({ minLength: 1, secret: true, description: 'Connection string of MongoDB (4.2 or later), needed for the store of a cluster' }),
    ),
    database: Type.String({ minLength: 1, maxLength: 63, pattern: '^[A-Za-z0-9_-]+$', default: 'meterwright', description: 'Database of this installation' }),
    poolSize: Type.Integer({ minimum: 1, maximum: 1_000, default: 20, description: 'Most connections to each server' }),
    connectTimeoutMs: ms('How long a connection may take', 5_000, 100),
    selectionTimeoutMs: ms('How long an operation waits for a server that takes it', 5_000, 100),
    operationTimeoutMs: ms('How long the server may take to answer, and a majority to confirm a write', 10_000, 100),
    settleTimeoutMs: ms('How long the outcome of a commit is looked for after a failure of the network, before it counts as failed', 30_000, 100),
    heartbeatMs: ms('How often the servers are asked how they are', 2_000, 500, 60_000),
  },
  { additionalProperties: false, default: {} },
);

export type MongodbOptions = Static<typeof MongodbOptionsSchema>;

export const StoreOptionsSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal('lmdb'), Type.Literal('mongodb')], {
      default: 'lmdb',
      description: 'Where documents are kept: embedded, for one engine process (lmdb), or a cluster (mongodb)',
    }),
    mapSizeBytes: Type.Integer({
      minimum: 16 * 1024 * 1024,
      default: 64 * 1024 * 1024 * 1024,
      description:
        'Address space reserved for the lmdb file at start, in bytes. No memory and no disk is taken by it; a file that outgrows it is mapped again at twice its size',
    }),
    diskReserveBytes: Type.Integer({
      minimum: 0,
      default: 512 * 1024 * 1024,
      description: 'Free space of the data file system, in bytes, below which new work is refused while work in hand goes on',
    }),
    statfsIntervalMs: Type.Integer({ minimum: 10, maximum: 10_000, default: 2_000, description: 'How often free space is looked at, in milliseconds' }),
    mongodb: Type.Optional(MongodbOptionsSchema),
  },
  { additionalProperties: false },
);

export type StoreOptions = Static<typeof StoreOptionsSchema>;
