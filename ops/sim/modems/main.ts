/**
 * The modem bank as a process: `node ops/sim/modems/main.ts --config FILE`. It prints one JSON line when it is ready, and ends when its
 * standard input closes, so it never outlives the process that started it.
 */
import { readFileSync } from 'node:fs';
import { startModemBank } from './bank.ts';
import type { ModemBankInput } from './options.ts';

const USAGE = `usage: node ops/sim/modems/main.ts --config FILE [--detached]
FILE: JSON with the options of the bank: lines, numbers, faults … --detached: do not end when standard input closes.
`;

async function main(flags: readonly string[]): Promise<void> {
  const at = flags.indexOf('--config');
  const file = at < 0 ? undefined : flags[at + 1];
  if (file === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const bank = await startModemBank(JSON.parse(readFileSync(file, 'utf8')) as ModemBankInput);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    bank.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!flags.includes('--detached')) process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
  process.stdout.write(`${JSON.stringify({ ready: true, lines: bank.lines, pid: process.pid })}\n`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
