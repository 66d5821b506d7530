/** What a process costs, as the kernel tells it (Linux). */
import { readdirSync, readFileSync } from 'node:fs';

/** The kernel counts CPU in hundredths of a second for every process that we can run on. */
const TICK_MS = 10;

/** CPU time of all threads of a process since its start, milliseconds. */
export function cpuMs(pid: number): number {
  return parseCpuMs(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

/** CPU time of its first thread alone: in Node the one that runs JavaScript. */
export function mainThreadCpuMs(pid: number): number {
  return parseCpuMs(readFileSync(`/proc/${pid}/task/${pid}/stat`, 'utf8'));
}

/** CPU time of a process, of all its descendants that live, and of its children that were waited for, milliseconds. */
export function treeCpuMs(pid: number): number {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const one = Number(name);
    const parent = Number.isInteger(one) ? parentOf(one) : undefined;
    if (parent !== undefined) parents.set(parent, [...(parents.get(parent) ?? []), one]);
  }
  const sum = (of: number): number => (parents.get(of) ?? []).reduce((whole, child) => whole + sum(child), ownAndWaitedMs(of));
  return sum(pid);
}

function statOf(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function parentOf(pid: number): number | undefined {
  const stat = statOf(pid);
  return stat && Number(stat[1]);
}

function ownAndWaitedMs(pid: number): number {
  const stat = statOf(pid);
  return stat ? [11, 12, 13, 14].reduce((sum, place) => sum + Number(stat[place]), 0) * TICK_MS : 0;
}

/** @param stat content of `/proc/PID/stat`; the name in brackets may itself hold blanks and brackets */
export function parseCpuMs(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

export interface Memory {
  /** Private pages: what the process would not give back to another. */
  readonly privateBytes: number;
  /** Pages of files, the store's map among them: the kernel drops them when it needs the room. */
  readonly mappedBytes: number;
}

export function memoryOf(pid: number): Memory {
  return parseMemory(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

/** @param status content of `/proc/PID/status` */
export function parseMemory(status: string): Memory {
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1_024;
  return { privateBytes: bytes('RssAnon') + bytes('RssShmem'), mappedBytes: bytes('RssFile') };
}
