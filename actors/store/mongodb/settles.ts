/**
 * Effects that are done and still stand in their documents: taken out by the next step of their actor, or a little later, many
 * at once. Hidden from readers meanwhile.
 */
import type { ActorId } from '../../../machines/common/effects.ts';
import type { EffectRef } from '../store.ts';
import { type ChoreWorld, doChore } from './chores.ts';
import { effectKey } from './layout.ts';
import { Lazily } from './lazily.ts';
import { settleOf } from './update.ts';

/** An effect that is done is often followed by a step of its actor, which takes the mark along. A mark that a crash loses is an effect done again. */
const DELAY_MS = 1_000;

export class Settles {
  readonly #world: ChoreWorld;
  readonly #waiting = new Map<ActorId, Set<string>>();
  readonly #lazily: Lazily;

  constructor(world: ChoreWorld, onError: (error: unknown) => void) {
    this.#world = world;
    this.#lazily = new Lazily(DELAY_MS, () => this.#write(), onError);
  }

  add(refs: readonly EffectRef[]): void {
    for (const ref of refs) {
      const keys = this.#waiting.get(ref.actor);
      if (keys) keys.add(effectKey(ref));
      else this.#waiting.set(ref.actor, new Set([effectKey(ref)]));
    }
    if (refs.length > 0) this.#lazily.poke();
  }

  has(actor: ActorId, key: string): boolean {
    return this.#waiting.get(actor)?.has(key) === true;
  }

  /** Marks that wait, for the actor's next step to take along. */
  of(actor: ActorId): readonly string[] {
    const keys = this.#waiting.get(actor);
    return keys ? [...keys] : [];
  }

  /** They are out of the document. */
  written(actor: ActorId, keys: readonly string[]): void {
    const waiting = this.#waiting.get(actor);
    if (!waiting) return;
    for (const key of keys) waiting.delete(key);
    if (waiting.size === 0) this.#waiting.delete(actor);
  }

  /** Resolves when all that was settled so far is written. */
  async flush(): Promise<void> {
    while (this.#waiting.size > 0) await this.#lazily.flush();
  }

  stop(): void {
    this.#lazily.stop();
  }

  #write(): Promise<void> {
    return doChore<readonly string[]>(this.#world, this.#waiting.keys(), {
      of: (actor) => (this.#waiting.has(actor) ? this.of(actor) : undefined),
      updateOf: settleOf,
      done: (actor, keys) => this.written(actor, keys),
    });
  }
}
