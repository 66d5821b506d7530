/** The contract of `/MTS/…` (mts-actions-api). Orders are checked by hand in `order.ts`, which has the sentences; a test holds this schema to it. */
import Type from 'typebox';
import { METER_TYPES } from '../../machines/meter-session/types.ts';
import { type Example, named, type Operation, type Parameter } from '../contract/operation.ts';
import { mtsOperation } from '../contract/refusals.ts';

const Closed = { additionalProperties: false } as const;
const PRINTABLE = '\\x20-\\x7e';

/** Members of an order, of the MTS API and of the operator's. */
export const ORDER_PROPERTIES = {
  requestReference: Type.Optional(Type.String({ maxLength: 100, description: "The client's own; returned unchanged" })),
  immediate: Type.Optional(Type.Boolean({ description: 'True: at once. False or absent: overnight' })),
  meterType: Type.Enum([...METER_TYPES], { description: 'CEWEPRO and PREMIERPRI are known, and refused: their clocks cannot be set' }),
  remoteAddress: Type.String({ minLength: 1, description: 'A telephone number, `host:port`, or a PAKNET address' }),
  comsSettings: Type.Optional(
    Type.String({
      minLength: 3,
      maxLength: 3,
      description: 'Data bits, parity, stop bits of a modem connection, such as 7E1; only where the meter is not set up as usual',
    }),
  ),
  outstationAddress: Type.Optional(
    Type.String({ pattern: `^[${PRINTABLE}]{0,32}$`, description: 'Outstation address or device id; its form depends on the meter type' }),
  ),
  serialNumber: Type.Optional(Type.String({ pattern: `^[${PRINTABLE}]{1,32}$`, description: "Compared with the meter's before anything is written" })),
  password: Type.Optional(Type.String({ maxLength: 128, description: 'Required for the types that log in with one; kept encrypted' })),
};

export const OrderSchema = named('TimeUpdateOrder', Type.Object(ORDER_PROPERTIES, Closed));

const PositiveId = Type.Integer({ minimum: 1, maximum: 9_007_199_254_740_991 });
export const RequestIdSchema = named('MtsRequestId', Type.Object({ requestId: PositiveId }, Closed));

const Utc = Type.String({ pattern: '^-?\\d{4,6}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z$' });
const Offset = Type.String({ pattern: '^([+-]\\d+s|ERROR: [\\s\\S]*)$', description: '`+10s`: the meter is ahead by so much; or `ERROR: ` and why' });
const Result = Type.String({ pattern: '^(PENDING|SUCCESS|PARTIAL SUCCESS|ERROR: [\\s\\S]*)$' });

/** Members of `action-status` without the password. */
export const STATUS_PROPERTIES = {
  requestId: PositiveId,
  requestReference: Type.Optional(Type.String()),
  immediate: Type.Boolean(),
  meterType: Type.String(),
  remoteAddress: Type.String(),
  comsSettings: Type.Optional(Type.String()),
  outstationAddress: Type.Optional(Type.String()),
  action: Type.Enum(['TimeUpdate', 'ReadClock', 'Verify']),
  actionType: Type.Enum(['TIME-UPDATE', 'READ-CLOCK', 'VERIFY']),
  result: Result,
  resultSummary: Result,
  actionRequestTime: Utc,
  actionStartTime: Type.Optional(Utc),
  testStartTime: Type.Optional(Utc),
  actionEndTime: Type.Optional(Utc),
  testEndTime: Type.Optional(Utc),
  connectionStartTime: Type.Optional(Utc),
  connectionEndTime: Type.Optional(Utc),
  serialNumber: Type.Optional(Type.String({ description: 'As the meter gave it, or `ERROR: ` and why; before it was reached, as the request has it' })),
  meterTime: Type.Optional(Type.String({ description: 'As read before anything was written, then its offset: `2019-01-02T04:02:15Z +10s`' })),
  meterTimeOffset: Type.Optional(Offset),
  meterTimeOffsetPostUpdate: Type.Optional(Offset),
};

export const ActionStatusSchema = named(
  'ActionStatus',
  Type.Object(
    {
      ...STATUS_PROPERTIES,
      password: Type.Optional(Type.String({ description: 'In clear only for the token that made the request, `********` for others of its owner' })),
    },
    { ...Closed, description: 'The names of the specification’s table and of its samples, always equal. Members without a value are left out.' },
  ),
);

const SAMPLE = {
  requestReference: 'ABC',
  meterType: 'ELSTERA1700',
  remoteAddress: '07777000000',
  outstationAddress: '1',
  serialNumber: '12345678',
  password: 'AAAA0000',
};

const RequestIdQuery = (required: boolean): Parameter => ({
  name: 'requestId',
  in: 'query',
  ...(required ? { required } : {}),
  description: 'What the command answered',
  schema: PositiveId,
});

/** The two samples of the source, completed by what is always sent. */
const PENDING: Example = {
  description:
    'The sample of a pending action. The source has `{"requestId": 1234, "resultSummary": "PENDING",}`: repaired by removing the last comma, and completed by the members that are always sent.',
  parameters: { requestId: '1234' },
  status: 200,
  answer: {
    requestId: 1234,
    ...SAMPLE,
    immediate: false,
    action: 'TimeUpdate',
    actionType: 'TIME-UPDATE',
    result: 'PENDING',
    resultSummary: 'PENDING',
    actionRequestTime: '2026-03-24T10:35:00Z',
  },
};
const DONE: Example = {
  description:
    'The sample of a completed action. Repaired: the source names `serialNumber` twice, writes `meterTime` as `2019-01-02T03T04:02:15 +10s` and times without their `Z`, and gives the connection an earlier end than start. Completed by the members that are always sent.',
  parameters: { requestId: '1234' },
  status: 200,
  answer: {
    requestId: 1234,
    ...SAMPLE,
    requestReference: '0001',
    immediate: false,
    action: 'TimeUpdate',
    actionType: 'TIME-UPDATE',
    result: 'SUCCESS',
    resultSummary: 'SUCCESS',
    actionRequestTime: '2019-01-02T03:59:00Z',
    actionStartTime: '2019-01-02T04:00:00Z',
    testStartTime: '2019-01-02T04:00:00Z',
    actionEndTime: '2019-01-02T04:01:30Z',
    testEndTime: '2019-01-02T04:01:30Z',
    connectionStartTime: '2019-01-02T04:00:02Z',
    connectionEndTime: '2019-01-02T04:01:28Z',
    meterTime: '2019-01-02T04:02:15Z +10s',
    meterTimeOffset: '+10s',
  },
};

const statusOperation = (name: 'action-status' | 'test-status', id: string, seed: Example, more: string): Operation =>
  mtsOperation({
    method: 'GET',
    path: `/MTS/${name}`,
    id,
    tag: 'MTS Actions',
    summary: 'Read what became of an action',
    description: `${more}Actions of another owner are as unknown as those that never were.`,
    parameters: [RequestIdQuery(true)],
    answers: { 200: { description: 'How it stands', schema: ActionStatusSchema } },
    refuses: [404],
    examples: { seed, try: ({ requestId }) => ({ description: 'The latest action of the demo.', parameters: { requestId }, status: 200 }) },
  });

const cancelled = { 200: { description: 'It was told, whatever its state', schema: RequestIdSchema } };
const cancel = { tag: 'MTS Actions', path: '/MTS/action-cancel', answers: cancelled, refuses: [404] } as const;
const CANCEL_TEXT =
  'Queued or between attempts: cancelled. Running, before anything was written: ended, logged off, cancelled. From the write on it finishes and its result stands. Done: nothing changes.';

export const mtsOperations: readonly Operation[] = [
  mtsOperation({
    method: 'POST',
    path: '/MTS/time-update',
    id: 'timeUpdate',
    tag: 'MTS Actions',
    summary: 'Set the clock of a meter',
    description: 'Answered once the action is durable. The clock is set only if it is off by more than the configured amount.',
    body: { schema: OrderSchema },
    answers: { 200: { description: 'Recorded', schema: RequestIdSchema } },
    examples: {
      seed: { description: 'The sample of a good request, verbatim.', body: SAMPLE, status: 200, answer: { requestId: 1234 } },
      'seed-refused': {
        description: 'The sample of a refused request. Repaired: in the source a closing brace stands in the middle of the object, before `serialNumber`.',
        body: { ...SAMPLE, remoteAddress: 'abc' },
        status: 400,
        answer: { details: 'Remote address is not in a recognised format' },
      },
      try: ({ meter }) => ({ description: 'A simulated meter of the demo that needs no password.', body: { immediate: true, ...meter }, status: 200 }),
    },
  }),
  statusOperation('action-status', 'actionStatus', PENDING, ''),
  statusOperation('test-status', 'testStatus', DONE, 'The same as `action-status`, under the name that the samples of the specification use. '),
  mtsOperation({
    ...cancel,
    method: 'DELETE',
    id: 'cancelAction',
    summary: 'Cancel an action',
    description: `${CANCEL_TEXT} The id may stand in the body or in the query; in both, it must be the same.`,
    parameters: [RequestIdQuery(false)],
    body: { schema: RequestIdSchema, required: false },
    examples: {
      seed: { description: 'The sample, verbatim.', body: { requestId: 1234 }, status: 200, answer: { requestId: 1234 } },
      try: ({ requestId }) => ({ description: 'The latest action of the demo.', body: { requestId: Number(requestId) }, status: 200 }),
    },
  }),
  mtsOperation({
    ...cancel,
    method: 'POST',
    id: 'cancelActionByPost',
    summary: 'Cancel an action, for clients that cannot send a body with DELETE',
    description: CANCEL_TEXT,
    parameters: [RequestIdQuery(false)],
    body: { schema: RequestIdSchema, required: false },
    examples: {
      seed: { description: 'The sample, by POST.', body: { requestId: 1234 }, status: 200, answer: { requestId: 1234 } },
      try: ({ requestId }) => ({ description: 'The latest action of the demo.', body: { requestId: Number(requestId) }, status: 200 }),
    },
  }),
  mtsOperation({
    ...cancel,
    method: 'GET',
    id: 'cancelActionByGet',
    summary: 'Cancel an action, as the table of the specification has it',
    description: CANCEL_TEXT,
    parameters: [RequestIdQuery(true)],
    examples: {
      seed: { description: 'The sample, by GET.', parameters: { requestId: '1234' }, status: 200, answer: { requestId: 1234 } },
      try: ({ requestId }) => ({ description: 'The latest action of the demo.', parameters: { requestId }, status: 200 }),
    },
  }),
];
