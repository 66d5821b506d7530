export { ElsterDialogue } from './elster-dialogue.ts';
