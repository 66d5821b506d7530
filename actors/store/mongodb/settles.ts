/**
 * Effects that are done and still stand in their documents: taken out by the next step of their actor, or a little later, many
 * at once. Hidden from readers meanwhile.
 */
import type { ActorId } from '../../../machines/common/effects.ts';
import type { EffectRef } from '../store.ts';
import { CHEAP, type Collections } from './collections.ts';
import { effectKey } from './layout.ts';
import { Lazily } from './lazily.ts';
import { settleOf } from './update.ts';

/** An effect that is done is often followed by a step of its actor at once. A mark that a crash loses is an effect done again. */
const DELAY_MS = 100;

type Marks = Map<ActorId, Set<string>>;

export class Settles {
  readonly #collections: Collections;
  #waiting: Marks = new Map();
  #flying: Marks = new Map();
  readonly #lazily: Lazily;

  constructor(collections: Collections, onError: (error: unknown) => void) {
    this.#collections = collections;
    this.#lazily = new Lazily(DELAY_MS, () => this.#write(), onError);
  }

  add(refs: readonly EffectRef[]): void {
    for (const ref of refs) put(this.#waiting, ref.actor, effectKey(ref));
    if (refs.length > 0) this.#lazily.poke();
  }

  has(actor: ActorId, key: string): boolean {
    return this.#waiting.get(actor)?.has(key) === true || this.#flying.get(actor)?.has(key) === true;
  }

  /** Marks that wait, for the actor's next step to take along. */
  of(actor: ActorId): readonly string[] {
    const keys = this.#waiting.get(actor);
    return keys ? [...keys] : [];
  }

  /** A step took them along. */
  written(actor: ActorId, keys: readonly string[]): void {
    const waiting = this.#waiting.get(actor);
    if (!waiting) return;
    for (const key of keys) waiting.delete(key);
    if (waiting.size === 0) this.#waiting.delete(actor);
  }

  /** Resolves when all that was settled so far is written. */
  async flush(): Promise<void> {
    while (this.#waiting.size > 0 || this.#flying.size > 0) await this.#lazily.flush();
  }

  stop(): void {
    this.#lazily.stop();
  }

  async #write(): Promise<void> {
    if (this.#waiting.size === 0) return;
    this.#flying = this.#waiting;
    this.#waiting = new Map();
    try {
      const writes = [...this.#flying].map(([_id, keys]) => ({ updateOne: { filter: { _id }, update: settleOf([...keys]) } }));
      await this.#collections.actors.bulkWrite(writes, { ordered: false, ...CHEAP });
    } catch (error) {
      for (const [actor, keys] of this.#flying) for (const key of keys) put(this.#waiting, actor, key);
      throw error;
    } finally {
      this.#flying = new Map();
    }
  }
}

function put(marks: Marks, actor: ActorId, key: string): void {
  const keys = marks.get(actor);
  if (keys) keys.add(key);
  else marks.set(actor, new Set([key]));
}
