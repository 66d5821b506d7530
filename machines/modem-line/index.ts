export { ModemDialogue } from './dialogue.ts';
export { longestHangUpMs } from './script.ts';
export type { ModemCommand, ModemEvent, ModemFailure, ModemInput, ModemSettings, ModemStep } from './types.ts';
