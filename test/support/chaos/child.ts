/** Programs of a chaos run: their output in files, and none of them outlives whoever started it, however that ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const PROJECT = join(import.meta.dirname, '..', '..', '..');
/** Sends a signal to the child when the parent dies; part of every Linux. */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file));

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export interface Child {
  readonly pid: number;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly hasEnded: () => boolean;
  kill(signal: NodeJS.Signals): void;
  /** Closes its standard input, where it has one. */
  hangUp(): void;
}

export interface Launch {
  readonly program: string;
  readonly args: readonly string[];
  /** Standard output and standard error are added to `<log>.out` and `<log>.err`. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
  /** It ends with its standard input. */
  readonly pipe?: boolean;
}

/** One of our programs under the Node that runs this one. */
export function launch({ program, args, log, env = {}, pipe = false }: Launch): Child {
  const node = [process.execPath, '--disable-warning=ExperimentalWarning', join(PROJECT, program), ...args];
  const [file = '', ...rest] = SETPRIV === undefined ? node : [SETPRIV, '--pdeathsig=KILL', ...node];
  const files = ['out', 'err'].map((suffix) => openSync(`${log}.${suffix}`, 'a'));
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('MW_') || name === 'MW_CACHE');
  const child = spawn(file, rest, {
    cwd: PROJECT,
    env: { ...Object.fromEntries(kept), NODE_COMPILE_CACHE: join(PROJECT, '.cache', 'compile'), ...env },
    stdio: [pipe ? 'pipe' : 'ignore', ...(files as [number, number])],
    // A group of its own: Ctrl-C in a terminal is for the run, which then ends everything in order.
    detached: true,
  });
  for (const fd of files) closeSync(fd);
  running.add(child);
  child.stdin?.on('error', () => {});
  let over = false;
  const ended = once(child, 'exit').then(([code, signal]) => {
    running.delete(child);
    over = true;
    return { code, signal } as Awaited<Child['ended']>;
  });
  return {
    pid: child.pid ?? 0,
    ended,
    hasEnded: () => over,
    kill: (signal) => void child.kill(signal),
    hangUp: () => child.stdin?.end(),
  };
}

/** Within so long in order, then by force. */
export async function endWithin(child: Child, graceMs: number): Promise<void> {
  const cut = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await child.ended;
  clearTimeout(cut);
}

/** For those who start a program by its name alone: one that ends with whoever starts it, where the system can. */
export function boundProgram(folder: string, program: string): string {
  if (SETPRIV === undefined) return program;
  const file = join(folder, 'bound.sh');
  writeFileSync(file, `#!/bin/sh\nexec ${SETPRIV} --pdeathsig=KILL '${program}' "$@"\n`, { mode: 0o755 });
  return file;
}
