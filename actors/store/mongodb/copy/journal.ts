/** How far a copy has come, kept in the target beside what it has got. While there is one that is not done, no engine opens that database. */
import { StoreError } from '../../../errors/error.ts';
import { EXPORT_KINDS, type ExportKind } from '../../tree/export.ts';
import type { Collections } from '../collections.ts';
import { FORMAT_NAME } from '../layout.ts';

/** In the source: the name by which the target knows it. */
export const COPY_NAME = 'store.copy';

/** Names of meta that are each store's own. */
export const OWN_META: ReadonlySet<string> = new Set([FORMAT_NAME, COPY_NAME]);

export type Stage = ExportKind | 'verify' | 'done';

export interface Journal {
  readonly source: string;
  readonly stage: Stage;
  /** Last place that was copied in this stage. */
  readonly after?: string;
  /** How many were copied in this stage. */
  readonly copied: number;
}

export function stageBehind(kind: ExportKind): Stage {
  return EXPORT_KINDS[EXPORT_KINDS.indexOf(kind) + 1] ?? 'verify';
}

export async function readJournal({ meta }: Pick<Collections, 'meta'>): Promise<Journal | undefined> {
  const row = await meta.findOne({ _id: COPY_NAME });
  return row ? (JSON.parse(row.d) as Journal) : undefined;
}

export async function writeJournal({ meta }: Collections, journal: Journal): Promise<void> {
  await meta.updateOne({ _id: COPY_NAME }, { $set: { d: JSON.stringify(journal) } }, { upsert: true });
}

/** @throws StoreError `store_copy_unfinished` */
export async function refuseUnfinished(collections: Pick<Collections, 'meta'>): Promise<void> {
  const journal = await readJournal(collections);
  if (journal === undefined || journal.stage === 'done') return;
  throw new StoreError('store_copy_unfinished', `mongodb: is copied to the end: ${journal.stage} (mw store copy goes on where it stopped)`, {
    retry: 'never',
    details: { stage: journal.stage },
  });
}

/** The journal of a copy of this source; a new one where the database is empty. @throws StoreError `store_copy_foreign` */
export async function takeJournal(collections: Collections, source: string): Promise<Journal> {
  const found = await readJournal(collections);
  if (found?.source === source) return found;
  const why = found ? 'holds the copy of another installation' : await whatIsThere(collections);
  if (why !== undefined)
    throw new StoreError('store_copy_foreign', `store.mongodb.database: is empty, or holds an unfinished copy of this installation: ${why}`, {
      retry: 'never',
    });
  const journal: Journal = { source, stage: 'docs', copied: 0 };
  await writeJournal(collections, journal);
  return journal;
}

async function whatIsThere({ actors, history, counts, meta }: Collections): Promise<string | undefined> {
  if (await actors.findOne({}, { projection: { _id: 1 } })) return 'it has documents';
  if (await history.findOne({}, { projection: { _id: 1 } })) return 'it has history';
  if (await counts.findOne({})) return 'it has counters';
  const other = await meta.findOne({ _id: { $nin: [...OWN_META] } });
  return other ? `it has ${other._id}` : undefined;
}
