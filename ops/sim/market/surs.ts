/** Counts what came under each sender unique reference, and tells which reference came with different bytes. */
import { hash } from 'node:crypto';

/** A reference that came more than once with bytes that were not the same. */
export interface Conflict {
  readonly sur: string;
  readonly times: number;
  /** Digests of the different contents, in the order they came. */
  readonly digests: readonly string[];
}

/** Digest of an item's own bytes. */
export function itemDigest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64').slice(0, 16);
}

export class SurLedger {
  /** First digest of each reference. Only a string per reference: there may be millions. */
  readonly #first = new Map<string, string>();
  readonly #times = new Map<string, number>();
  readonly #conflicts = new Map<string, string[]>();

  get size(): number {
    return this.#first.size;
  }

  get repeated(): number {
    return this.#times.size;
  }

  get conflicting(): number {
    return this.#conflicts.size;
  }

  /** Notes one arrival; `same` is false when the bytes differ from those that came first. */
  note(sur: string, digest: string, times = 1): { readonly first: boolean; readonly same: boolean } {
    const known = this.#first.get(sur);
    if (known === undefined) {
      this.#first.set(sur, digest);
      if (times > 1) this.#times.set(sur, times);
      return { first: true, same: true };
    }
    this.#times.set(sur, (this.#times.get(sur) ?? 1) + times);
    if (known === digest) return { first: false, same: true };
    const conflict = this.#conflicts.get(sur);
    if (conflict === undefined) this.#conflicts.set(sur, [known, digest]);
    else if (!conflict.includes(digest)) conflict.push(digest);
    return { first: false, same: false };
  }

  times(sur: string): number {
    return this.#first.has(sur) ? (this.#times.get(sur) ?? 1) : 0;
  }

  digest(sur: string): string | undefined {
    return this.#first.get(sur);
  }

  conflicts(): readonly Conflict[] {
    return [...this.#conflicts].map(([sur, digests]) => ({ sur, times: this.times(sur), digests }));
  }

  *entries(): Generator<{ readonly sur: string; readonly digest: string; readonly times: number; readonly digests: readonly string[] | undefined }> {
    for (const [sur, digest] of this.#first) yield { sur, digest, times: this.#times.get(sur) ?? 1, digests: this.#conflicts.get(sur) };
  }

  clear(): void {
    this.#first.clear();
    this.#times.clear();
    this.#conflicts.clear();
  }
}
