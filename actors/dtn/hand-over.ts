/**
 * Hands one file to the gateway: complete and synced in staging, then renamed into the gateway's folder under the same name.
 *
 *     staging/F.<node>.part the bytes on their way, of one node alone
 *     staging/F             the bytes, synced
 *     staging/<id>.offered  the mark, synced: from here on only the rename is left to do. It holds the hash of the bytes, so the
 *                           mark of another installation's file of that id means nothing
 *     out/F                 after the rename
 *
 * Among many nodes the folders may be shared, or staging may be each node's own. The bytes of a file were fixed when its id was, so
 * whoever goes on after a node that died in the middle offers the same under the same name: it finds the mark, or the file itself in
 * the gateway's folder. Where staging is not shared and the gateway took the file before that, it is offered twice; the gateway takes
 * an id once.
 *
 * Invariants
 * - H1 The gateway never sees a part of a file, whoever else writes the same one.
 * - H2 With the mark there and `staging/F` gone, the rename has happened, whatever became of `out/F` since: the gateway may
 *   have taken it away. So a hand-over that is repeated after a crash offers nothing twice.
 */
import { createHash } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { MeterwrightError } from '../errors/error.ts';
import { exists, isMissing, type SenderFolders, syncFolder, writeSynced } from './folders.ts';

export interface Offer {
  readonly fileId: string;
  readonly fileName: string;
  readonly content: string;
}

function markOf(folders: SenderFolders, fileId: string): string {
  return join(folders.staging, `${fileId}.offered`);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Its bytes appear whole, in place of what was there. */
async function put(path: string, content: string, node: string): Promise<void> {
  const part = `${path}.${node}.part`;
  await writeSynced(part, content);
  await rename(part, path);
}

/**
 * Offer the file as `node`; says whether that was news. Rejects with the error of the file system, or with `dtn_name_taken` when a
 * different file of that name lies in the gateway's folder (senders that share a folder have the same ids). An aborted signal: the
 * file is another node's to offer.
 */
export async function handOver(folders: SenderFolders, offer: Offer, node: string, signal: AbortSignal): Promise<'offered' | 'known'> {
  const staged = join(folders.staging, offer.fileName);
  const target = join(folders.out, offer.fileName);
  const mark = markOf(folders, offer.fileId);
  const hash = createHash('sha256').update(offer.content).digest('hex');
  const isMarked = async (): Promise<boolean> => (await readIfThere(mark)) === hash;
  if (!(await isMarked())) {
    const part = `${staged}.${node}.part`;
    await writeSynced(part, offer.content);
    // Another node that holds itself for the owner may have been quicker: what it offered is not staged again.
    if (await isMarked()) await rm(part, { force: true });
    else {
      await rename(part, staged);
      await syncFolder(folders.staging);
      await put(mark, hash, node);
      await syncFolder(folders.staging);
    }
  }
  if (!(await exists(staged))) return 'known';
  const there = await readIfThere(target);
  if (there === offer.content) {
    await rm(staged, { force: true });
    return 'known';
  }
  if (there !== undefined)
    throw new MeterwrightError('dtn_name_taken', `fileName: another file of that name waits for the gateway: ${offer.fileName}`, { retry: 'later' });
  signal.throwIfAborted();
  await rename(staged, target);
  await syncFolder(folders.out);
  await syncFolder(folders.staging);
  return 'offered';
}

/** Drop the mark of a file whose receipt was committed: it is never offered again. */
export async function forgetOffer(folders: SenderFolders, fileId: string): Promise<void> {
  await rm(markOf(folders, fileId), { force: true });
}
