/** Temporary folders for stores. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

export interface TempFolder {
  readonly path: string;
  remove(): Promise<void>;
}

export async function makeFolder(): Promise<TempFolder> {
  const path = await mkdtemp(join(tmpdir(), 'mw-store-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** Removed when the test ends. */
export async function tempFolder(t: ExecutionContext): Promise<TempFolder> {
  const folder = await makeFolder();
  t.teardown(folder.remove);
  return folder;
}
