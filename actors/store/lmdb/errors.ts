/** lmdb's failures as ours, and the keeping of its promises. */
import { StoreError } from '../../errors/error.ts';

/** Codes of lmdb and of the operating system (Linux). */
const ENOSPC = 28;
const EDQUOT = 122;
const MAP_FULL = -30792;

/** How long a rejected commit waits for lmdb to say why. */
const REASON_TIMEOUT_MS = 1_000;

/**
 * Waits for one of lmdb's write promises. Its rejection carries `commitError`, itself a promise that rejects: that one is
 * waited for too, so neither is ever left to the process's handler of unhandled rejections.
 */
export async function ownWrite(written: Promise<unknown>): Promise<void> {
  try {
    await written;
  } catch (error) {
    throw toStoreError(await reasonOf(error));
  }
}

async function reasonOf(error: unknown): Promise<unknown> {
  const reason: unknown = error instanceof Error && 'commitError' in error ? error.commitError : undefined;
  if (!(reason instanceof Promise)) return error;
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(() => resolve(error), REASON_TIMEOUT_MS);
  });
  const cause = await Promise.race([reason.catch((thrown: unknown) => thrown), timeout]);
  clearTimeout(timer);
  return cause;
}

export function toStoreError(cause: unknown): StoreError {
  if (cause instanceof StoreError) return cause;
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const text = cause instanceof Error ? cause.message : String(cause);
  if (text.includes('MDB_PANIC')) return new StoreError('store_failed', `store: cannot go on until it is opened again: ${text}`, { cause });
  if (code === ENOSPC || code === EDQUOT || code === MAP_FULL) return new StoreError('disk_full', `store: no space left: ${text}`, { cause });
  return new StoreError('commit_failed', `store: the commit failed: ${text}`, { cause });
}
