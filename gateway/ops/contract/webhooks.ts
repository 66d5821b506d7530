/** The contract of the routes about webhooks of suppliers. */
import Type from 'typebox';
import { named, type Operation } from '../../contract/operation.ts';
import { opsOperation } from '../../contract/refusals.ts';
import { WebhookBody, WebhookReasonBody, WebhookSchema, WebhookSetSchema, WebhookTestedSchema } from '../webhooks.ts';
import { CursorQuery, inPath, limitQuery, pageOf } from './parts.ts';

named('Webhook', WebhookSchema);
named('WebhookSet', WebhookSetSchema);
named('WebhookTested', WebhookTestedSchema);

const Mpid = inPath('mpid', 'MPID of an own supplier', Type.String({ pattern: '^[A-Z]{4}$' }));
const common = { tag: 'Access' } as const;

export const webhooksOperations: readonly Operation[] = [
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/webhooks',
    id: 'listWebhooks',
    summary: 'List webhooks, in order of MPID',
    parameters: [CursorQuery, limitQuery(500)],
    answers: { 200: { description: 'Without their secrets', schema: pageOf(WebhookSchema) } },
    refuses: [422],
    examples: { try: () => ({ status: 200 }) },
  }),
  opsOperation('ops:read', {
    ...common,
    method: 'GET',
    path: '/ops/v1/webhooks/:mpid',
    id: 'getWebhook',
    summary: 'One webhook',
    parameters: [Mpid],
    answers: { 200: { description: 'Without its secrets', schema: WebhookSchema } },
    refuses: [404],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/webhooks/:mpid',
    id: 'setWebhook',
    summary: 'Turn a webhook on, say where it goes, change its secret',
    description: 'HTTPS only. Without `url` it goes where it went. `rotate` makes a new secret; the one of before signs too for a while.',
    parameters: [Mpid],
    body: { schema: WebhookBody },
    answers: { 200: { description: 'On; `secret` only where one was made, and never again', schema: WebhookSetSchema } },
    refuses: [404, 409],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/webhooks/:mpid/test',
    id: 'testWebhook',
    summary: 'Deliver one event of the type `test` now, and say what came of it',
    parameters: [Mpid],
    body: { schema: WebhookReasonBody, required: false },
    answers: { 200: { description: 'What the receiver answered', schema: WebhookTestedSchema } },
    refuses: [404],
  }),
  opsOperation('ops:write', {
    ...common,
    method: 'POST',
    path: '/ops/v1/webhooks/:mpid/off',
    id: 'turnWebhookOff',
    summary: 'Turn a webhook off; what is owed to it is dropped',
    parameters: [Mpid],
    body: { schema: WebhookReasonBody, required: false },
    answers: { 200: { description: 'Off', schema: WebhookSchema } },
    refuses: [404, 409],
  }),
];
