/** How far one subscription is, over connections: where it resumes, and what it has had already. */
import type { Event, Snapshot } from './frames.ts';

/** Actors whose last event is remembered. */
const REMEMBERED = 10_000;
/** More events than one step has; a snapshot has all of its step. */
const PLACES = 1_024;

export class Position {
  #seq: number | undefined;
  readonly #ranks = new Map<string, number>();

  /** @param after last sequence that is known from before */
  constructor(after?: number) {
    this.#seq = after;
  }

  /** Last sequence that is complete; undefined: a snapshot is needed. */
  get seq(): number | undefined {
    return this.#seq;
  }

  /** Begin anew: sequences of before mean nothing. */
  forget(): void {
    this.#seq = undefined;
    this.#ranks.clear();
  }

  snapshot({ seq, items, more }: Snapshot): void {
    for (const { actor, actorVersion } of items) this.#remember(actor, actorVersion * PLACES + PLACES - 1);
    // Before its last frame it is not complete.
    if (!more) this.#seq = seq;
  }

  /** False for what came before. */
  event({ seq, actor, actorVersion, n }: Event): boolean {
    if (this.#seq !== undefined && seq <= this.#seq) return false;
    this.#seq = seq;
    // Nodes tell of each other, each with a count of its own.
    if (actor.startsWith('node:')) return true;
    const rank = actorVersion * PLACES + n;
    if (rank <= (this.#ranks.get(actor) ?? -1)) return false;
    this.#remember(actor, rank);
    return true;
  }

  #remember(actor: string, rank: number): void {
    const before = this.#ranks.get(actor) ?? -1;
    this.#ranks.delete(actor);
    this.#ranks.set(actor, Math.max(rank, before));
    if (this.#ranks.size <= REMEMBERED) return;
    for (const oldest of this.#ranks.keys()) {
      this.#ranks.delete(oldest);
      return;
    }
  }
}
