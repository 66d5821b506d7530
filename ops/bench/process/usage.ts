/** What a process costs, as the kernel tells it (Linux). */
import { readFileSync } from 'node:fs';

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
