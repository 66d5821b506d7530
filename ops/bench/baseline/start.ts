/** The bare server as a child process. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { owned } from '../process/cleanup.ts';

export interface Baseline {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

/** @param file of its store; made when missing */
export async function startBaseline(file: string): Promise<Baseline> {
  const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, 'server.ts'), file], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = owned(child);
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    ended.then(() => reject(new Error('baseline: ended before it was ready')));
  });
  return {
    pid: child.pid ?? 0,
    port: (JSON.parse(line) as { port: number }).port,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
