/** `npm run typecheck`. */
import { exitOf, startTool } from './programs.ts';

process.exitCode = await exitOf(startTool('tsc', ['-p', '.', ...process.argv.slice(2)]));
