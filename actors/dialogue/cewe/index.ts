export { CeweDialogue } from './cewe-dialogue.ts';
