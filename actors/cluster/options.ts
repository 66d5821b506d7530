/** Settings of the cluster: one process alone, or many that share shards by leases in NATS (architecture, section 4). */
import Type, { type Static } from 'typebox';

export const ClusterOptionsSchema = Type.Object(
  {
    mode: Type.Union([Type.Literal('single'), Type.Literal('nats')], {
      default: 'single',
      description: 'One engine process with all shards (single), or shards shared among the processes on one NATS and one MongoDB (nats)',
    }),
    node: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9_-]{1,64}$',
        description: 'Name of this node, unique in the cluster and the same after a restart. Default: the host’s name and the HTTPS port',
      }),
    ),
    leaseMs: Type.Integer({
      minimum: 500,
      maximum: 60_000,
      default: 3_000,
      description: 'How long a lease lasts without renewal, milliseconds. Renewed at a third; a dead node’s shards are taken over after it',
    }),
    maxMoves: Type.Integer({ minimum: 1, maximum: 4_096, default: 8, description: 'Shards that one node hands over at the same time for the sake of balance' }),
    drainMs: Type.Integer({
      minimum: 0,
      maximum: 3_600_000,
      default: 30_000,
      description: 'Longest wait for the work of a shard that is handed over, milliseconds; then it is cut',
    }),
    settleMs: Type.Integer({
      minimum: 0,
      maximum: 60_000,
      default: 2_000,
      description: 'How long a former owner has its own shards to itself after NATS came back, milliseconds',
    }),
    commandTimeoutMs: Type.Integer({
      minimum: 100,
      maximum: 60_000,
      default: 5_000,
      description: 'Longest wait for another node’s answer to a command, milliseconds; then callers are told to come back',
    }),
    commandBatch: Type.Integer({ minimum: 1, maximum: 10_000, default: 256, description: 'Commands of one turn that share a message' }),
    openRestarts: Type.Integer({ minimum: 0, maximum: 100, default: 3, description: 'Tries to open a shard before another node is given it' }),
  },
  { additionalProperties: false },
);

export type ClusterOptions = Static<typeof ClusterOptionsSchema>;
