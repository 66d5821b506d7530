/**
 * History: written with the step into the document's own tail, copied from there to a collection of its own, so that a
 * document stays small. An entry is taken from the tail only once a majority has it in the collection: by the next step
 * of its actor, or a little later.
 *
 *   step ──► tail ──copy──► history      then the entry leaves the tail: with a step, or with many others at once
 */
import type { ActorId, EpochMs } from '../../../machines/common/effects.ts';
import type { ActorDoc, HistoryEntry } from '../store.ts';
import { applyAll } from './bulk.ts';
import { type ChoreWorld, doChore } from './chores.ts';
import { historyId, historyRange, type StoredActor, type StoredEntry } from './layout.ts';
import { Lazily } from './lazily.ts';
import { compareText } from './merge.ts';
import type { PreparedOp } from './prepare.ts';
import { trimOf } from './update.ts';

/** A tail is moved whenever the version passes a multiple of this, so it holds about as many entries at most. Most processes end before. */
const STEPS_PER_MOVE = 16;
/** A step that adds more moves it too: a document is written whole with each of its steps. */
const LARGE_BYTES = 16 * 1024;
const COPY_DELAY_MS = 200;
/** Most actors that are busy take their next step before. */
const TRIM_DELAY_MS = 1_000;
/** Tails copied at once: entries may hold market messages in full. */
const MAX_COPIED = 50;
const LIMIT = 1_000;

type Tail = Pick<StoredActor, '_id' | 'h' | 't'>;

/** Entries that are in the collection, of the life of a document that began at `t`. */
interface Copied {
  readonly t: EpochMs;
  readonly versions: readonly number[];
}

export class Tails {
  readonly #world: ChoreWorld;
  readonly #waiting = new Set<ActorId>();
  readonly #copied = new Map<ActorId, Copied>();
  readonly #copies: Lazily;
  readonly #trims: Lazily;

  constructor(world: ChoreWorld, onError: (error: unknown) => void) {
    this.#world = world;
    this.#copies = new Lazily(COPY_DELAY_MS, () => this.#copy(), onError);
    this.#trims = new Lazily(TRIM_DELAY_MS, () => this.#trim(), onError);
  }

  /** An op was applied. */
  grew({ op, copied, history }: PreparedOp): void {
    const { id } = op.doc;
    if (copied.length > 0) this.#trimmed(id, copied);
    const passes = Math.floor(op.doc.version / STEPS_PER_MOVE) !== Math.floor(op.expectedVersion / STEPS_PER_MOVE);
    if (op.remove || (!passes && bytesOf(history) <= LARGE_BYTES)) return;
    this.#waiting.add(id);
    this.#copies.poke();
  }

  /** Versions that may leave the document's tail: its next step takes them along. */
  copiedOf({ id, createdAt }: Pick<ActorDoc, 'id' | 'createdAt'>): readonly number[] {
    const copied = this.#copied.get(id);
    return copied?.t === createdAt ? copied.versions : [];
  }

  async read(actor: ActorId, { after = 0, limit = LIMIT }: { readonly after?: number; readonly limit?: number } = {}): Promise<HistoryEntry[]> {
    if (limit <= 0) return [];
    const { actors, history } = this.#world.collections;
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

  /** Drops what there is of actors that are removed. Their documents are the caller's to write meanwhile. */
  async drop(actors: readonly ActorId[]): Promise<void> {
    for (const actor of actors) this.#waiting.delete(actor);
    // A copy that has read the tail before the removal must not bring it back.
    await this.#copies.idle();
    for (const actor of actors) this.#copied.delete(actor);
    const filters = [...actors].sort(compareText).map((actor) => ({ deleteMany: { filter: historyRange(actor, 0) } }));
    await this.#world.collections.history.bulkWrite(filters, { ordered: false });
  }

  /** Resolves when nothing of it is under way. */
  async idle(): Promise<void> {
    await Promise.all([this.#copies.idle(), this.#trims.idle()]);
  }

  stop(): void {
    this.#copies.stop();
    this.#trims.stop();
  }

  async #copy(): Promise<void> {
    for (const ids = [...this.#waiting]; ids.length > 0; ) {
      const some = ids.splice(0, MAX_COPIED);
      for (const id of some) this.#waiting.delete(id);
      try {
        await this.#copySome(some);
      } catch (error) {
        for (const id of some) this.#waiting.add(id);
        throw error;
      }
    }
  }

  async #copySome(ids: readonly ActorId[]): Promise<void> {
    const { actors, history } = this.#world.collections;
    const tails = await actors.find<Tail>({ _id: { $in: [...ids] } }, { projection: { h: 1, t: 1 } }).toArray();
    const copies = tails.flatMap(({ _id, h = [] }) => h.map((entry) => copyOf(_id, entry)));
    if (copies.length === 0) return;
    copies.sort((a, b) => compareText(a.replaceOne.filter._id, b.replaceOne.filter._id));
    await applyAll(history, copies);
    for (const { _id, h, t } of tails) if (h) this.#copied.set(_id, { t, versions: h.map(({ v }) => v) });
    this.#trims.poke();
  }

  #trim(): Promise<void> {
    return doChore<Copied>(this.#world, this.#copied.keys(), {
      of: (actor) => this.#copied.get(actor),
      updateOf: ({ versions }) => trimOf(versions),
      filterOf: ({ t }) => ({ t }),
      done: (actor, { versions }) => this.#trimmed(actor, versions),
    });
  }

  #trimmed(actor: ActorId, versions: readonly number[]): void {
    const copied = this.#copied.get(actor);
    const left = copied?.versions.filter((one) => !versions.includes(one)) ?? [];
    if (copied && left.length > 0) this.#copied.set(actor, { ...copied, versions: left });
    else this.#copied.delete(actor);
  }
}

function bytesOf(entries: readonly StoredEntry[]): number {
  return entries.reduce((sum, { d }) => sum + Buffer.byteLength(d), 0);
}

function copyOf(actor: ActorId, { v, d }: StoredEntry) {
  const _id = historyId(actor, v);
  return { replaceOne: { filter: { _id }, replacement: { a: actor, d }, upsert: true } };
}
