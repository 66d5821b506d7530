/**
 * The store in memory, for simulations and tests: same rules, no clock, no timers, no threads; everything happens in
 * microtasks, so a run is the same each time.
 *
 * A `MemoryDisk` is what survives: drop the store as a crash would (`abandon`) and open another on the same disk.
 */
import { StoreError } from '../../errors/error.ts';
import type { StoreFaults } from '../faults.ts';
import type { StoreHealth } from '../store.ts';
import { TreeStore } from '../tree/tree-store.ts';
import { type Ground, type Plan, TREE_NAMES, type TreeName, type Trees } from '../tree/trees.ts';
import { SortedTree } from './sorted-tree.ts';

/** Committed state. */
export class MemoryDisk {
  readonly trees: Readonly<Record<TreeName, SortedTree>>;

  constructor() {
    const trees: Partial<Record<TreeName, SortedTree>> = {};
    for (const name of TREE_NAMES) trees[name] = new SortedTree();
    this.trees = trees as Record<TreeName, SortedTree>;
  }
}

export interface MemoryStoreOptions {
  /** What an earlier store left; a new one unless given. */
  readonly disk?: MemoryDisk;
  /** False: every op stands for itself, as with MongoDB; a group is applied in order up to the first op that does not hold. */
  readonly atomicGroups?: boolean;
  readonly faults?: StoreFaults;
  /** Stands for the disk watch; asked at every commit. */
  readonly health?: () => StoreHealth;
}

export function openMemoryStore(options: MemoryStoreOptions = {}): TreeStore {
  const health = options.health ?? ((): StoreHealth => ({ writable: true, text: 'ok' }));
  return new TreeStore(new MemoryGround(options.disk ?? new MemoryDisk()), {
    name: 'memory',
    atomicGroups: options.atomicGroups ?? true,
    faults: options.faults,
    health,
    failed: () => undefined,
    refusesNew: () => {
      const { writable, text } = health();
      return writable ? undefined : text;
    },
    backup: () => Promise.reject(new StoreError('backup_failed', 'backup: is not offered by the store in memory', { retry: 'never' })),
    release: () => Promise.resolve(),
  });
}

class MemoryGround implements Ground {
  readonly trees: Trees;
  readonly #disk: MemoryDisk;

  constructor(disk: MemoryDisk) {
    this.trees = disk.trees;
    this.#disk = disk;
  }

  refresh(): void {}

  async write({ trees, keys, values }: Plan): Promise<void> {
    for (const [i, key] of keys.entries()) {
      const tree = this.#disk.trees[trees[i] as TreeName];
      const value = values[i];
      if (value === undefined) tree.remove(key);
      else tree.put(key, value);
    }
  }

  soon(run: () => void): void {
    queueMicrotask(run);
  }

  later(run: () => void): void {
    queueMicrotask(run);
  }

  pause(): Promise<void> {
    return Promise.resolve();
  }
}
