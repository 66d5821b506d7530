/** The contract of `GET /requests/v1/{mpid}` (appointments 1.6). */
import Type from 'typebox';
import { AppointBodySchema, SCENARIOS } from '../appointment/body.ts';
import { MpanNumber, RequestId, UtcTime } from '../appointment/contract.ts';
import { named, type Operation, type Parameter } from '../contract/operation.ts';
import { supplierOperation } from '../contract/refusals.ts';
import { MAX_PAGE, MAX_PAGE_SIZE, REQUEST_TYPE, STATUSES } from './query.ts';

const Text = Type.Union([Type.String(), Type.Null()]);
const Closed = { additionalProperties: false } as const;

export const RequestMetadataSchema = named(
  'RequestMetadata',
  Type.Object(
    {
      request_id: RequestId,
      request_type: Type.Literal(REQUEST_TYPE),
      request_status: Type.Enum([...STATUSES]),
      initiated_by: Text,
      description: Type.String(),
      created_at: UtcTime,
      last_updated_at: UtcTime,
      mpan_core: MpanNumber,
      errors: Type.Array(
        Type.Object(
          {
            code: Type.String(),
            message: Type.String(),
            source: Type.String({ description: 'What told of it, such as IF-032' }),
            raised_at: UtcTime,
          },
          Closed,
        ),
        { description: 'Empty while nothing went wrong' },
      ),
    },
    Closed,
  ),
);

const MessageSchema = Type.Object(
  {
    direction: Type.Enum(['inbound', 'outbound']),
    channel: Type.String(),
    interface: Text,
    event_code: Text,
    reference: Text,
    correlation_id: Text,
    at: UtcTime,
    payload: Type.Unknown({ description: 'The message as it was sent or received' }),
  },
  Closed,
);

export const RequestViewSchema = named(
  'RequestView',
  Type.Object(
    {
      metadata: RequestMetadataSchema,
      request_data: Type.Object(
        {
          mpan_core: MpanNumber,
          metering_service_mpid: AppointBodySchema.properties.metering_service_mpid,
          effective_from: Type.String({ description: 'As the request had it' }),
          contract_reference: Text,
          appointment_scenario: Type.Enum([...SCENARIOS]),
        },
        Closed,
      ),
      messages: Type.Optional(Type.Array(MessageSchema, { description: 'With `show_messages=true`' })),
    },
    Closed,
  ),
);

const Rows = Type.Array(RequestViewSchema);
const Page = Type.Object(
  { items: Rows, page: Type.Integer({ minimum: 1 }), page_size: Type.Integer({ minimum: 1 }), total: Type.Integer({ minimum: 0 }) },
  Closed,
);

const query = (name: string, description: string, schema: Parameter['schema']): Parameter => ({ name, in: 'query', description, schema });
export const MPAN_PATTERN = '^\\d{13}$';
const INSTANT = '^\\d{4}-\\d{2}-\\d{2}';

export const requestsOperations: readonly Operation[] = [
  supplierOperation({
    method: 'GET',
    path: '/requests/v1/:mpid',
    id: 'listRequests',
    tag: 'Appointments',
    summary: 'Read the progress of requests',
    description: 'A list, the newest first. With `page` and `page_size` (both or neither) one page of it, with the number of all. No match is an empty list.',
    parameters: [
      query('mpan_id', 'Only this metering point', Type.String({ pattern: MPAN_PATTERN })),
      query('request_id', 'Only this request', Type.String({ format: 'uuid' })),
      query('request_type', 'Only requests of this type; there is one', Type.String({ pattern: '^[a-z0-9-]{1,64}$' })),
      query('request_status', `A comma list of ${STATUSES.join(', ')}`, Type.String({ pattern: `^(${STATUSES.join('|')})(,(${STATUSES.join('|')}))*$` })),
      query('start_date', 'Made at this instant or later; a bare date is its first moment in UTC', Type.String({ pattern: INSTANT })),
      query('end_date', 'Made at this instant or earlier; a bare date is its last moment in UTC', Type.String({ pattern: INSTANT })),
      query('show_messages', 'With the messages of each process', Type.Enum(['false', 'true', '0', '1'], { default: 'false' })),
      query('page', 'From 1 on', Type.Integer({ minimum: 1, maximum: MAX_PAGE })),
      query('page_size', 'Rows of one page', Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE })),
      query('sort_direction', 'By when they were made; default `desc`', Type.Enum(['desc', 'asc'], { default: 'desc' })),
    ],
    answers: { 200: { description: 'What matches', schema: Type.Union([Rows, Page]) } },
    examples: {
      seed: {
        description: 'The documented answer to a process that the registration service refused.',
        parameters: { mpid: 'SUPX', mpan_id: '2000056535971' },
        status: 200,
        answer: [
          {
            metadata: {
              request_id: '0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd',
              request_type: REQUEST_TYPE,
              request_status: 'Failed',
              initiated_by: null,
              description: 'Metering Service Appointment Process',
              created_at: '2026-03-24T10:35:00+00:00',
              last_updated_at: '2026-03-24T10:36:12+00:00',
              mpan_core: 2000056535971,
              errors: [
                { code: 'REG1021', message: 'Requesting supplier is not the current supplier', source: 'IF-032', raised_at: '2026-03-24T10:36:12+00:00' },
              ],
            },
            request_data: {
              mpan_core: 2000056535971,
              metering_service_mpid: 'MOPX',
              effective_from: '2026-03-30T00:00:00+00:00',
              contract_reference: 'MSA20260330',
              appointment_scenario: 'CSP',
            },
          },
        ],
      },
      try: ({ mpid, mpan }) => ({ description: 'All requests for a meter point of the demo.', parameters: { mpid, mpan_id: mpan }, status: 200 }),
    },
  }),
];
