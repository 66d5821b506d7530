/** The folders of the gateway and our own, and what is asked of the file system. */
import { access, mkdir, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DtnOptions } from './options.ts';

const SENDER = '{mpid}';

/** Folders of one sender. */
export interface SenderFolders {
  readonly out: string;
  readonly staging: string;
  readonly receipts: string;
}

export function foldersOf(options: DtnOptions, mpid: string): SenderFolders {
  return {
    out: options.outDirectory.replaceAll(SENDER, mpid),
    staging: join(options.stagingDirectory, mpid),
    receipts: options.receiptsDirectory.replaceAll(SENDER, mpid),
  };
}

/** Make what is missing, as far as the options allow. Rejects with the error of the file system. */
export async function prepareFolders(options: DtnOptions, mpid: string): Promise<SenderFolders> {
  const folders = foldersOf(options, mpid);
  await mkdir(folders.staging, { recursive: true });
  if (options.createFolders) {
    await mkdir(folders.out, { recursive: true });
    await mkdir(folders.receipts, { recursive: true });
  }
  return folders;
}

/** Folders with receipts; `mpid` is null where one folder serves every sender. */
export async function receiptFolders(options: DtnOptions): Promise<readonly { readonly path: string; readonly mpid: string | null }[]> {
  const path = options.receiptsDirectory;
  const at = path.indexOf(SENDER);
  if (at < 0) {
    if (options.createFolders) await mkdir(path, { recursive: true });
    return [{ path, mpid: null }];
  }
  const base = path.slice(0, at) || '.';
  if (options.createFolders) await mkdir(base, { recursive: true });
  const names = await readdir(base);
  const senders = names.filter((name) => /^[A-Z0-9]{4}$/.test(name));
  const found = senders.map((mpid) => ({ mpid, path: foldersOf(options, mpid).receipts }));
  const there = await Promise.all(found.map((folder) => exists(folder.path)));
  return found.filter((_, index) => there[index]);
}

export async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** Make the names in a folder durable. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Write a file and make its bytes durable. */
export async function writeSynced(path: string, content: string): Promise<void> {
  const handle = await open(path, 'w');
  try {
    await handle.writeFile(content, 'utf8');
    await handle.sync();
  } finally {
    await handle.close();
  }
}
