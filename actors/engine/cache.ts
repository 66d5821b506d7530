/**
 * Documents of recently used actors with their live snapshots, bounded in entries; the least recently used ones go first.
 *
 * Two generations of half the bound each: what is used is in the young one, a full young one becomes the old one and the
 * former old one is dropped whole. Nothing is moved within a map: a map that is deleted from and added to all the time is
 * built anew again and again (benches `appoint`, `flow`).
 */
import type { ActorId } from '../../machines/common/effects.ts';
import type { ActorDoc } from '../store/store.ts';

interface Kept {
  readonly doc: ActorDoc;
  readonly live: unknown;
}

export class DocCache {
  readonly #half: number;
  #young = new Map<ActorId, Kept>();
  #old = new Map<ActorId, Kept>();

  /** @param limit entries in all; 0 keeps nothing */
  constructor(limit: number) {
    this.#half = Math.ceil(limit / 2);
  }

  get(id: ActorId): ActorDoc | undefined {
    return this.#find(id)?.doc;
  }

  /** The live snapshot that was kept with this very document; undefined when there is none. */
  live(doc: ActorDoc): unknown {
    const kept = this.#find(doc.id);
    return kept?.doc === doc ? kept.live : undefined;
  }

  /** @param live the snapshot that `doc` holds, as its machine knows it */
  set(doc: ActorDoc, live?: unknown): void {
    if (this.#half > 0) this.#keep(doc.id, { doc, live });
  }

  drop(id: ActorId): void {
    this.#young.delete(id);
    this.#old.delete(id);
  }

  /** Forget every document of a shard: somebody else may have changed it. */
  dropShard(shard: number): void {
    for (const generation of [this.#young, this.#old]) for (const [id, { doc }] of generation) if (doc.shard === shard) generation.delete(id);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #find(id: ActorId): Kept | undefined {
    const young = this.#young.get(id);
    if (young) return young;
    const old = this.#old.get(id);
    if (old) this.#keep(id, old);
    return old;
  }

  #keep(id: ActorId, kept: Kept): void {
    this.#young.set(id, kept);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}
