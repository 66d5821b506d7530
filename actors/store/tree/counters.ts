/** Counters per shard: changes of one batch are added up, so that a counter is written once however many documents moved it. */
import type { ActorDoc, Count } from '../store.ts';
import { countKey, dayOf } from './layout.ts';
import { pack16 } from './pack.ts';
import type { Plan, Tree } from './trees.ts';

export interface CountChange {
  readonly shard: number;
  /** JSON of kind, state, day and reason. */
  readonly label: string;
  delta: number;
}

export type CountChanges = Map<string, CountChange>;

/** One document entered (`by` 1) or left (-1) its counter. */
export function addCount(changes: CountChanges, doc: ActorDoc, by: 1 | -1): void {
  addTo(changes, doc.shard, doc.kind, doc.state, dayOf(doc.since), doc.reason ?? '', by);
}

export function addTo(changes: CountChanges, shard: number, kind: string, state: string, day: string, reason: string, by: number): void {
  const key = countKey(shard, kind, state, day, reason);
  const change = changes.get(key);
  if (change) change.delta += by;
  else changes.set(key, { shard, label: JSON.stringify([kind, state, day, reason]), delta: by });
}

/** True when both are in the same counter. */
export function sameCounter(a: ActorDoc, b: ActorDoc): boolean {
  return a.state === b.state && a.reason === b.reason && a.shard === b.shard && a.kind === b.kind && dayOf(a.since) === dayOf(b.since);
}

/** `base` has the rows that this batch has set outright (a repair). */
export function planCounts(plan: Plan, counts: Tree, changes: CountChanges, base: ReadonlyMap<string, number>): void {
  for (const [key, { label, delta }] of changes) {
    const from = base.get(key) ?? readCount(counts.get(key));
    if (delta === 0 && !base.has(key)) continue;
    const count = from + delta;
    if (count > 0) plan.put('counts', key, `${count} ${label}`);
    else plan.remove('counts', key);
  }
}

export function readCount(row: string | undefined): number {
  return row === undefined ? 0 : Number.parseInt(row, 10);
}

export function parseCount(shard: number, row: string): Count {
  const [kind, state, day, reason] = JSON.parse(row.slice(row.indexOf(' ') + 1)) as [string, string, string, string];
  return { shard, kind, state, day, reason, count: readCount(row) };
}

export function shardRange(shard: number): { start: string; end: string } {
  return { start: pack16(shard), end: shard === 65_535 ? '\xff\xff\xff' : pack16(shard + 1) };
}
