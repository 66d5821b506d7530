/**
 * One ordered walk over several lists of an index (the requests of a supplier are listed by status), slice by slice, from any
 * position it was left at.
 */
import type { StoreReader } from '../../actors/engine/face.ts';
import type { ActorDoc, PageQuery } from '../../actors/store/store.ts';

/** Where one list stands: the cursor its current slice was read with, and how many of that slice are used up. */
interface ListPosition {
  readonly cursor: string | undefined;
  readonly used: number;
}

/** Where a walk stands. */
export type Position = readonly ListPosition[];

export interface WalkQuery {
  readonly index: PageQuery['index'];
  readonly values: readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly order: 'asc' | 'desc';
}

interface List {
  readonly value: string;
  cursor: string | undefined;
  used: number;
  items: readonly ActorDoc[] | undefined;
  next: string | undefined;
}

const SLICE = 200;

export class Walk {
  readonly #reader: StoreReader;
  readonly #query: WalkQuery;
  readonly #lists: readonly List[];
  readonly #slice: number;

  /** @param slice documents read at once from each list */
  constructor(reader: StoreReader, query: WalkQuery, start?: Position, slice = SLICE) {
    this.#reader = reader;
    this.#query = query;
    this.#slice = slice;
    this.#lists = query.values.map((value, i) => ({ value, cursor: start?.[i]?.cursor, used: start?.[i]?.used ?? 0, items: undefined, next: undefined }));
  }

  /** How many documents the whole walk has. */
  async total(): Promise<number> {
    const counts = await Promise.all(this.#query.values.map((value) => this.#reader.count({ ...this.#range(), index: this.#query.index, value })));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  position(): Position {
    return this.#lists.map(({ cursor, used }) => ({ cursor, used }));
  }

  /** The next document, undefined at the end. */
  async next(): Promise<ActorDoc | undefined> {
    let best: List | undefined;
    let bestDoc: ActorDoc | undefined;
    for (const list of this.#lists) {
      const doc = await this.#head(list);
      if (doc && (!bestDoc || this.#precedes(doc, bestDoc))) {
        best = list;
        bestDoc = doc;
      }
    }
    if (best) best.used += 1;
    return bestDoc;
  }

  /** At most `count` documents. */
  async take(count: number): Promise<ActorDoc[]> {
    const docs: ActorDoc[] = [];
    while (docs.length < count) {
      const doc = await this.next();
      if (!doc) break;
      docs.push(doc);
    }
    return docs;
  }

  async #head(list: List): Promise<ActorDoc | undefined> {
    list.items ??= await this.#read(list);
    while (list.used >= list.items.length && list.next !== undefined) {
      list.cursor = list.next;
      list.used = 0;
      list.items = await this.#read(list);
    }
    return list.items[list.used];
  }

  async #read(list: List): Promise<readonly ActorDoc[]> {
    const page = await this.#reader.page({
      ...this.#range(),
      index: this.#query.index,
      value: list.value,
      order: this.#query.order,
      limit: this.#slice,
      ...(list.cursor === undefined ? {} : { cursor: list.cursor }),
    });
    list.next = page.cursor;
    return page.items;
  }

  #range(): { readonly from?: number; readonly to?: number } {
    const { from, to } = this.#query;
    return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
  }

  #precedes(a: ActorDoc, b: ActorDoc): boolean {
    const sign = this.#query.order === 'asc' ? 1 : -1;
    if (a.createdAt !== b.createdAt) return (a.createdAt - b.createdAt) * sign < 0;
    return this.#query.order === 'asc' ? a.id < b.id : a.id > b.id;
  }
}
