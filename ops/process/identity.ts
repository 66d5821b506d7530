/** Processes by pid and start time, so that a later process with the same pid is never taken for an earlier one. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 25;

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in words of the system: on Linux the boot and the clock ticks since. Compared, never read. */
  readonly started: string;
}

/** The identity of a running process; undefined when there is none. A zombie counts as gone: nothing of it runs any more. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name stands in brackets and may hold anything, brackets too.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    return { pid, started: `${bootId()} ${fields[19]}` };
  } catch {
    return process.platform === 'linux' ? undefined : identifyByPs(pid);
  }
}

function identifyByPs(pid: number): ProcessIdentity | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return status === 0 && stdout.trim() !== '' ? { pid, started: stdout.trim() } : undefined;
}

let boot: string | undefined;
function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

export function isRunning(who: ProcessIdentity): boolean {
  return identify(who.pid)?.started === who.started;
}

/** Sends a signal to exactly this process; false when it is gone. */
export function signal(who: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (!isRunning(who)) return false;
  try {
    return process.kill(who.pid, name);
  } catch {
    return false;
  }
}

/** Resolves with true once the process is gone, with false after `timeoutMs`. */
export async function gone(who: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const until = performance.now() + timeoutMs;
  while (isRunning(who)) {
    if (performance.now() >= until) return false;
    await sleep(POLL_MS);
  }
  return true;
}

/** Asks the process to end, and ends it after `graceMs`. Resolves when it is gone. */
export async function endProcess(who: ProcessIdentity, graceMs: number): Promise<void> {
  signal(who, 'SIGTERM');
  if (await gone(who, graceMs)) return;
  signal(who, 'SIGKILL');
  await gone(who, graceMs);
}
