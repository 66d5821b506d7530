/** DTN machines: the collector of a sender's lines, and its files (appointments 9). */
export type { DtnContext, Queue } from './collector.ts';
export { slotsAtStake } from './collector.ts';
export type * from './events.ts';
export { createDtnFileMachine, DTN_FILE_MACHINE_VERSION } from './file-machine.ts';
export { type DtnFileContext, writeName } from './file-steps.ts';
export { fileActor, senderOfFile, slotOf } from './lines.ts';
export { createDtnMachine, DTN_MACHINE_VERSION } from './machine.ts';
export { DEFAULT_DTN_SETTINGS, type DtnSettings } from './settings.ts';
