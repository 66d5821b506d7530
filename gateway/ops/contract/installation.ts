/** The contract of imports, backup, the cluster, events, health and metrics. */
import Type from 'typebox';
import { AGENT_COLUMNS, MPAN_COLUMNS } from '../../../actors/imports/index.ts';
import { named, type Operation } from '../../contract/operation.ts';
import { answering, openOperation, opsOperation } from '../../contract/refusals.ts';
import { DrainBody } from '../cluster.ts';
import { ReplayBody } from '../events.ts';
import { BackupBody, FlushBody } from '../work.ts';
import { Closed, Instant, inPath, LINES, orNull, query, Text, upload } from './parts.ts';

const Count = Type.Integer({ minimum: 0 });
const FailedShard = Type.Object({ shard: Count, reason: Type.String(), tries: Type.Optional(Count) }, Closed);

export const ClusterSchema = named(
  'Cluster',
  Type.Object(
    {
      node: Type.String(),
      incarnation: Type.String(),
      problem: Type.Union([Type.String(), Type.Null()], { description: 'Why this node has no part in the cluster now' }),
      clockOffMs: Type.Number(),
      nodes: Type.Array(
        Type.Object(
          {
            id: Type.String(),
            incarnation: Type.String(),
            version: Type.String(),
            url: Text,
            startedAt: Instant,
            state: Type.Enum(['up', 'draining']),
            isAlive: Type.Boolean(),
            silentMs: Type.Number(),
            shards: Count,
            failed: Type.Array(FailedShard),
          },
          Closed,
        ),
      ),
      shards: Type.Array(
        Type.Object(
          {
            shard: Count,
            owner: Text,
            epoch: Count,
            desired: Text,
            move: orNull(Type.Object({ from: Text, to: Type.String(), why: Type.Enum(['orphaned', 'balance', 'draining', 'failed']) }, Closed)),
            here: orNull(Type.Object({ standing: Type.Enum(['taking', 'open', 'closing']), validForMs: Type.Number() }, Closed)),
            parked: Text,
          },
          Closed,
        ),
      ),
    },
    Closed,
  ),
);

const Status = Type.Enum(['ok', 'degraded', 'down']);
export const HealthSchema = named(
  'Health',
  Type.Object(
    {
      status: Status,
      checks: Type.Optional(
        Type.Record(Type.String(), Type.Object({ status: Status, text: Type.String() }, Closed), {
          description: 'For this machine, and for tokens with `ops:read`',
        }),
      ),
    },
    Closed,
  ),
);

const imported = { 200: { description: 'Lines: `refused` with line, field and rule; `progress`; at last `done`', schema: Type.String(), mediaType: LINES } };
const Format = query('format', 'Default `csv`', Type.Enum(['csv', 'jsonl']));
const Why = query('reason', 'For the audit trail', Type.String({ minLength: 1, maxLength: 500 }));
const common = { tag: 'Installation', method: 'POST' } as const;

const importOperation = (what: 'mpans' | 'agents', id: string, summary: string, columns: readonly string[]): Operation =>
  opsOperation('ops:write', {
    ...common,
    path: `/ops/v1/imports/${what}`,
    id,
    summary,
    description: 'A bad line is refused, and the rest goes on. What fails after the first line is told in the last one, `error`.',
    parameters: [Format, query('mpid', 'Supplier of lines that name none', Type.String({ pattern: '^[A-Z]{4}$' })), Why],
    body: upload(columns),
    answers: imported,
    refuses: [409],
  });

export const installationOperations: readonly Operation[] = [
  importOperation('mpans', 'importMpans', 'Import metering points', MPAN_COLUMNS),
  importOperation('agents', 'importAgents', 'Import market participants', AGENT_COLUMNS),
  opsOperation('ops:write', {
    ...common,
    path: '/ops/v1/backup',
    id: 'backup',
    summary: 'Make a consistent copy into an empty folder of this machine',
    body: { schema: BackupBody },
    answers: {
      200: { description: 'Empty lines while it goes on, at last `{"done": true, "directory": …}`, or `error`', schema: Type.String(), mediaType: LINES },
    },
    refuses: [409],
  }),
  opsOperation('ops:write', {
    ...common,
    path: '/ops/v1/dtn/flush',
    id: 'flushDtn',
    summary: 'Write what waits for the DTN into files now',
    body: { schema: FlushBody, required: false },
    answers: { 200: { description: 'Senders whose lines were written', schema: Type.Object({ flushed: Type.Array(Type.String()) }, Closed) } },
    refuses: [409],
    examples: { try: () => ({ body: {}, status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    path: '/ops/v1/events/replay',
    id: 'replayEvents',
    summary: 'Tell events of the past once more, on `mw.replay.>`',
    description: '`from` and `to` are in epoch milliseconds; `to` is exclusive, and now by default.',
    body: { schema: ReplayBody },
    answers: { 200: { description: 'Lines `{"events", "upTo"}`, the last one with `done`, or `error`', schema: Type.String(), mediaType: LINES } },
    refuses: [409],
    examples: { try: ({ now }) => ({ description: 'The last hour.', body: { from: now - 3_600_000 }, status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/cluster',
    id: 'readCluster',
    summary: 'Who is in the cluster, and who owns what',
    answers: { 200: { description: 'As this node sees it', schema: ClusterSchema } },
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    path: '/ops/v1/cluster/nodes/:node/drain',
    id: 'drainNode',
    summary: 'Have a node give its shards away',
    parameters: [inPath('node', 'Its id')],
    body: { schema: DrainBody },
    answers: { 202: { description: 'It has begun', schema: Type.Object({ node: Type.String(), state: Type.Literal('draining') }, Closed) } },
    refuses: [404, 409],
  }),
];

const door = { tag: 'Health and metrics', method: 'GET' } as const;

const isAlive = openOperation({
  ...door,
  path: '/health/live',
  id: 'isAlive',
  summary: 'Whether the process answers',
  answers: { 200: { description: 'It does', schema: Type.Object({ status: Type.Literal('ok') }, Closed) } },
  examples: { try: () => ({ status: 200 }) },
});
const isReady = openOperation({
  ...door,
  path: '/health/ready',
  id: 'isReady',
  summary: 'Whether it can do its work',
  description: 'What was looked at is told to this machine, and to tokens with `ops:read`.',
  answers: { 200: { description: 'It can; `degraded`: something is away, and nothing is lost', schema: HealthSchema } },
  examples: { try: () => ({ status: 200 }) },
});
const readMetrics = opsOperation('metrics', {
  ...door,
  path: '/metrics',
  id: 'readMetrics',
  summary: 'What the process measures, for Prometheus',
  description: 'This machine needs no token.',
  answers: { 200: { description: 'Text format 0.0.4', schema: Type.String(), mediaType: 'text/plain' } },
  examples: { try: () => ({ status: 200 }) },
});

export const healthOperations: readonly Operation[] = [
  isAlive,
  { ...answering(isReady, 503, { description: 'It cannot', schema: HealthSchema }), guard: { kind: 'token', scope: 'ops:read', optional: true } },
  { ...readMetrics, guard: { kind: 'token', scope: 'metrics', optional: true } },
];
