/**
 * Looks at the store's file before lmdb does: handed a file that is not its own, or a lock that it cannot open, lmdb ends
 * the whole process instead of reporting.
 */
import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { StoreError } from '../../errors/error.ts';

/** The first page begins with a page header; magic and version of lmdb's data format follow it. */
const MAGIC_OFFSET = 24;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;

/** @throws StoreError `store_corrupt`, `store_unwritable` */
export function checkFile(file: string): void {
  checkAccess(`${file}-lock`);
  if (checkAccess(file) === 0) return;
  const head = Buffer.alloc(MAGIC_OFFSET + 8);
  const descriptor = openSync(file, 'r');
  try {
    if (readSync(descriptor, head, 0, head.length, 0) < head.length) throw corrupt(file, 'it is cut off');
  } finally {
    closeSync(descriptor);
  }
  if (head.readUInt32LE(MAGIC_OFFSET) !== MAGIC) throw corrupt(file, 'it begins otherwise');
  const version = head.readUInt32LE(MAGIC_OFFSET + 4);
  if (version !== DATA_VERSION) throw corrupt(file, `its data format is ${version}, not ${DATA_VERSION}`);
}

/** Gives the size, 0 if there is no such file. */
function checkAccess(file: string): number {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  try {
    if (!stat.isFile()) throw new Error('it is no file');
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new StoreError('store_unwritable', `store file: can be opened: ${file}: ${String(cause)}`, { retry: 'never', cause });
  }
  return stat.size;
}

function corrupt(file: string, why: string): StoreError {
  return new StoreError('store_corrupt', `store file: is an lmdb file of this version: ${file}: ${why}`, { retry: 'never', details: { file } });
}
