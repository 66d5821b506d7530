/** The engine's program: `npm start`. Configuration, demo market, node; then it runs until it is told to stop. */
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { ConfigError, flagsHelp } from '../config/index.ts';
import { runProgram } from './program.ts';

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  if (flags.includes('--help') || flags.includes('-h')) {
    process.stdout.write(`usage: npm start -- [FLAGS]\n\n${flagsHelp()}\n`);
    return;
  }
  await runProgram(flags, (dir) => {
    mkdirSync(dir, { recursive: true });
    return resolve(dir);
  });
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof MeterwrightError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
