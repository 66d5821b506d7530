/** `npm run typecheck`. */
import { runTypeCheck } from './programs.ts';

process.exitCode = (await runTypeCheck(process.argv.slice(2))) ? 0 : 1;
