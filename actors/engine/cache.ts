/** Documents of recently used actors, bounded in entries; the least recently used one goes first. */
import type { ActorId } from '../../machines/common/effects.ts';
import type { ActorDoc } from '../store/store.ts';

export class DocCache {
  readonly #limit: number;
  readonly #docs = new Map<ActorId, ActorDoc>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(id: ActorId): ActorDoc | undefined {
    const doc = this.#docs.get(id);
    if (doc) {
      this.#docs.delete(id);
      this.#docs.set(id, doc);
    }
    return doc;
  }

  set(doc: ActorDoc): void {
    if (this.#limit === 0) return;
    this.#docs.delete(doc.id);
    this.#docs.set(doc.id, doc);
    if (this.#docs.size > this.#limit) {
      const oldest = this.#docs.keys().next();
      if (!oldest.done) this.#docs.delete(oldest.value);
    }
  }

  drop(id: ActorId): void {
    this.#docs.delete(id);
  }

  clear(): void {
    this.#docs.clear();
  }

  get size(): number {
    return this.#docs.size;
  }
}
