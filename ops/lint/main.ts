/** `npm run lint`. Exit 1 when something is found. */
import { runLint } from './run.ts';

process.exitCode = (await runLint()) ? 0 : 1;
