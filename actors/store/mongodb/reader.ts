/** Reading: documents, slots, look-ups by index, pages. */
import type { Document } from 'mongodb';
import type { ActorId } from '../../../machines/common/effects.ts';
import type { ActorDoc, Page, PageQuery, Slot } from '../store.ts';
import type { Collections } from './collections.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { DOC_FIELDS, decodeDoc, decodeSlot } from './encode.ts';
import { Gather } from './gather.ts';
import { indexed, indexValue, type StoredActor } from './layout.ts';
import { compareText } from './merge.ts';

const FIND_LIMIT = 1_000;
/** Indexes whose values have few documents each: looked up together. */
const NARROW: ReadonlySet<PageQuery['index']> = new Set(['requestId', 'mpan', 'mpanAny', 'sur', 'correlationId', 'requestReference', 'serialNumber']);
/** Documents that values looked up together may have in all; beyond, each is looked up by itself. */
const GATHERED_LIMIT = 5_000;
const TOO_MANY: readonly ActorId[] = [];

export class Reader {
  readonly #collections: Collections;
  readonly #docs: Gather<ActorId, ActorDoc>;
  readonly #slots: Gather<string, Slot>;
  readonly #ids: Gather<string, readonly ActorId[]>;

  constructor(collections: Collections) {
    this.#collections = collections;
    this.#docs = new Gather((ids) => this.#loadDocs(ids));
    this.#slots = new Gather((names) => this.#loadSlots(names));
    this.#ids = new Gather((keys) => this.#loadIds(keys));
  }

  async all(ids: readonly ActorId[]): Promise<(ActorDoc | undefined)[]> {
    if (ids.length === 0) return [];
    const found = await this.#docs.find(ids);
    return ids.map((id) => found.get(id));
  }

  async slot(name: string): Promise<Slot | undefined> {
    const key = indexed(name);
    return (await this.#slots.find([key])).get(key);
  }

  async find(index: Exclude<PageQuery['index'], 'state'>, value: string, limit = FIND_LIMIT): Promise<readonly ActorId[]> {
    if (limit <= 0) return [];
    const key = indexValue(index, value);
    if (!NARROW.has(index)) return this.#findOne(key, limit);
    const ids = (await this.#ids.find([key])).get(key) ?? [];
    return ids === TOO_MANY ? this.#findOne(key, limit) : ids.slice(0, limit);
  }

  async #findOne(key: string, limit: number): Promise<ActorId[]> {
    const found = await this.#collections.actors
      .find({ ix: key } as object)
      .sort({ t: 1, _id: 1 })
      .limit(limit)
      .project<Pick<StoredActor, '_id'>>({ _id: 1 })
      .toArray();
    return found.map(({ _id }) => _id);
  }

  async page(query: PageQuery): Promise<Page<ActorDoc>> {
    const { at, filter } = conditionOf(query);
    const direction = query.order === 'desc' ? -1 : 1;
    const stored = await this.#collections.actors
      .find({ $and: [filter, ...(query.cursor === undefined ? [] : [behind(query.cursor, at, direction)])] } as object)
      .sort({ [at]: direction, _id: direction })
      .limit(query.limit + 1)
      .project<StoredActor>(DOC_FIELDS)
      .toArray();
    const shown = stored.slice(0, query.limit);
    const items = shown.flatMap((one) => decodeDoc(one) ?? []);
    const last = shown.at(-1);
    return stored.length > query.limit && last ? { items, cursor: encodeCursor([last[at], last._id]) } : { items };
  }

  count(query: Pick<PageQuery, 'index' | 'value' | 'from' | 'to'>): Promise<number> {
    return this.#collections.actors.countDocuments(conditionOf(query).filter as object);
  }

  async #loadDocs(ids: readonly ActorId[]): Promise<ReadonlyMap<ActorId, ActorDoc>> {
    const found = new Map<ActorId, ActorDoc>();
    const stored = await this.#collections.actors
      .find({ _id: { $in: [...ids] } })
      .project<StoredActor>(DOC_FIELDS)
      .toArray();
    for (const one of stored) {
      const doc = decodeDoc(one);
      if (doc) found.set(doc.id, doc);
    }
    return found;
  }

  async #loadIds(keys: readonly string[]): Promise<ReadonlyMap<string, readonly ActorId[]>> {
    const rows = await this.#collections.actors
      .find({ ix: { $in: keys } } as object)
      .limit(GATHERED_LIMIT + 1)
      .project<Pick<StoredActor, '_id' | 't' | 'ix'>>({ t: 1, ix: 1 })
      .toArray();
    if (rows.length > GATHERED_LIMIT) return new Map(keys.map((key) => [key, TOO_MANY]));
    rows.sort((a, b) => a.t - b.t || compareText(a._id, b._id));
    const found = new Map<string, ActorId[]>(keys.map((key) => [key, []]));
    for (const { _id, ix } of rows) for (const key of new Set(ix)) found.get(key)?.push(_id);
    return found;
  }

  async #loadSlots(names: readonly string[]): Promise<ReadonlyMap<string, Slot>> {
    const found = new Map<string, Slot>();
    const owners = await this.#collections.actors
      .find({ 'sl.n': { $in: names } } as object)
      .project<Pick<StoredActor, '_id' | 'sl'>>({ sl: 1 })
      .toArray();
    for (const { _id, sl = [] } of owners) for (const slot of sl) found.set(slot.n, decodeSlot(_id, slot));
    return found;
  }
}

function conditionOf({ index, value, from, to }: Pick<PageQuery, 'index' | 'value' | 'from' | 'to'>): { readonly at: 't' | 'si'; readonly filter: Document } {
  const at = index === 'state' ? 'si' : 't';
  const range = { ...(from === undefined ? {} : { $gte: from }), ...(to === undefined ? {} : { $lt: to }) };
  const named = index === 'state' ? { st: value } : { ix: indexValue(index, value) };
  return { at, filter: { ...named, ...(Object.keys(range).length > 0 ? { [at]: range } : {}) } };
}

function behind(cursor: string, at: 't' | 'si', direction: 1 | -1): Document {
  const [instant, id] = decodeCursor<[number, ActorId]>(cursor, ['number', 'string']);
  const beyond = direction === 1 ? '$gt' : '$lt';
  // The first condition gives the index its bound; the second decides within one instant.
  return { [at]: { [`${beyond}e`]: instant }, $or: [{ [at]: { [beyond]: instant } }, { _id: { [beyond]: id } }] };
}
