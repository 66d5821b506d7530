/** Settings of the store. Its place is the data directory. */
import Type, { type Static } from 'typebox';

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
  },
  { additionalProperties: false },
);

export type StoreOptions = Static<typeof StoreOptionsSchema>;
