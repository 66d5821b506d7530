/**
 * `run.mjs --plan TASK [ARG…]` sets up what is missing and prints what `run.sh` then becomes: Node, program, folders for the front of
 * PATH, number of words that named the task; a line each. People's text goes to stderr.
 */
import { dirname, join } from 'node:path';
import { PROJECT } from './paths.mjs';
import { setUp } from './setup.mjs';
import { SetupError } from './shell.mjs';
import { taskNames, taskOf } from './tasks.mjs';

const say = (/** @type {string} */ line) => process.stderr.write(`${line}\n`);

async function main() {
  const words = process.argv.slice(2);
  const task = words.shift() === '--plan' ? taskOf(words) : undefined;
  if (task === undefined) {
    say(`usage: run.sh TASK [ARG…]; TASK is one of ${taskNames.join(', ')}`);
    return 2;
  }
  const tools = await setUp(PROJECT, { nats: task.nats, web: task.web, say });
  const folders = [dirname(tools.node), ...(tools.nats === undefined ? [] : [dirname(tools.nats)])];
  process.stdout.write(`${tools.node}\n${join(PROJECT, task.entry)}\n${folders.join(':')}\n${task.drop}\n`);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof SetupError ? `set-up failed. ${error.message}` : `set-up failed: ${error instanceof Error ? error.stack : error}`);
  process.exitCode = 1;
}
