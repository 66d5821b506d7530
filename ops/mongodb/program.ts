/** A child process that is known by its identity, writes to a log file, and is ended for certain. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gone, identify, isRunning, type ProcessIdentity, signal } from '../process/identity.ts';
import { MongodbSetupError } from './result.ts';

const POLL_MS = 20;
const LOG_TAIL = 1_500;

export interface Program {
  readonly name: string;
  readonly who: ProcessIdentity;
  readonly logFile: string;
  /** Sends a signal, `SIGKILL` after `graceMs`; resolves when it is gone. */
  end(name: NodeJS.Signals, graceMs: number): Promise<void>;
}

/** @throws MongodbSetupError when it cannot be started */
export async function startProgram(setup: {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly logFile: string;
}): Promise<Program> {
  const { name, file, args, logFile } = setup;
  const log = openSync(logFile, 'w');
  // A group of its own: Ctrl-C in a terminal is for whoever started it, who then ends it in order.
  const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  child.unref();
  const who = child.pid === undefined ? undefined : identify(child.pid);
  if (who === undefined) {
    await sleep(0);
    throw new MongodbSetupError(`${name}: could not be started: ${failure?.message ?? tailOf(logFile)}`);
  }
  return {
    name,
    who,
    logFile,
    end: async (sent, graceMs) => {
      signal(who, sent);
      if (await gone(who, graceMs)) return;
      signal(who, 'SIGKILL');
      await gone(who, graceMs);
    },
  };
}

/** Waits until `look` says so. @throws MongodbSetupError when the program ends before, or after `timeoutMs` */
export async function until(program: Program | undefined, timeoutMs: number, look: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const looks = await look();
    // First: what answers on its port while it has ended is somebody else.
    if (program && !isRunning(program.who)) throw new MongodbSetupError(`${program.name}: ended: ${tailOf(program.logFile)}`);
    if (looks) return;
    if (performance.now() > end)
      throw new MongodbSetupError(`${program?.name ?? 'it'}: was not ready in ${timeoutMs} ms${program ? `: ${tailOf(program.logFile)}` : ''}`);
    await sleep(POLL_MS);
  }
}

function tailOf(file: string): string {
  try {
    return readFileSync(file, 'utf8').slice(-LOG_TAIL).trim();
  } catch {
    return '';
  }
}
