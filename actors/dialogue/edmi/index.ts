export { EdmiDialogue } from './edmi-dialogue.ts';
