/**
 * A backup is a data folder: the store, consistent as of one instant, and the secrets without which its keys mean nothing.
 *
 * - B1 The copy says that it is one. The mark stands in the store while it is copied and is taken away afterwards, so a copy of the one
 *   file that the store is has it too; a crash in between makes the live store look restored, which costs a few invocation counters.
 * - B2 An engine that finds the mark raises the invocation counters of meter keys before anything uses them, and then takes it away.
 */
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { StoreError } from '../../actors/errors/error.ts';
import { restoreRaise } from '../../actors/meter-keys/index.ts';
import type { Store } from '../../actors/store/index.ts';
import type { EpochMs } from '../../machines/common/effects.ts';
import { secretsFolder } from './keep.ts';

/** Where an engine has what a backup takes. */
export interface BackupSource {
  readonly dataDir: string;
  /** `data.secretsDir`: the secrets that the store needs lie there, and not in the data folder. */
  readonly secretsDir?: string | undefined;
}

/** When the copy was made that the store is; null in a live store. */
const COPIED_AT = 'copiedAt';
const COUNTER_RAISE = 'counterRaise';

/** One after the other: the end of one would take the mark away from under the next. */
const running = new WeakMap<object, Promise<unknown>>();

/**
 * Copies what an engine needs to go on elsewhere; `npm start -- --data DIR` starts from it.
 * @param from the data folder, and `data.secretsDir` where it is set
 * @throws StoreError `backup_not_empty`, `backup_failed`
 */
export async function backup(store: Pick<Store, 'backup' | 'putMeta'>, from: BackupSource, directory: string, now: EpochMs): Promise<void> {
  const before = running.get(store) ?? Promise.resolve();
  const work = before.then(() => copy(store, from, directory, now));
  running.set(
    store,
    work.catch(() => undefined),
  );
  await work;
}

async function copy(store: Pick<Store, 'backup' | 'putMeta'>, from: BackupSource, directory: string, now: EpochMs): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) throw new StoreError('backup_not_empty', `directory: must be empty: ${directory}`, { retry: 'never' });
  await store.putMeta(COPIED_AT, now);
  try {
    await store.backup(join(directory, 'store'));
  } finally {
    await store.putMeta(COPIED_AT, null);
  }
  const secrets = join(directory, 'secrets');
  const own = secretsFolder(from.dataDir);
  const shared = secretsFolder(from.dataDir, from.secretsDir);
  const options = { recursive: true, preserveTimestamps: true, dereference: true };
  // The folder has some of its own in any case; of the same name the shared ones are in use.
  if (shared === own || existsSync(own)) await cp(own, secrets, options);
  if (shared !== own) await cp(shared, secrets, options);
}

/** What invocation counters are raised by in this store, for all its restores, the one included that it has just come from. */
export async function counterRaise(store: Pick<Store, 'getMeta' | 'putMeta'>, now: EpochMs): Promise<number> {
  const kept = await store.getMeta(COUNTER_RAISE);
  const raise = typeof kept === 'number' ? kept : 0;
  const copiedAt = await store.getMeta(COPIED_AT);
  if (typeof copiedAt !== 'number') return raise;
  const raised = raise + restoreRaise(now - copiedAt);
  // In this order: a crash in between raises twice, and never not at all.
  await store.putMeta(COUNTER_RAISE, raised);
  await store.putMeta(COPIED_AT, null);
  return raised;
}
