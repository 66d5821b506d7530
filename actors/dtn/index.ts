/** The DTN channel: files to legacy agents through a gateway's folder, receipts back (appointments 9). */
export { createDtnChannel } from './channel.ts';
export { DTN_CHANNEL, type DtnEffectData, dtnDefinition, dtnFileDefinition } from './definition.ts';
export { prepareFolders } from './folders.ts';
export { type DtnReceipt, type DtnReply, dtnHandlers } from './handlers.ts';
export { type DtnAlerts, type DtnOptions, DtnOptionsSchema, settingsOf } from './options.ts';
export { openReceiptsReader, type ReceiptsReader, type ReceiptsWorld } from './receipts.ts';
