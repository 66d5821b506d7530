/** The outgoing webhook: suppliers are told when a process of theirs ends (appointments 1.6). */
export { type AddressCheck, checkAddress, createAddressCheck } from './address.ts';
export { createWebhookChannel, OUTCOMES, WEBHOOK_ALERT, type WebhookChannel, type WebhookOutcome, webhookId, webhookNotice } from './channel.ts';
export { webhookHandlers } from './handlers.ts';
export { type WebhookOptions, WebhookOptionsSchema } from './options.ts';
export { WEBHOOK_CHANNEL, WEBHOOK_KIND, type WebhookRecord, webhookActor } from './records.ts';
export { createSender, type Sender, type SenderSetup } from './sender.ts';
export { makeWebhookSecret, signDelivery } from './signing.ts';
export { WebhookView } from './view.ts';
export { type WebhookShown, Webhooks, type WebhookTested } from './webhooks.ts';
