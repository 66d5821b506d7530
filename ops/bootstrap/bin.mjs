#!/usr/bin/env node
/** The package's bin: `meterwright COMMAND` is `npm run mw -- COMMAND` from any folder, under the right Node. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const script = join(dirname(fileURLToPath(import.meta.url)), 'run.sh');
const child = spawn('sh', [script, 'mw', ...process.argv.slice(2)], { stdio: 'inherit' });

// A terminal sends its signals to both; this one only waits, and passes on what was sent to it alone.
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'])) {
  process.on(signal, () => {
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
  });
}
child.on('error', (error) => {
  process.stderr.write(`meterwright: ${error.message}\n`);
  process.exitCode = 1;
});
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
