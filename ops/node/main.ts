/** The engine's program: `npm start`. Configuration, demo market, node; then it runs until it is told to stop. */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { ConfigError, flagsHelp } from '../config/index.ts';
import { runProgram } from './program.ts';

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  if (flags.includes('--help') || flags.includes('-h')) {
    process.stdout.write(`usage: npm start -- [FLAGS]\n\n${flagsHelp()}\n`);
    return;
  }
  await runProgram(flags, makeFolder);
}

/** Level by level: the recursive form of `mkdir` never returns where the file system says that a parent which is there is not. */
function makeFolder(dir: string): string {
  const whole = resolve(dir);
  if (existsSync(whole)) return whole;
  makeFolder(dirname(whole));
  try {
    mkdirSync(whole);
  } catch (cause) {
    throw new MeterwrightError(
      'data_unwritable',
      `data.dir: cannot be made: ${whole}: ${cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'}`,
      { cause },
    );
  }
  return whole;
}

main().catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof MeterwrightError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
