/**
 * Steps that announced something, by their instant. Documents are found by the latest of those instants; one that changes
 * while a reader is under way moves to the end of that order and is listed once more, so that nothing is missed.
 */
import type { ActorId } from '../../../machines/common/effects.ts';
import type { AnnouncedStep, HistoryEntry, Page, Store } from '../store.ts';
import type { Collections } from './collections.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { historyRange, type StoredActor } from './layout.ts';

type Query = Parameters<Store['announced']>[0];
type Listed = Pick<StoredActor, '_id' | 'sa' | 'h'>;
/** Latest instant and id of the document, and version of the step, that were given last. */
type Place = readonly [sa: number, actor: ActorId, version: number];

const BATCH = 100;
const FIELDS = { sa: 1, h: 1 } as const;

export async function readAnnounced(collections: Collections, query: Query): Promise<Page<AnnouncedStep>> {
  const after = query.cursor === undefined ? undefined : decodeCursor<Place>(query.cursor, ['number', 'string', 'number']);
  const items: AnnouncedStep[] = [];
  let last: Place | undefined;
  for await (const { place, step } of listed(collections, query, after)) {
    if (items.length >= query.limit && last) return { items, cursor: encodeCursor(last) };
    items.push(step);
    last = place;
  }
  return { items };
}

async function* listed(
  collections: Collections,
  query: Query,
  after: Place | undefined,
): AsyncGenerator<{ readonly place: Place; readonly step: AnnouncedStep }> {
  const { actors } = collections;
  if (after) {
    const [sa, actor, version] = after;
    const rest = await actors.findOne<Listed>({ _id: actor }, { projection: FIELDS });
    // Under its old place: if it has moved, it comes once more at its new one.
    if (rest) for (const entry of await entriesOf(collections, rest, query, version)) yield { place: [sa, actor, entry.version], step: { actor, entry } };
  }
  const behind = after && { $or: [{ sa: { $gt: after[0] } }, { _id: { $gt: after[1] } }] };
  const cursor = actors
    .find({ sa: { $gte: after?.[0] ?? query.from }, ...(query.shards && { s: { $in: [...query.shards] } }), ...behind } as object)
    .sort({ sa: 1, _id: 1 })
    .project<Listed>(FIELDS)
    .batchSize(BATCH);
  try {
    for await (const one of cursor) {
      const { _id: actor, sa = 0 } = one;
      for (const entry of await entriesOf(collections, one, query, 0)) yield { place: [sa, actor, entry.version], step: { actor, entry } };
    }
  } finally {
    await cursor.close();
  }
}

/** What one actor announced in the interval, behind a version. */
async function entriesOf({ history }: Collections, { _id, h = [] }: Listed, { from, to }: Query, after: number): Promise<HistoryEntry[]> {
  const entries = new Map<number, HistoryEntry>();
  const add = ({ d }: { readonly d: string }): void => {
    const entry = JSON.parse(d) as HistoryEntry;
    if (entry.version > after && entry.said && entry.at >= from && entry.at < to) entries.set(entry.version, entry);
  };
  // The tail has the latest entries without a gap: where it reaches back far enough, the rest need not be read.
  const first = h[0] && (JSON.parse(h[0].d) as HistoryEntry);
  if (!first || (first.at >= from && first.version > after + 1)) for await (const row of history.find(historyRange(_id, after))) add(row);
  h.forEach(add);
  return [...entries.values()].sort((a, b) => a.version - b.version);
}
