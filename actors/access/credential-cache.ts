/**
 * What is known of recently used credentials, by hash, bounded in entries.
 *
 * Two generations of half the bound each: what is used is in the young one, a full young one becomes the old one and the former old
 * one is dropped whole. A map from which the first entry is deleted for every one that comes is walked over its holes each time
 * (bench `authenticate`).
 */
export class CredentialCache<T> {
  readonly #half: number;
  #young = new Map<string, T>();
  #old = new Map<string, T>();

  /** @param limit entries in all; 0 keeps nothing */
  constructor(limit: number) {
    this.#half = Math.ceil(limit / 2);
  }

  get(hash: string): T | undefined {
    const young = this.#young.get(hash);
    if (young !== undefined) return young;
    const old = this.#old.get(hash);
    if (old !== undefined) this.set(hash, old);
    return old;
  }

  set(hash: string, entry: T): void {
    if (this.#half === 0) return;
    this.#young.set(hash, entry);
    if (this.#young.size < this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
  }

  delete(hash: string): void {
    this.#young.delete(hash);
    this.#old.delete(hash);
  }

  /** One that is in both generations comes twice, the one in force first. */
  *entries(): Generator<readonly [hash: string, entry: T]> {
    yield* this.#young;
    yield* this.#old;
  }
}
