/**
 * History: written with the step into the document's own tail, moved from there to a collection of its own, so that a
 * document stays small. An entry is taken from the tail only once a majority has it in the collection.
 */
import type { ActorId } from '../../../machines/common/effects.ts';
import type { HistoryEntry } from '../store.ts';
import { CHEAP, type Collections } from './collections.ts';
import { historyId, historyRange, type StoredActor, type StoredEntry } from './layout.ts';
import { Lazily } from './lazily.ts';
import type { PreparedOp } from './prepare.ts';
import { trimOf } from './update.ts';

/** A tail is moved whenever the version passes a multiple of this, so it holds about as many entries at most. */
const STEPS_PER_MOVE = 4;
const DELAY_MS = 200;
const LIMIT = 1_000;

type Tail = Pick<StoredActor, '_id' | 'h'>;

export class Tails {
  readonly #collections: Collections;
  readonly #waiting = new Set<ActorId>();
  readonly #lazily: Lazily;

  constructor(collections: Collections, onError: (error: unknown) => void) {
    this.#collections = collections;
    this.#lazily = new Lazily(DELAY_MS, () => this.#move(), onError);
  }

  /** An op was applied. */
  grew({ op }: PreparedOp): void {
    if (op.remove || Math.floor(op.doc.version / STEPS_PER_MOVE) === Math.floor(op.expectedVersion / STEPS_PER_MOVE)) return;
    this.#waiting.add(op.doc.id);
    this.#lazily.poke();
  }

  async read(actor: ActorId, { after = 0, limit = LIMIT }: { readonly after?: number; readonly limit?: number } = {}): Promise<HistoryEntry[]> {
    if (limit <= 0) return [];
    const { actors, history } = this.#collections;
    // The tail first: what moves between both reads is then seen twice, not never.
    const tail = (await actors.findOne<Tail>({ _id: actor }, { projection: { h: 1 } }))?.h ?? [];
    const moved = await history.find(historyRange(actor, after)).sort({ _id: 1 }).limit(limit).toArray();
    const entries = new Map<number, HistoryEntry>();
    for (const { d } of [...moved, ...tail]) {
      const entry = JSON.parse(d) as HistoryEntry;
      if (entry.version > after) entries.set(entry.version, entry);
    }
    return [...entries.values()].sort((a, b) => a.version - b.version).slice(0, limit);
  }

  /** Drops what there is of an actor that is removed. */
  async drop(actors: readonly ActorId[]): Promise<void> {
    for (const actor of actors) this.#waiting.delete(actor);
    // A move that has read the tail before the removal must not bring it back.
    await this.#lazily.idle();
    const { history } = this.#collections;
    await history.bulkWrite(
      actors.map((actor) => ({ deleteMany: { filter: historyRange(actor, 0) } })),
      { ordered: false },
    );
  }

  /** Moves what waits now. */
  flush(): Promise<void> {
    return this.#lazily.flush();
  }

  stop(): void {
    this.#lazily.stop();
  }

  async #move(): Promise<void> {
    const ids = [...this.#waiting];
    if (ids.length === 0) return;
    const { actors, history } = this.#collections;
    const tails = await actors.find<Tail>({ _id: { $in: ids } }, { projection: { h: 1 } }).toArray();
    const full = tails.flatMap(({ _id, h }) => (h ? [{ _id, h }] : []));
    const copies = full.flatMap(({ _id, h }) => h.map((entry) => copyOf(_id, entry)));
    if (copies.length > 0) {
      await history.bulkWrite(copies, { ordered: false });
      const trims = full.map(({ _id, h }) => ({ updateOne: { filter: { _id }, update: trimOf(h.map(({ v }) => v)) } }));
      await actors.bulkWrite(trims, { ordered: false, ...CHEAP });
    }
    for (const id of ids) this.#waiting.delete(id);
  }
}

function copyOf(actor: ActorId, { v, d }: StoredEntry) {
  const _id = historyId(actor, v);
  return { replaceOne: { filter: { _id }, replacement: { a: actor, d }, upsert: true } };
}
