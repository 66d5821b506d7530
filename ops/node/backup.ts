/** A backup is a data folder: the store, consistent as of one instant, and the secrets without which its keys mean nothing. */
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../actors/errors/error.ts';
import type { Store } from '../../actors/store/index.ts';

/**
 * Copies what an engine needs to go on elsewhere; `npm start -- --data DIR` starts from it.
 * @throws StoreError `backup_not_empty`, `backup_failed`
 */
export async function backup(store: Pick<Store, 'backup'>, dataDir: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) throw new StoreError('backup_not_empty', `directory: must be empty: ${directory}`, { retry: 'never' });
  await store.backup(join(directory, 'store'));
  await cp(join(dataDir, 'secrets'), join(directory, 'secrets'), { recursive: true, preserveTimestamps: true });
}
