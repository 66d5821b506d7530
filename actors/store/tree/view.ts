/** The trees as a batch in the making sees them: its own changes first. */
import type { ActorDoc, Slot } from '../store.ts';
import type { Trees } from './trees.ts';

export interface Touched {
  readonly version: number;
  readonly epoch: number;
  readonly commitTag: string;
  /** Null: removed. */
  readonly doc: ActorDoc | null;
}

export class View {
  /** By packed id. */
  readonly docs = new Map<string, Touched>();
  /** By packed name; null: free. */
  readonly slots = new Map<string, Slot | null>();
  readonly #trees: Trees;
  readonly #parent: View | undefined;

  constructor(trees: Trees, parent?: View) {
    this.#trees = trees;
    this.#parent = parent;
  }

  touched(packedId: string): Touched | undefined {
    return this.docs.get(packedId) ?? this.#parent?.touched(packedId);
  }

  head(packedId: string): string | undefined {
    return this.#trees.docs.head(packedId);
  }

  text(packedId: string): string | undefined {
    return this.#trees.docs.get(packedId);
  }

  slot(packed: string): Slot | null {
    const own = this.slots.get(packed);
    if (own !== undefined) return own;
    if (this.#parent) return this.#parent.slot(packed);
    const row = this.#trees.slots.get(packed);
    return row === undefined ? null : (JSON.parse(row) as Slot);
  }

  /** Hands its changes to the parent. */
  merge(): void {
    if (!this.#parent) return;
    for (const [packedId, touched] of this.docs) this.#parent.docs.set(packedId, touched);
    for (const [packed, slot] of this.slots) this.#parent.slots.set(packed, slot);
  }
}
