/**
 * Programs of ours that run beside the engine (simulators). They end with their pipe: standard input is a pipe from the engine, and its
 * end, however the engine came to its own, is theirs too. They say that they are ready by one JSON line on standard output.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { MeterwrightError } from '../../actors/errors/error.ts';
import { gone, identify, type ProcessIdentity, signal } from './identity.ts';
import type { RunFile } from './run-file.ts';

const STDERR_KEPT = 4_000;

export interface ChildSpec {
  readonly name: string;
  /** Program file, run by the Node that runs this process. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyTimeoutMs: number;
  /** Where its lines on standard error go, and further lines on standard output. Default: nowhere. */
  readonly onLine?: (line: string) => void;
}

export interface Child {
  readonly name: string;
  readonly who: ProcessIdentity;
  /** The JSON of its first line. */
  readonly ready: unknown;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Closes its pipe, waits, and kills it after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts the program and waits until it is ready.
 * @throws MeterwrightError `child_failed` when it ends or stays silent; it is then gone
 */
export async function startChild(spec: ChildSpec, runFile: RunFile): Promise<Child> {
  const child = spawn(process.execPath, [...process.execArgv.filter((flag) => flag.startsWith('--disable-warning')), spec.program, ...spec.args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...spec.env },
    // A group of its own: Ctrl-C in a terminal is for the engine, which then closes the pipe in its own order.
    detached: true,
  });
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (code, by) => resolve({ code, signal: by }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  child.stdin?.on('error', () => {}); // A child that ended first; `ended` tells.
  const who = child.pid === undefined ? undefined : identify(child.pid);
  if (who !== undefined) runFile.note({ name: spec.name, ...who, facts: {} });
  ended.then(() => runFile.forget(spec.name)).catch(() => {});

  const stop = async (graceMs: number): Promise<void> => {
    child.stdin?.end();
    if (who !== undefined && !(await gone(who, graceMs))) signal(who, 'SIGKILL');
    // A process may be gone before we are told; what follows from its end, its record's too, comes with `ended`.
    await ended;
  };
  try {
    const ready = await firstLine(child, spec, ended);
    if (who === undefined) throw failed(spec, 'it could not be started');
    return { name: spec.name, who, ready, ended, stop };
  } catch (error) {
    await stop(0);
    throw error;
  }
}

function failed(spec: ChildSpec, why: string): MeterwrightError {
  return new MeterwrightError('child_failed', `${spec.name} did not become ready: ${why}`, { retry: 'later', details: { name: spec.name } });
}

function firstLine(child: ChildProcess, spec: ChildSpec, ended: Promise<{ code: number | null; signal: string | null }>): Promise<unknown> {
  let errors = '';
  if (child.stderr !== null) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      errors = `${errors}${line}\n`.slice(-STDERR_KEPT);
      spec.onLine?.(line);
    });
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(failed(spec, `silent for ${spec.readyTimeoutMs} ms`)), spec.readyTimeoutMs);
    let seen = false;
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (seen) return spec.onLine?.(line);
        seen = true;
        clearTimeout(timer);
        try {
          resolve(JSON.parse(line));
        } catch {
          reject(failed(spec, `its first line is not JSON: ${line.slice(0, 200)}`));
        }
      });
    }
    ended
      .then(({ code, signal: by }) => {
        clearTimeout(timer);
        reject(failed(spec, `it ended (${by ?? code ?? 'could not start'})\n${errors.trim()}`));
      })
      .catch(reject);
  });
}

/**
 * For the child's side: calls `stop` once when standard input ends, that is when whoever started it is gone or wants it to end.
 */
export function onPipeEnd(stop: () => void, input: NodeJS.ReadableStream = process.stdin): void {
  let done = false;
  const once = (): void => {
    if (done) return;
    done = true;
    stop();
  };
  input.on('end', once).on('close', once).on('error', once);
  input.resume();
}
