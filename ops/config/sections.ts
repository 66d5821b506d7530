/** Sections of the configuration that belong to no domain. */
import Type, { type Static } from 'typebox';
import { completePoolOptions, INLINE_BELOW_BYTES, type PoolOptions } from '../../workers/pool/options.ts';

const closed = { additionalProperties: false, default: {} } as const;
const POOL = completePoolOptions({ threads: 2 });

const count = (description: string, value: number, minimum: number, maximum: number) => Type.Integer({ minimum, maximum, default: value, description });
const ms = (description: string, value: number, minimum = 1) =>
  Type.Integer({ minimum, maximum: 600_000, default: value, description: `${description}, milliseconds` });

export const DataOptionsSchema = Type.Object(
  {
    dir: Type.String({ minLength: 1, default: 'data', description: 'Folder of everything that the engine keeps' }),
    secretsDir: Type.Optional(
      Type.String({ minLength: 1, description: 'Folder of the secrets that all nodes of a cluster share. Default: `secrets` in the data folder' }),
    ),
  },
  { additionalProperties: false },
);

/** Dashboard, operator's API and what else is the house's own. */
export const OpsOptionsSchema = Type.Object(
  {
    listen: Type.Optional(
      Type.String({
        pattern: '^(\\[[0-9a-fA-F:.]+\\]|[^\\s:/@\\[\\]]+):[0-9]{1,5}$',
        description: 'host:port of its own for dashboard, /extras, /ops, /docs, /metrics and /health; the public port then has none of them. Default: none',
      }),
    ),
  },
  closed,
);

/** Codecs: what is worth a thread, and how many there are. Retention of what no domain keeps itself: `nats.stream`, `engine.endedRetentionDays`. */
export const CodecOptionsSchema = Type.Object(
  {
    threads: Type.Union([Type.Null(), Type.Integer({ minimum: 1, maximum: 64 })], {
      default: null,
      description: 'Worker threads for large codec work, started at its first use; null: one less than the processors, from 2 to 8',
    }),
    inlineBelowBytes: count('Codec work below so many octets is done where it is asked for, the rest by the threads', INLINE_BELOW_BYTES, 0, 1_073_741_824),
    slots: count('Units of the memory shared with the threads', POOL.slots, 1, 1_024),
    slotBytes: Type.Integer({ minimum: 1_024, maximum: 67_108_864, multipleOf: 8, default: POOL.slotBytes, description: 'Octets of such a unit' }),
    batchRequests: count('Requests that cross to a thread together', POOL.batchRequests, 1, 65_536),
    queueRequests: count('Requests that wait or run; beyond, they are refused', POOL.queueRequests, 1, 1_000_000),
    queueBytes: count('Octets of those requests; beyond, they are refused', POOL.queueBytes, 1_024, 4_294_967_296),
    deadlineMs: ms('How long a request may take where its caller does not say', POOL.deadlineMs),
    hangMs: ms('A thread that makes no progress within one request for so long is replaced', POOL.hangMs),
    bootMs: ms('How long a thread may take to start', POOL.bootMs),
    bulkPieceMs: ms('Bulk work is cut into pieces of so much run time', POOL.bulkPieceMs),
    heapMb: count('Heap of a thread, MiB; one that needs more is replaced', POOL.heapMb, 16, 4_096),
    keySlots: count('Sets of keys at once, one for each ciphered session', POOL.keySlots, 1, 1_000_000),
    closeMs: ms('How long a stop lets the work in hand go on', POOL.closeMs, 0),
  },
  closed,
);

export type CodecOptions = Static<typeof CodecOptionsSchema>;

/** The section as the pool takes it. */
export function poolOptionsOf({ threads, ...options }: CodecOptions): Partial<PoolOptions> {
  return threads === null ? options : { ...options, threads };
}
