/** Installations full of pending appointments, kept in the cache: a million of them takes minutes to make. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { shardOf } from '../../../actors/engine/index.ts';
import type { StoreOptions } from '../../../actors/store/index.ts';
import { openStore, type Store, StoreOptionsSchema } from '../../../actors/store/index.ts';
import { defaultsOf } from '../../config/settings.ts';
import { seededInstallation } from '../installation.ts';
import { kept } from '../process/folders.ts';
import { type Fill, fillPending } from './fill.ts';
import { makeTemplates } from './template.ts';

const AGENTS_ONLY = 10;

/** Opens the store of an installation whose engine does not run, and closes it again. */
export async function withStore<T>(dataDir: string, run: (fill: Fill) => Promise<T>): Promise<T> {
  const options = defaultsOf(StoreOptionsSchema) as StoreOptions;
  const store: Store = await openStore(options, { directory: join(dataDir, 'store') });
  try {
    return await run({ store, templates: await makeTemplates(), shardOf });
  } finally {
    await store.close();
  }
}

/** The folder of an installation with so many pending appointments. It belongs to the cache: leave it as it was, or copy it. */
export function filledInstallation(count: number, say: (text: string) => void): Promise<string> {
  return kept(`filled-${count}`, async (folder) => {
    say(`  making ${count} pending appointments (kept for the next run) …`);
    await seededInstallation(AGENTS_ONLY, folder);
    await withStore(folder, (fill) => fillPending(fill, count));
  });
}

/** A copy of it, for changing. */
export async function filledCopy(count: number, into: string, say: (text: string) => void): Promise<void> {
  cpSync(await filledInstallation(count, say), into, { recursive: true });
}
