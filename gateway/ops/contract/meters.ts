/** The contract of the operator's routes about meter work: actions, sessions, modem lines, meter keys. */
import Type from 'typebox';
import { METER_KEY_COLUMNS } from '../../../actors/meter-keys/lines.ts';
import { STAGES } from '../../../machines/meter-session/types.ts';
import { named, type Operation } from '../../contract/operation.ts';
import { opsOperation } from '../../contract/refusals.ts';
import { ORDER_PROPERTIES, RequestIdSchema, STATUS_PROPERTIES } from '../../mts/contract.ts';
import { PENDING, STATES, SwitchBody, TASKS } from '../meter-actions.ts';
import { Closed, Cursor, CursorQuery, Instant, inPath, LINES, limitQuery, orNull, pageOf, query, Text, upload } from './parts.ts';

const Count = Type.Integer({ minimum: 0 });
const Task = Type.Enum(['time-update', 'read-clock', 'verify']);
const Stage = Type.Enum([...STAGES]);
const Flag = Type.Enum(['false', 'true', '0', '1'], { default: 'false' });
const EpochText = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });

const OperatorOrder = named(
  'OperatorOrder',
  Type.Object(
    {
      ...ORDER_PROPERTIES,
      task: Type.Optional(Type.Enum([...TASKS], { description: 'Default `time-update`; `read-clock` writes nothing' })),
      trace: Type.Optional(Type.Boolean({ description: 'Keep the octets of the sessions with the action' })),
    },
    Closed,
  ),
);

const FailureSchema = Type.Object({ stage: Stage, class: Type.String(), guard: Type.Optional(Type.String()), text: Type.String() }, Closed);
const ActionProperties = {
  ...STATUS_PROPERTIES,
  state: Type.Enum([...STATES]),
  since: Instant,
  owner: Type.String(),
  task: Task,
  attempt: Count,
  node: Text,
  stage: orNull(Stage),
  resumeAt: orNull(Instant),
  cancelledBy: Text,
  failure: orNull(FailureSchema),
  notes: Type.Array(Type.String()),
  text: Text,
  octetsIn: Count,
  octetsOut: Count,
};
export const MeterActionSchema = named('MeterAction', Type.Object(ActionProperties, Closed));
const WholeActionSchema = named(
  'MeterActionWithTraces',
  Type.Object({ ...ActionProperties, traces: Type.Array(Type.Unknown({ description: 'Octets of one session, passwords covered' })) }, Closed),
);

const SwitchSchema = Type.Object({ on: Type.Boolean(), by: Type.String(), reason: Type.String(), at: Instant }, Closed);
const Silent = Type.Optional(
  Type.Array(Type.Object({ node: Type.String(), error: Type.String() }, Closed), { description: 'In a cluster: nodes that did not answer' }),
);
const Node = Type.Optional(Type.String({ description: 'In a cluster' }));

const SessionSchema = named(
  'MeterSession',
  Type.Object(
    {
      requestId: Type.Integer(),
      attempt: Count,
      meterType: Type.String(),
      remoteAddress: Type.String(),
      task: Task,
      priority: Type.Enum(['immediate', 'overnight']),
      stage: Stage,
      stageSince: Instant,
      startedAt: Instant,
      octetsIn: Count,
      octetsOut: Count,
      node: Node,
      owner: Type.Optional(Type.String({ description: 'In a cluster: the node that has its action' })),
    },
    Closed,
  ),
);
const CountsSchema = Type.Object({ running: Count, success: Count, partial: Count, error: Count, cancelled: Count, failed: Count }, Closed);

const LineSchema = named(
  'ModemLine',
  Type.Object(
    {
      id: Type.String(),
      group: Type.String(),
      kind: Type.Enum(['serial', 'tcp']),
      dialogue: Type.Enum(['at', 'x28']),
      setup: Type.Object(
        { port: Type.String(), baud: Type.Integer(), commands: Type.Array(Type.String()), dials: Type.String(), hangsUp: Type.String() },
        { ...Closed, description: 'Secrets covered' },
      ),
      state: Type.Enum(['free', 'dialling', 'in-call', 'hanging-up', 'pausing', 'resting', 'probing', 'stopped']),
      since: Instant,
      owner: Text,
      calls: Count,
      connected: Count,
      failures: Count,
      failuresInRow: Count,
      lastFailure: Text,
      longestUseMs: Count,
      node: Node,
    },
    Closed,
  ),
);

const ReportRow = Type.Object(
  { meterType: Type.String(), result: Type.String(), why: Type.String(), count: Count, set: Count, example: Type.String() },
  Closed,
);
const PendingRow = Type.Object({ meterType: Type.String(), way: Type.Enum(['TCP', 'telephone', 'PAKNET']), count: Count, missed: Count }, Closed);
const paged = (row: Type.TSchema) => Type.Object({ rows: Type.Array(row), read: Count, cursor: Cursor }, Closed);

const MeterKeySchema = named(
  'MeterKeys',
  Type.Object(
    {
      meter: Type.String({ description: '`serial:…` or `address:…`' }),
      suite: Type.Integer({ minimum: 0, maximum: 2 }),
      clientSystemTitle: Type.String(),
      serverSystemTitle: Text,
      form: orNull(Type.Enum(['glo', 'general-glo'])),
      dedicated: Type.Boolean(),
      importedAt: Instant,
      importedBy: Type.String(),
    },
    { ...Closed, description: 'Never with a key' },
  ),
);

const ActionId = inPath('id', 'Request id of the action', Type.Integer({ minimum: 1 }));
const common = { tag: 'Meter work' } as const;

export const metersOperations: readonly Operation[] = [
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/meter-actions',
    id: 'listMeterActions',
    summary: 'List meter actions, the newest first',
    parameters: [query('state', 'Only those in this state', Type.Enum([...STATES])), CursorQuery, limitQuery(500)],
    answers: { 200: { description: 'One page', schema: pageOf(MeterActionSchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/meter-actions',
    id: 'createMeterAction',
    summary: "Set or read a meter's clock",
    body: { schema: OperatorOrder },
    answers: { 201: { description: 'Recorded', schema: RequestIdSchema } },
    refuses: [409],
    examples: { try: ({ meter }) => ({ body: { immediate: true, task: 'read-clock', ...meter }, status: 201 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/meter-actions/:id',
    id: 'readMeterAction',
    summary: 'Read one meter action, with the traces that were kept',
    parameters: [ActionId],
    answers: { 200: { description: 'How it stands', schema: WholeActionSchema } },
    refuses: [404],
    examples: { try: ({ requestId }) => ({ description: 'The latest action of the demo.', parameters: { id: requestId }, status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/meter-actions/:id/cancel',
    id: 'cancelMeterAction',
    summary: 'Cancel a meter action',
    parameters: [ActionId],
    answers: { 200: { description: 'It was told', schema: RequestIdSchema } },
    refuses: [404, 408, 409, 413],
    examples: { try: ({ requestId }) => ({ description: 'The latest action of the demo.', parameters: { id: requestId }, status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/meter-actions-report',
    id: 'reportMeterActions',
    summary: 'Count ended actions by type and result, one page of them a call',
    parameters: [
      query('from', 'Ended at this instant or later, epoch milliseconds', EpochText),
      query('to', 'Ended before this instant, epoch milliseconds', EpochText),
      query('immediate', 'With those that were not for the night', Flag),
      CursorQuery,
    ],
    answers: { 200: { description: 'Counts of this page; the caller adds pages up', schema: paged(ReportRow) } },
    refuses: [422],
    examples: { try: () => ({ parameters: { immediate: 'true' }, status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/meter-actions-pending',
    id: 'countPendingMeterActions',
    summary: 'Count pending actions by type and way, one page of them a call',
    parameters: [query('state', 'Of these', Type.Enum([...PENDING]), true), query('immediate', 'With those that are not for the night', Flag), CursorQuery],
    answers: { 200: { description: 'Counts of this page', schema: paged(PendingRow) } },
    refuses: [422],
    examples: { try: () => ({ parameters: { state: 'waiting', immediate: 'true' }, status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/meter-actions-stop',
    id: 'readStopSwitch',
    summary: 'Read the stop switch',
    answers: { 200: { description: 'While it is on, no session is opened and nothing is written, on any node', schema: SwitchSchema } },
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/meter-actions-stop',
    id: 'setStopSwitch',
    summary: 'Stop all meter work, or let it go on',
    body: { schema: SwitchBody },
    answers: { 200: { description: 'How it is now', schema: SwitchSchema } },
    refuses: [409],
    examples: { try: () => ({ body: { on: false, reason: 'Tried from the page' }, status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/sessions',
    id: 'listMeterSessions',
    summary: 'List meter sessions that run now, the longest first',
    parameters: [limitQuery(10_000)],
    answers: {
      200: { description: 'Of this node, or of all', schema: Type.Object({ items: Type.Array(SessionSchema), counts: CountsSchema, silent: Silent }, Closed) },
    },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/lines',
    id: 'listModemLines',
    summary: 'List modem lines: how each is set up, and how it does',
    answers: { 200: { description: 'In the order of the settings', schema: Type.Object({ items: Type.Array(LineSchema), silent: Silent }, Closed) } },
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/imports/meter-keys',
    id: 'importMeterKeys',
    summary: 'Import keys of ciphered meters',
    description: 'A key comes in and never goes out again: refused lines are named without what stood there.',
    parameters: [
      query('format', 'Default `csv`', Type.Enum(['csv', 'jsonl'])),
      query('reason', 'For the audit trail', Type.String({ minLength: 1, maxLength: 500 })),
    ],
    body: upload(METER_KEY_COLUMNS),
    answers: { 200: { description: 'Lines: `refused`, `progress`, at last `done`', schema: Type.String(), mediaType: LINES } },
    refuses: [409],
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/meter-keys',
    id: 'listMeterKeys',
    summary: 'List meters whose keys are known',
    parameters: [limitQuery(1_000), CursorQuery],
    answers: { 200: { description: 'One page', schema: Type.Object({ items: Type.Array(MeterKeySchema), cursor: Type.Optional(Type.String()) }, Closed) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'DELETE',
    path: '/ops/v1/meter-keys/:meter',
    id: 'removeMeterKeys',
    summary: 'Forget the keys of a meter',
    parameters: [inPath('meter', 'As the list has it')],
    answers: { 200: { description: 'Forgotten', schema: Type.Object({ removed: Type.String() }, Closed) } },
    refuses: [404, 409],
  }),
];
