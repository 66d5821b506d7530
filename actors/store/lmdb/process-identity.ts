/** Who holds a lock, precisely enough to know after a crash that it is gone. */
import { readFileSync, readlinkSync } from 'node:fs';

export interface ProcessIdentity {
  readonly pid: number;
  /** Start of the process in the kernel's ticks since boot; tells a process from a later one with its number. Empty where unknown. */
  readonly startTime: string;
  readonly bootId: string;
  /** Process numbers mean nothing across these (containers). */
  readonly pidNamespace: string;
}

export function ownIdentity(): ProcessIdentity {
  return {
    pid: process.pid,
    startTime: startTimeOf(process.pid) ?? '',
    bootId: attempt(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '',
    pidNamespace: attempt(() => readlinkSync('/proc/self/ns/pid')) ?? '',
  };
}

/** `unknown`: it lives in another process namespace of this boot. */
export function isAlive(holder: ProcessIdentity, own: ProcessIdentity): boolean | 'unknown' {
  if (holder.bootId !== own.bootId) return false;
  if (holder.pidNamespace !== own.pidNamespace) return 'unknown';
  if (holder.startTime !== '') return startTimeOf(holder.pid) === holder.startTime;
  return attempt(() => process.kill(holder.pid, 0)) === true;
}

/** Field 22 of `/proc/PID/stat`; the second field may hold spaces and brackets, so fields are counted from its end. A zombie is as good as gone. */
function startTimeOf(pid: number): string | undefined {
  const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
