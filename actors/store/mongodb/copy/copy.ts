/**
 * Copies a stopped installation's store into an empty database.
 *
 *   docs (with history) ──► effects ──► slots ──► meta ──► counters ──► verify ──► done
 *
 * Invariants
 * - M1 The journal tells how far everything before it was written. What is behind may be written again, to the same result.
 * - M2 No engine opens the database before all of it was read back and found the same.
 * - M3 The source is only read, but for the name that it is given.
 */
import { StoreError } from '../../../errors/error.ts';
import type { LmdbSource } from '../../lmdb/source.ts';
import type { MongodbOptions } from '../../options.ts';
import { EXPORT_KINDS, type Exported, type ExportKind } from '../../tree/export.ts';
import { applyAll } from '../bulk.ts';
import type { Collections } from '../collections.ts';
import { countChangeOf, countIdOf } from '../counters.ts';
import { toStoreError } from '../errors.ts';
import { connectMongo } from '../open.ts';
import { slices } from './digest.ts';
import { COPY_NAME, type Journal, OWN_META, stageBehind, takeJournal, writeJournal } from './journal.ts';
import { writeDocs, writeEffects, writeMeta, writeSlots } from './target.ts';
import { type Compared, compare } from './verify.ts';

export interface CopyPorts {
  /** Names the source for good, at its first copy. */
  readonly newId: () => string;
  /** `done` of `total`, in the stage that is under way. */
  told(stage: string, done: number, total: number): void;
}

export interface CopyResult {
  /** False: it had been done before, and nothing was written; engines may have changed it since. */
  readonly copied: boolean;
  readonly compared: readonly Compared[];
}

const SLICE = 200;

/** @throws StoreError `store_unreachable`, `store_copy_foreign`, `store_failed` */
export async function copyToMongo(source: LmdbSource, options: MongodbOptions, ports: CopyPorts): Promise<CopyResult> {
  const collections = await connectMongo(options);
  try {
    let journal = await takeJournal(collections, await nameOf(source, ports));
    if (journal.stage === 'done') return { copied: false, compared: [] };
    for (const kind of EXPORT_KINDS) if (journal.stage === kind) journal = await copyKind(source, collections, journal, kind, ports);
    await writeCounts(source, collections);
    const total = source.size('docs') * 2;
    let read = 0;
    const compared = await compare(source, collections, (more) => {
      read += more;
      ports.told('verify', read, total);
    });
    if (compared.every(({ same }) => same)) await writeJournal(collections, { source: journal.source, stage: 'done', copied: 0 });
    return { copied: true, compared };
  } catch (error) {
    throw toStoreError('store_failed', 'the copy stopped', error);
  } finally {
    await collections.client.close();
  }
}

async function nameOf(source: LmdbSource, { newId }: CopyPorts): Promise<string> {
  const known = source.getMeta(COPY_NAME);
  if (known !== undefined) return known;
  const id = newId();
  await source.putMeta(COPY_NAME, id);
  return id;
}

async function copyKind<K extends ExportKind>(source: LmdbSource, collections: Collections, from: Journal, kind: K, ports: CopyPorts): Promise<Journal> {
  let journal = from;
  const total = source.size(kind);
  for (const slice of slices(source, kind, SLICE, placeOf(journal))) {
    const last = slice.at(-1);
    if (!last) break;
    await write(
      collections,
      kind,
      slice.map(({ item }) => item),
    );
    journal = { ...journal, after: Buffer.from(last.place, 'latin1').toString('base64'), copied: journal.copied + slice.length };
    await writeJournal(collections, journal);
    ports.told(kind, journal.copied, total);
  }
  journal = { source: journal.source, stage: stageBehind(kind), copied: 0 };
  await writeJournal(collections, journal);
  return journal;
}

function placeOf({ after }: Journal): string | undefined {
  return after === undefined ? undefined : Buffer.from(after, 'base64').toString('latin1');
}

const WRITERS: { readonly [K in ExportKind]: (collections: Collections, items: readonly Exported[K][]) => Promise<void> } = {
  docs: writeDocs,
  effects: writeEffects,
  slots: writeSlots,
  meta: (collections, items) =>
    writeMeta(
      collections,
      items.filter(({ name }) => !OWN_META.has(name)),
    ),
};

async function write<K extends ExportKind>(collections: Collections, kind: K, items: readonly Exported[K][]): Promise<void> {
  await WRITERS[kind](collections, items);
}

/** Counted afresh: they are no part of what is compared. */
async function writeCounts(source: LmdbSource, { counts }: Collections): Promise<void> {
  const sums = new Map<string, number>();
  for (const slice of slices(source, 'docs', SLICE))
    for (const { item } of slice) {
      const id = countIdOf(item.doc);
      sums.set(id, (sums.get(id) ?? 0) + 1);
    }
  await counts.deleteMany({});
  const ids = [...sums.keys()].sort();
  for (let first = 0; first < ids.length; first += SLICE)
    await applyAll(
      counts,
      ids.slice(first, first + SLICE).map((id) => countChangeOf(id, sums.get(id) ?? 0)),
    );
}

/** @throws StoreError `store_copy_differs` */
export function refuseDifferent(compared: readonly Compared[]): void {
  const wrong = compared.filter(({ same }) => !same).map(({ what, source, target }) => `${what} (${source.count}, copied ${target.count})`);
  if (wrong.length > 0)
    throw new StoreError('store_copy_differs', `mongodb: holds the same as the store that was copied: it differs in ${wrong.join(', ')}`, { retry: 'never' });
}
