/** Ports for tests that talk to real sockets and files: the machine's clock, fixed random numbers, a log that is kept. */
import { randomUUID } from 'node:crypto';
import type { Clock, Log, Ports } from '../../actors/engine/ports.ts';

export const realClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
  soon: (run) => void setImmediate(run),
};

export interface KeptLog extends Log {
  readonly lines: { readonly level: string; readonly fields: object; readonly text: string }[];
}

export function keptLog(): KeptLog {
  const lines: KeptLog['lines'] = [];
  const at = (level: string) => (fields: object, text: string) => void lines.push({ level, fields, text });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** @param change replaces single ports. */
export function realPorts(change: Partial<Ports> = {}): Ports & { readonly log: Log } {
  return { clock: realClock, random: { next: () => 0.5 }, ids: { uuid: () => randomUUID() }, log: keptLog(), ...change };
}
