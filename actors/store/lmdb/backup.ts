/** A consistent copy of a running store: restoring is putting the file into an empty data directory. */
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../errors/error.ts';
import type { LmdbGround } from './environment.ts';
import { syncPath } from './sync-path.ts';

export const STORE_FILE = 'store.mdb';

/** @throws StoreError `backup_not_empty`, `backup_failed` */
export async function backupTo(ground: LmdbGround, directory: string): Promise<void> {
  const draft = join(directory, `${STORE_FILE}.part`);
  try {
    await mkdir(directory, { recursive: true });
    if ((await readdir(directory)).length > 0) throw new StoreError('backup_not_empty', `directory: must be empty: ${directory}`, { retry: 'never' });
    await ground.copyTo(draft);
    await syncPath(draft);
    await rename(draft, join(directory, STORE_FILE));
    await syncPath(directory);
  } catch (cause) {
    if (cause instanceof StoreError) throw cause;
    await rm(draft, { force: true });
    throw new StoreError('backup_failed', `backup: failed: ${directory}: ${String(cause)}`, { cause });
  }
}
