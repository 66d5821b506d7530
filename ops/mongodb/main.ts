/**
 * `npm run -s mongodb -- setup|start|stop|path`: the MongoDB-protocol server for development and tests.
 *
 *   setup  does what is missing of the set-up
 *   start  the same, then starts the server on kept data and prints its URL; it stays
 *   stop   ends it
 *   path   prints where it lies in the cache
 */
import { rmSync } from 'node:fs';
import { readJson, writeWhole } from '../process/files.ts';
import { endProcess, isRunning, type ProcessIdentity } from '../process/identity.ts';
import { mongodbFolders } from './folders.ts';
import { startMongodb } from './server.ts';
import { setUpMongodb } from './setup.ts';

/** Data of the server that `start` leaves running. */
const KEPT = 'development';
const GRACE_MS = 20_000;

interface Run {
  readonly url: string;
  /** Database last. */
  readonly processes: readonly ProcessIdentity[];
}

const folders = mongodbFolders();
const say = (line: string): void => void process.stderr.write(`mongodb: ${line}\n`);

function recorded(): Run | undefined {
  const run = readJson(folders.runFile) as Run | undefined;
  return run?.processes.some(isRunning) ? run : undefined;
}

async function setup(): Promise<boolean> {
  const result = await setUpMongodb(say, folders);
  if (result.kind === 'unavailable') say(`cannot be set up: ${result.reason}`);
  return result.kind === 'ready';
}

async function stop(): Promise<void> {
  for (const who of recorded()?.processes ?? []) await endProcess(who, GRACE_MS);
  rmSync(folders.runFile, { force: true });
}

async function start(): Promise<boolean> {
  const running = recorded();
  if (running?.processes.every(isRunning)) {
    process.stdout.write(`${running.url}\n`);
    return true;
  }
  await stop();
  if (!(await setup())) return false;
  const server = await startMongodb({ folders, name: KEPT, dieWithParent: false });
  writeWhole(folders.runFile, `${JSON.stringify({ url: server.url, processes: [...server.processes].reverse() } satisfies Run)}\n`);
  process.stdout.write(`${server.url}\n`);
  return true;
}

const [verb] = process.argv.slice(2);
if (verb === 'path') process.stdout.write(`${folders.base}\n`);
else if (verb === 'setup') process.exitCode = (await setup()) ? 0 : 1;
else if (verb === 'start') process.exitCode = (await start()) ? 0 : 1;
else if (verb === 'stop') await stop();
else {
  process.stderr.write('usage: npm run -s mongodb -- setup|start|stop|path\n');
  process.exitCode = 2;
}
