/**
 * What the ordered-tree store needs of the ground it stands on: nine ordered maps from binary string to text, read at one
 * moment, and a way to write many changes as one transaction. LMDB is one ground, sorted arrays in memory the other.
 */
export const TREE_NAMES = ['docs', 'index', 'slots', 'expiry', 'due', 'effects', 'history', 'counts', 'meta'] as const;
export type TreeName = (typeof TREE_NAMES)[number];

/** Half-open: `start <= key < end`. `after` moves the start behind a key (or, in reverse, the end before it). */
export interface Range {
  readonly start: string;
  readonly end: string;
  readonly after?: string;
  readonly reverse?: boolean;
}

export interface Entry {
  readonly key: string;
  readonly value: string;
}

export interface Tree {
  get(key: string): string | undefined;
  /** The first characters of a value (at least `HEAD_LENGTH`): enough for the head of a document, without reading its body. */
  head(key: string): string | undefined;
  /** All iterators see the moment at which they were asked for their first element, however long they run. */
  keys(range: Range): Iterable<string>;
  entries(range: Range): Iterable<Entry>;
  /** Counts at most `limit` keys; `next` is where to go on. */
  count(range: Range, limit: number): { readonly count: number; readonly next?: string };
}

export type Trees = Readonly<Record<TreeName, Tree>>;

/** Changes in the order in which they are made; kept as columns because it is filled some twenty times per document. */
export class Plan {
  readonly trees: TreeName[] = [];
  readonly keys: string[] = [];
  /** Undefined removes the key. */
  readonly values: (string | undefined)[] = [];

  get size(): number {
    return this.keys.length;
  }

  put(tree: TreeName, key: string, value: string): void {
    this.trees.push(tree);
    this.keys.push(key);
    this.values.push(value);
  }

  remove(tree: TreeName, key: string): void {
    this.trees.push(tree);
    this.keys.push(key);
    this.values.push(undefined);
  }
}

/** The ground of a store. */
export interface Ground {
  readonly trees: Trees;
  /** Makes later reads see everything written so far. */
  refresh(): void;
  /** All or nothing. Resolves when it is on stable storage; rejects with `StoreError` when nothing of it was applied. */
  write(plan: Plan): Promise<void>;
  /** Runs something soon, after what else wants to be in the same batch. */
  soon(run: () => void): void;
  /** Runs something after a short while; used to gather what nobody waits for. */
  later(run: () => void): void;
  /** Lets others run between two slices of a long read. */
  pause(): Promise<void>;
}
