/** The contract of the market platform's callbacks (appointments 2.4). */
import Type from 'typebox';
import { named, type Operation } from '../contract/operation.ts';
import { refusals } from '../contract/refusals.ts';

const Text = Type.Union([Type.String(), Type.Null()]);

export const StandardResponseSchema = named(
  'StandardResponse',
  Type.Object(
    {
      messageArray: Type.Array(
        Type.Object(
          {
            transactionID: Text,
            senderUniqueReference: Text,
            correlationID: Text,
            sentTimestamp: Type.String(),
            senderID: Type.String(),
            recipientID: Text,
            DIPConnectionProviderID: Type.Null(),
            message: Type.String({ description: '`MSG0000 - Success`, or another code and why' }),
            help: Type.Null(),
            serviceTicketURL: Type.Null(),
          },
          { additionalProperties: false },
        ),
      ),
      timestamp: Type.String(),
    },
    { additionalProperties: false },
  ),
);

/** What is in an item is for the reader of messages: strict words about it would refuse what the market really sends. */
export const CallbackBodySchema = named(
  'DipMessages',
  Type.Array(Type.Unknown(), { minItems: 1, description: 'Messages as the platform publishes them, schema 011' }),
);

const answer = (description: string) => ({ description, schema: StandardResponseSchema });
const Retry = { 'Retry-After': 'Whole seconds to wait' };
const answers: Operation['answers'] = {
  ...refusals('detail', [408, 421, 429, 500]),
  201: answer('All stored'),
  207: answer('Some stored; `message` of each item says which'),
  400: answer('None stored'),
  401: answer('Hash, date, certificate or signature are not good'),
  404: answer('There is no such interface'),
  413: { description: 'The body, or the number of items, is larger than allowed', schema: Type.Union([StandardResponseSchema, ...detailOf(413)]) },
  503: { description: 'Not stored: send it again', schema: Type.Union([StandardResponseSchema, ...detailOf(503)]), headers: Retry },
};

/** What the front door says before the receiver sees the call. */
function detailOf(status: number) {
  const { schema } = refusals('detail', [status])[status] ?? {};
  return schema ? [schema] : [];
}

const SIGNATURE =
  'The four headers of the platform’s signature are required: `X-DIP-Signature`, `X-DIP-Signature-Date`, `X-DIP-Signature-Certificate`, `X-DIP-Content-Hash`.';

/** PUB-032, an accepted IF-032, as it is received. */
const IF_032 = [
  {
    payload: {
      CommonBlock: {
        S0: { interfaceID: 'IF-032', schemaVersion: '011', eventCode: '[MSAppInitialResp]' },
        S1: {
          environmentTag: 'SIT',
          subText: null,
          senderUniqueReference: 'S-IF-032-2200000003-REGS-20260324-00000000a1f0',
          senderTimestamp: '2026-03-24T10:36:10+00:00',
          senderDIPID: '2200000003',
          senderRoleID: 'REGS',
          senderCorrelationID: 'CI-20260324-7d1f0a9be2c34455',
          DIPConnectionProviderID: null,
        },
        A0: { primaryRecipients: ['2300000012'], secondaryRecipients: [], always: [] },
        D0: {
          transactionID: 'T-IF-032-2200000003-REGS-20260324-83be01aa22cc9d17',
          transactionTimestamp: '2026-03-24T10:36:11+00:00',
          publicationID: 'PUB-032',
          initialCorrelationID: 'CI-20260324-7d1f0a9be2c34455',
          replayIndicator: false,
          serviceTicketURL: null,
        },
        M0: { MPANCore: '2000056535971', distributorDIPID: '2500000033', GSPGroupID: '_H' },
        R0: { responseCode: 'A', responseMessages: [] },
      },
    },
  },
];

export const dipOperations: readonly Operation[] = [
  {
    method: 'POST',
    path: '/dip/inbound/status',
    id: 'receiveDipStatus',
    tag: 'DIP callbacks',
    summary: 'Take status messages about what was sent',
    description: SIGNATURE,
    guard: { kind: 'signature' },
    body: { schema: CallbackBodySchema },
    answers,
  },
  {
    method: 'POST',
    path: '/dip/inbound/:interface',
    id: 'receiveDipMessages',
    tag: 'DIP callbacks',
    summary: 'Take published messages',
    description: `${SIGNATURE}\n\nAnswered once each message is on stable storage; nothing of the business happens within the call.`,
    guard: { kind: 'signature' },
    parameters: [{ name: 'interface', in: 'path', description: 'Such as `IF-035`', schema: Type.String({ pattern: '^(IF|REP)-\\d{3}[A-B]?$' }) }],
    body: { schema: CallbackBodySchema },
    answers,
    examples: {
      seed: {
        description: 'An accepted IF-032. Without a signature, as here, it is refused.',
        parameters: { interface: 'IF-032' },
        body: IF_032,
        status: 401,
      },
    },
  },
];
