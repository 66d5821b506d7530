/** The contract of `POST /metering-services/v1/{mpid}/appoint` (appointments 1.1 to 1.5). */
import Type from 'typebox';
import { named, type Operation } from '../contract/operation.ts';
import { supplierOperation } from '../contract/refusals.ts';
import { REQUEST_TYPE, STATUSES } from '../requests/query.ts';
import { AppointBodySchema } from './body.ts';

export const UtcTime = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\+00:00$', description: 'UTC, whole seconds' });
export const RequestId = Type.String({ format: 'uuid' });
export const MpanNumber = Type.Integer({ minimum: 1_000_000_000_000, maximum: 9_999_999_999_999, description: 'Metering point, 13 digits' });

export const ProcessResponseSchema = named(
  'SupplierProcessResponse',
  Type.Object(
    {
      request_id: RequestId,
      request_type: Type.Literal(REQUEST_TYPE),
      request_status: Type.Enum([...STATUSES]),
      description: Type.String(),
      created_at: UtcTime,
      last_updated_at: UtcTime,
      mpan_core: MpanNumber,
    },
    { additionalProperties: false },
  ),
);
named('AppointmentRequest', AppointBodySchema);

/** The documented request and its documented answer. */
const SEED_BODY = {
  mpan_core: 1234567890123,
  metering_service_mpid: 'MOPX',
  effective_from: '2026-03-30T00:00:00+00:00',
  contract_reference: 'MSA20260330',
  appointment_scenario: 'COS',
};
const SEED_ANSWER = {
  request_id: '0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd',
  request_type: REQUEST_TYPE,
  request_status: 'Pending',
  description: 'Metering Service Appointment Process',
  created_at: '2026-03-24T10:35:00+00:00',
  last_updated_at: '2026-03-24T10:35:00+00:00',
  mpan_core: 1234567890123,
};

export const appointmentOperations: readonly Operation[] = [
  supplierOperation({
    method: 'POST',
    path: '/metering-services/v1/:mpid/appoint',
    id: 'appointMeteringService',
    tag: 'Appointments',
    summary: 'Appoint or update the metering service of one MPAN',
    description: [
      'Answered 202 once the process is durably recorded; what follows is read by `GET /requests/v1/{mpid}`, heard on the live socket, or on NATS.',
      'Checks in this order: 401, 428, 415, 422, then the replay of an earlier call under the same key, then 409.',
      'A call under a key that was used before, with the same body, gets the first answer again. A refused call does not use up its key.',
    ].join('\n\n'),
    parameters: [
      {
        name: 'X-IDEMPOTENCY-KEY',
        in: 'header',
        required: true,
        description: 'One for each appointment that is meant; kept for at least 30 days',
        schema: Type.String({ minLength: 1, maxLength: 255, pattern: '\\S' }),
      },
      {
        name: 'X-TEST-MODE',
        in: 'header',
        description: '`true`: everything but the sending. Anything else is false',
        schema: Type.String(),
      },
    ],
    body: { schema: AppointBodySchema },
    answers: { 202: { description: 'Recorded, or recorded before under this key', schema: ProcessResponseSchema } },
    refuses: [409, 415, 428],
    examples: {
      seed: {
        description: 'The documented request, verbatim. Its date has passed: it is accepted, and the registration service will refuse it.',
        parameters: { mpid: 'SUPX', 'X-IDEMPOTENCY-KEY': 'msa-20260330-1234567890123' },
        body: SEED_BODY,
        status: 202,
        answer: SEED_ANSWER,
      },
      try: ({ mpid, mpan, effectiveFrom, idempotencyKey }) => ({
        description: 'A change of service provider from today on, for a meter point of the demo.',
        parameters: { mpid, 'X-IDEMPOTENCY-KEY': idempotencyKey },
        body: {
          mpan_core: Number(mpan),
          metering_service_mpid: 'MOPX',
          effective_from: effectiveFrom,
          contract_reference: 'MSA001',
          appointment_scenario: 'CSP',
        },
        status: 202,
      }),
    },
  }),
];
