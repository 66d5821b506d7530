/** The embedded store of a stopped installation, to be copied elsewhere: locked, and read in slices. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../errors/error.ts';
import { exportTrees, type StoreExport } from '../tree/export.ts';
import { packText } from '../tree/pack.ts';
import { Plan } from '../tree/trees.ts';
import { STORE_FILE } from './backup.ts';
import { checkFormat, lockDirectory, openGround } from './open.ts';

export interface LmdbSource extends StoreExport {
  /** A small value kept in the store itself. */
  getMeta(name: string): string | undefined;
  putMeta(name: string, value: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws StoreError `store_in_use`, `store_unwritable`, `store_newer_format`, `store_corrupt`; `store_unsupported`: there is no store */
export async function openLmdbSource(directory: string, mapSizeBytes: number): Promise<LmdbSource> {
  const file = join(directory, STORE_FILE);
  if (!existsSync(file)) throw new StoreError('store_unsupported', `store: has a file ${STORE_FILE}: ${directory}`, { retry: 'never', details: { directory } });
  const lock = lockDirectory(directory);
  let ground: ReturnType<typeof openGround> | undefined;
  try {
    ground = openGround(file, mapSizeBytes, () => {});
    await checkFormat(ground, file);
    const opened = ground;
    return {
      ...exportTrees(opened.trees),
      getMeta(name) {
        const row = opened.trees.meta.get(packText(name));
        return row === undefined ? undefined : (JSON.parse(row) as string);
      },
      async putMeta(name, value) {
        const plan = new Plan();
        plan.put('meta', packText(name), JSON.stringify(value));
        await opened.write(plan);
      },
      async close() {
        await opened.close();
        lock.release();
      },
    };
  } catch (error) {
    await ground?.close();
    lock.release();
    throw error;
  }
}
