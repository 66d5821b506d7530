/** Everything that a store on ordered trees holds, in slices in the order of the keys. For a store that nobody writes to meanwhile. */
import type { Json } from '../../../machines/common/effects.ts';
import type { ActorDoc, Effect, HistoryEntry, Slot } from '../store.ts';
import { readDoc } from './head.ts';
import { historyPrefix, LAST } from './layout.ts';
import { packText } from './pack.ts';
import type { Range, Tree, Trees } from './trees.ts';

/** One thing and where it stands; whoever has dealt with it goes on behind its place. */
export interface Placed<T> {
  readonly place: string;
  readonly item: T;
}

export interface DocWithHistory {
  readonly doc: ActorDoc;
  readonly history: readonly HistoryEntry[];
}

export interface Exported {
  readonly docs: DocWithHistory;
  readonly effects: Effect;
  readonly slots: Slot;
  readonly meta: { readonly name: string; readonly value: Json };
}

export type ExportKind = keyof Exported;

/** In this order: effects and slots belong to documents, though they may outlive them. */
export const EXPORT_KINDS = ['docs', 'effects', 'slots', 'meta'] as const satisfies readonly ExportKind[];

export interface StoreExport {
  size(kind: ExportKind): number;
  /** At most `limit`, behind a place; empty at the end. */
  slice<K extends ExportKind>(kind: K, after: string | undefined, limit: number): readonly Placed<Exported[K]>[];
}

const ALL: Omit<Range, 'after'> = { start: '\0', end: LAST };

export function exportTrees(trees: Trees): StoreExport {
  const readers: { readonly [K in ExportKind]: (key: string, value: string) => Exported[K] } = {
    docs: (packedId, row) => ({ doc: readDoc(row) as ActorDoc, history: historyOf(trees.history, packedId) }),
    effects: (_, row) => JSON.parse(row) as Effect,
    slots: (_, row) => JSON.parse(row) as Slot,
    meta: (key, row) => ({ name: nameOf(key), value: JSON.parse(row) as Json }),
  };
  return {
    size: (kind) => trees[kind].count(ALL, Number.MAX_SAFE_INTEGER).count,
    slice(kind, after, limit) {
      const found: Placed<Exported[typeof kind]>[] = [];
      if (limit <= 0) return found;
      for (const { key, value } of trees[kind].entries(after === undefined ? ALL : { ...ALL, after })) {
        found.push({ place: key, item: readers[kind](key, value) });
        if (found.length >= limit) break;
      }
      return found;
    },
  };
}

function historyOf(tree: Tree, packedId: string): HistoryEntry[] {
  const start = historyPrefix(packedId);
  return [...tree.entries({ start, end: start + LAST })].map(({ value }) => JSON.parse(value) as HistoryEntry);
}

/** Names of meta are short texts: they stand in their keys in full. */
function nameOf(key: string): string {
  const name = Buffer.from(key.slice(1), 'latin1').toString('utf8');
  if (packText(name) !== key) throw new Error(`meta: has a name of at most 254 bytes: ${name.slice(0, 80)}`);
  return name;
}
