/** What must not outlive the bench, whatever ends it: children are killed, folders of the run removed. */
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';

const children = new Set<ChildProcess>();
const folders = new Set<string>();
let armed = false;

function arm(): void {
  if (armed) return;
  armed = true;
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => void stopAll());
}

/** Children end in their own order, so that theirs do too; who takes too long is killed with us. */
async function stopAll(): Promise<void> {
  const ended = [...children].map((child) => new Promise((done) => child.once('exit', done)));
  for (const child of children) {
    child.stdin?.end();
    child.kill('SIGTERM');
  }
  setTimeout(() => process.exit(130), 10_000).unref();
  await Promise.all(ended);
  process.exit(130);
}

/** The child ends with this process. Resolves when it has ended. */
export function owned(child: ChildProcess): Promise<void> {
  arm();
  children.add(child);
  return new Promise((resolve) => {
    child.once('exit', () => {
      children.delete(child);
      resolve();
    });
  });
}

/** Whoever watches a folder that is to be gone in the end. Returns how to remove it now. */
export function temporary(folder: string): () => void {
  arm();
  folders.add(folder);
  return () => {
    folders.delete(folder);
    rmSync(folder, { recursive: true, force: true });
  };
}
