export { createDlmsDialogue, type DlmsDialogueSetup } from './dialogue.ts';
export type { DlmsKeys } from './protection.ts';
