/** Starts `child.ts` and talks to it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';

export interface StoreChild {
  readonly pid: number;
  /** All it said so far. */
  readonly lines: readonly string[];
  tell(line: string): void;
  /** Waits for the first line, said already or not, that begins so. */
  heard(start: string): Promise<string>;
  /** Resolves when it is gone. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Killed when the test ends. */
export function startChild(t: ExecutionContext, directory: string, env: Readonly<Record<string, string>> = {}): StoreChild {
  const child: ChildProcessWithoutNullStreams = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'child.ts'), directory],
    {
      env: { ...process.env, ...env },
    },
  );
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let errors = '';
  let gone = false;
  const exited = once(child, 'close').then(() => {
    gone = true;
    for (const look of waiting) look();
  });
  child.stderr.on('data', (bytes) => {
    errors += String(bytes);
  });
  child.stdin.on('error', () => {});
  createInterface({ input: child.stdout }).on('line', (line) => {
    lines.push(line);
    for (const look of waiting) look();
  });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  t.teardown(() => kill('SIGKILL'));
  return {
    pid: child.pid ?? 0,
    lines,
    tell: (line) => void child.stdin.write(`${line}\n`),
    heard: (start) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = lines.find((line) => line.startsWith(start));
          if (found !== undefined) resolve(found);
          else if (gone) reject(new Error(`the process ended without saying "${start}": ${lines.join(', ')}\n${errors}`));
          else return;
          waiting.delete(look);
        };
        waiting.add(look);
        look();
      }),
    kill,
  };
}
