/** An engine that starts a child, prints its pid, and waits to be killed. */
import { startChild } from '../../../../ops/process/child.ts';
import { RunFile } from '../../../../ops/process/run-file.ts';

const [dataDir = '', program = ''] = process.argv.slice(2);
const child = await startChild({ name: 'sim', program, args: [], readyTimeoutMs: 10_000 }, new RunFile(dataDir));
process.stdout.write(`${child.who.pid}\n`);
setInterval(() => {}, 1_000);
