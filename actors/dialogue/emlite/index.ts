export { EmliteDialogue } from './emlite-dialogue.ts';
