/** Reading: documents, look-ups, pages, what is due, what is owed. Each answer is of one moment. */

import type { ActorId } from '../../../machines/common/effects.ts';
import { RefusedError } from '../../errors/error.ts';
import type { ActorDoc, AnnouncedStep, Count, DueReminder, Effect, HistoryEntry, Page, PageQuery, Slot, Store } from '../store.ts';
import { parseCount, shardRange } from './counters.ts';
import { readDoc } from './head.ts';
import { DUE_SHARD, dueKey, duePrefix, historyKey, historyPrefix, indexId, indexPrefix, LAST, SAID, saidPrefix, saidStep } from './layout.ts';
import { pack48, packId, packText, packTime, unpack16 } from './pack.ts';
import type { Ground, Range, Tree, Trees } from './trees.ts';

/** Keys counted before others get a turn: about a millisecond. */
const COUNT_SLICE = 10_000;
const FIND_LIMIT = 1_000;
const HISTORY_LIMIT = 1_000;

type Query<Name extends keyof Store> = Store[Name] extends (query: infer Q) => unknown ? Q : never;

export interface ReaderHooks {
  /** Effects that are done although their rows are still there. */
  isSettled(suffix: string): boolean;
  /** Lets others run between two slices; rejects when the store closes meanwhile. */
  pause(): Promise<void>;
}

export class Reader {
  readonly #trees: Trees;
  readonly #hooks: ReaderHooks;

  constructor(ground: Ground, hooks: ReaderHooks) {
    this.#trees = ground.trees;
    this.#hooks = hooks;
  }

  get(id: ActorId): ActorDoc | undefined {
    return readDoc(this.#trees.docs.get(packId(id)));
  }

  all(ids: readonly ActorId[]): (ActorDoc | undefined)[] {
    return ids.map((id) => this.get(id));
  }

  slot(name: string): Slot | undefined {
    const row = this.#trees.slots.get(packText(name));
    return row === undefined ? undefined : (JSON.parse(row) as Slot);
  }

  find(index: PageQuery['index'], value: string, limit = FIND_LIMIT): ActorId[] {
    const prefix = indexPrefix(index, value);
    const ids: ActorId[] = [];
    if (limit <= 0) return ids;
    for (const key of this.#trees.index.keys({ start: prefix, end: prefix + LAST })) {
      ids.push(indexId(key, prefix.length));
      if (ids.length >= limit) break;
    }
    return ids;
  }

  page(query: PageQuery): Page<ActorDoc> {
    const prefix = indexPrefix(query.index, query.value);
    const range = timeRange(prefix, query);
    const after = query.cursor === undefined ? undefined : prefix + decodeCursor(query.cursor);
    const items: ActorDoc[] = [];
    let last = '';
    for (const key of this.#trees.index.keys({ ...range, ...(after === undefined ? {} : { after }), reverse: query.order === 'desc' })) {
      if (items.length >= query.limit) return { items, cursor: encodeCursor(last.slice(prefix.length)) };
      const doc = this.get(indexId(key, prefix.length));
      if (doc) items.push(doc);
      last = key;
    }
    return { items };
  }

  count(query: Pick<PageQuery, 'index' | 'value' | 'from' | 'to'>): Promise<number> {
    return this.#countSliced(this.#trees.index, timeRange(indexPrefix(query.index, query.value), query));
  }

  counts(shards: readonly number[]): Count[] {
    const counts: Count[] = [];
    for (const shard of shards) for (const { value } of this.#trees.counts.entries(shardRange(shard))) counts.push(parseCount(shard, value));
    return counts;
  }

  history(actor: ActorId, options: { readonly after?: number; readonly limit?: number } = {}): HistoryEntry[] {
    const { after = 0, limit = HISTORY_LIMIT } = options;
    const packed = packId(actor);
    const entries: HistoryEntry[] = [];
    if (limit <= 0) return entries;
    for (const { value } of this.#trees.history.entries({ start: historyKey(packed, after + 1), end: historyPrefix(packed) + LAST })) {
      entries.push(JSON.parse(value) as HistoryEntry);
      if (entries.length >= limit) break;
    }
    return entries;
  }

  announced({ from, to, limit, shards, cursor }: Query<'announced'>): Page<AnnouncedStep> {
    const { index, history } = this.#trees;
    const after = cursor === undefined ? undefined : SAID + decodeCursor(cursor);
    const wanted = shards && new Set(shards);
    const items: AnnouncedStep[] = [];
    let last = '';
    for (const key of index.keys({ start: saidPrefix(from), end: saidPrefix(to), ...(after === undefined ? {} : { after }) })) {
      if (items.length >= limit) return { items, cursor: encodeCursor(last.slice(SAID.length)) };
      const step = saidStep(key);
      last = key;
      if (wanted && !wanted.has(this.get(step.actor)?.shard ?? -1)) continue;
      const row = history.get(step.history);
      if (row !== undefined) items.push({ actor: step.actor, entry: JSON.parse(row) as HistoryEntry });
    }
    return { items };
  }

  due(query: Query<'due'>): DueReminder[] {
    const { gate, until, limit, after } = query;
    const shards = new Set(query.shards);
    const start = duePrefix(gate, 0);
    const from = after && dueKey(gate, after.fireAt, after.shard, packId(after.actor), after.name);
    const found: DueReminder[] = [];
    if (limit <= 0) return found;
    for (const { key, value } of this.#trees.due.entries({ start, end: duePrefix(gate, until + 1), ...(from === undefined ? {} : { after: from }) })) {
      if (!shards.has(unpack16(key, DUE_SHARD))) continue;
      found.push(parseDue(value));
      if (found.length >= limit) break;
    }
    return found;
  }

  outbox(query: Query<'outbox'>): Page<Effect> {
    const prefix = packText(query.channel);
    const shards = new Set(query.shards);
    const items: Effect[] = [];
    const after = query.cursor === undefined ? undefined : prefix + decodeCursor(query.cursor);
    let last = '';
    for (const { key, value } of this.#trees.effects.entries({ start: prefix, end: prefix + LAST, ...(after === undefined ? {} : { after }) })) {
      if (this.#hooks.isSettled(key.slice(prefix.length + 6))) continue;
      const effect = JSON.parse(value) as Effect;
      if (!shards.has(effect.shard)) continue;
      if (items.length >= query.limit) return { items, cursor: encodeCursor(last.slice(prefix.length)) };
      items.push(effect);
      last = key;
    }
    return { items };
  }

  /** By looking at all of the channel: engines on a store of atomic groups do not ask. */
  undone(actor: ActorId, channel: string): Effect[] {
    const start = packText(channel);
    const found: Effect[] = [];
    for (const { key, value } of this.#trees.effects.entries({ start, end: start + LAST })) {
      if (this.#hooks.isSettled(key.slice(start.length + 6))) continue;
      const effect = JSON.parse(value) as Effect;
      if (effect.actor === actor) found.push(effect);
    }
    return found.sort((a, b) => a.version - b.version || a.n - b.n);
  }

  outboxSize(channel: string): Promise<number> {
    const start = packText(channel);
    return this.#countSliced(this.#trees.effects, { start, end: start + LAST });
  }

  async #countSliced(tree: Tree, range: Range): Promise<number> {
    let total = 0;
    let start: string | undefined = range.start;
    while (start !== undefined) {
      const slice: { count: number; next?: string } = tree.count({ start, end: range.end }, COUNT_SLICE);
      total += slice.count;
      start = slice.next;
      if (start !== undefined) await this.#hooks.pause();
    }
    return total;
  }
}

function timeRange(prefix: string, query: Pick<PageQuery, 'from' | 'to'>): { start: string; end: string } {
  return {
    start: query.from === undefined ? prefix : prefix + packTime(query.from),
    end: query.to === undefined ? prefix + LAST : prefix + pack48(query.to),
  };
}

function parseDue(value: string): DueReminder {
  const [actor, key, name, dueAt, fireAt, shard] = JSON.parse(value) as [ActorId, string, string, number, number, number];
  return { actor, key, shard, name, dueAt, fireAt };
}

function encodeCursor(tail: string): string {
  return Buffer.from(tail, 'latin1').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const tail = Buffer.from(cursor, 'base64url').toString('latin1');
  if (tail.length < 7 || encodeCursor(tail) !== cursor) throw new RefusedError('cursor_invalid', `cursor: is one that a page gave: ${cursor.slice(0, 80)}`);
  return tail;
}
