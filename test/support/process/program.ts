/** The real program as a child process: spawned, watched until it is ready, killed, stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readJson } from '../../../ops/process/files.ts';
import { type Connect, connectFile } from '../../../ops/process/index.ts';
import { until } from './until.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
/** Characters; more than the most talkative run of a test says. */
const OUTPUT_KEPT = 16_000_000;
const READY_MS = 60_000;
/** Of its output, in an error. */
const SHOWN = 6_000;

/** Children of this test process that still run; none outlives it. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment without any setting of ours, but with `more`. */
function cleanEnv(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MW_') || name === 'MW_CACHE');
  // What is started fifty times is compiled once.
  return { ...Object.fromEntries(kept), NODE_COMPILE_CACHE: join(PROJECT, '.cache', 'compile'), ...more };
}

export interface Running {
  readonly pid: number;
  readonly ended: Promise<Ended>;
  readonly stdout: () => string;
  readonly stderr: () => string;
  kill(signal: NodeJS.Signals): void;
}

/** Runs one of our programs under the Node that runs this test. */
export function run(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join(PROJECT, program), ...args], {
    cwd: PROJECT,
    env: cleanEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const kept = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      kept[name] = `${kept[name]}${text}`.slice(-OUTPUT_KEPT);
    });
  }
  // `exit`, not `close`: what the program leaves running may hold its pipes.
  const ended = once(child, 'exit').then(async ([code, signal]) => {
    running.delete(child);
    if (signal === null) await Promise.race([once(child, 'close'), until('its pipes are at their end', () => child.stdout?.readableEnded === true, 5_000)]);
    return { code, signal, ...kept } as Ended;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    stdout: () => kept.stdout,
    stderr: () => kept.stderr,
    kill: (signal) => void child.kill(signal),
  };
}

/** A running engine. */
export interface Program extends Running {
  readonly connect: Connect;
}

export interface ProgramOptions {
  /** Of HTTPS; 0, and the default: any free one. */
  readonly port?: number;
  /** Default: the engine's own. */
  readonly file?: string | undefined;
}

/** Starts the engine and does not wait. */
export function launchProgram(
  dataDir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { port = 0, file = 'ops/node/main.ts' }: ProgramOptions = {},
): Running {
  return run(file, ['--data', dataDir, '--port', String(port), '--http-port', 'auto', ...args], env);
}

/** Waits until the program is ready. @throws with its output when it ends before */
export async function ready(program: Running, dataDir: string): Promise<Program> {
  let ended: Ended | undefined;
  void program.ended.then((how) => {
    ended = how;
  });
  const connect = await until(
    'the engine is ready',
    () => {
      if (ended) return 'ended' as const;
      const read = readJson(connectFile(dataDir)) as Connect | undefined;
      return read?.pid === program.pid && program.stdout().includes('is ready') ? read : undefined;
    },
    READY_MS,
  ).catch((error: Error) => {
    throw new Error(`${error.message}:\n${program.stderr().slice(-SHOWN)}\n${program.stdout().slice(-SHOWN)}`);
  });
  if (connect === 'ended') throw new Error(`the engine ended instead of becoming ready:\n${ended?.stderr}\n${ended?.stdout}`);
  return { ...program, connect };
}
