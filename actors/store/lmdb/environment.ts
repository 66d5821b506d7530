/**
 * The lmdb environment as ground of a store.
 *
 * How a write is made sure (S1): the environment is opened with `overlappingSync: false`. lmdb's commit then writes the
 * pages, waits for `fdatasync`, writes the meta page through a descriptor opened with `O_DSYNC`, and only then reports. A
 * failed sync aborts the transaction before its meta page exists: nothing of it is ever seen, and because every earlier
 * transaction was synced by its own commit, no page that is in use was waiting for the sync that failed.
 *
 * How a plan is written: as one `batch` of instructions that lmdb's own thread applies in one transaction. An instruction
 * that fails aborts the whole transaction. Transaction callbacks would run on the main thread and commit what was done
 * before they threw; synchronous transactions would split a batch: neither is used.
 */
import { type Database, open, type RootDatabase } from 'lmdb';
import { StoreError } from '../../errors/error.ts';
import { type Ground, type Plan, TREE_NAMES, type TreeName, type Trees } from '../tree/trees.ts';
import { ownWrite, toStoreError } from './errors.ts';
import { decode, keyEncoder, LmdbTree } from './lmdb-tree.ts';
import { Slabs } from './slabs.ts';

/** Documents of 2 to 4 KB fit two to a page; with pages of 4 KB each takes a page of its own beside the tree. */
const PAGE_BYTES = 8_192;
/** How long settled effects gather when no commit comes by to carry them. */
const SETTLE_DELAY_MS = 25;

export interface EnvironmentOptions {
  readonly file: string;
  readonly mapSizeBytes: number;
  /** Called once, when the environment can no longer be used. */
  onFailed(error: StoreError): void;
}

export class LmdbGround implements Ground {
  readonly trees: Trees;
  readonly #root: RootDatabase<string, string>;
  readonly #dbs: Readonly<Record<TreeName, Database<string, string>>>;
  readonly #slabs = new Slabs();
  readonly #onFailed: (error: StoreError) => void;
  #failed: StoreError | undefined;

  /** @throws what lmdb throws; the caller knows what it means. */
  constructor(options: EnvironmentOptions) {
    const encoder = { encode: this.#slabs.encode, decode, copyBuffers: true };
    const codecs = { keyEncoder, encoder };
    this.#onFailed = options.onFailed;
    this.#root = open<string, string>({
      path: options.file,
      noSubdir: true,
      overlappingSync: false,
      eventTurnBatching: false,
      mapSize: options.mapSizeBytes,
      pageSize: PAGE_BYTES,
      maxDbs: TREE_NAMES.length + 3,
      ...codecs,
    });
    const dbs: Partial<Record<TreeName, Database<string, string>>> = {};
    const trees: Partial<Record<TreeName, LmdbTree>> = {};
    for (const name of TREE_NAMES) {
      const named = { name, ...codecs };
      const db = this.#root.openDB<string, string>(named);
      dbs[name] = db;
      trees[name] = new LmdbTree(db);
    }
    this.#dbs = dbs as Record<TreeName, Database<string, string>>;
    this.trees = trees as Record<TreeName, LmdbTree>;
  }

  refresh(): void {
    this.#root.resetReadTxn();
  }

  async write(plan: Plan): Promise<void> {
    if (this.#failed) throw this.#failed;
    try {
      await ownWrite(this.#enqueue(plan));
    } catch (error) {
      this.#probe();
      throw this.#failed ?? error;
    } finally {
      this.#slabs.reset();
    }
  }

  soon(run: () => void): void {
    setImmediate(run);
  }

  later(run: () => void): void {
    setTimeout(run, SETTLE_DELAY_MS).unref();
  }

  pause(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  async copyTo(file: string): Promise<void> {
    await this.#root.backup(file, false);
  }

  async close(): Promise<void> {
    await this.#root.close();
  }

  #enqueue(plan: Plan): Promise<unknown> {
    const { trees, keys, values } = plan;
    let broken: unknown;
    const written = this.#root.batch(() => {
      try {
        for (let i = 0; i < keys.length; i++) {
          const db = this.#dbs[trees[i] as TreeName];
          const value = values[i];
          if (value === undefined) db.remove(keys[i] as string);
          else db.put(keys[i] as string, value);
        }
      } catch (error) {
        broken = error;
      }
    });
    if (broken === undefined) return written;
    // Half a plan is on its way and cannot be called back. Keys are bounded before a plan is made, so this is a bug: stop.
    this.#fail(new StoreError('store_failed', 'store: a batch could not be handed to lmdb whole', { cause: broken }));
    return written.then(() => Promise.reject(this.#failed));
  }

  /** After a failed commit: lmdb refuses everything for good when its meta page could not be written. */
  #probe(): void {
    try {
      this.refresh();
      this.#dbs.meta.get('any');
    } catch (cause) {
      this.#fail(toStoreError(cause));
    }
  }

  #fail(error: StoreError): void {
    if (this.#failed) return;
    this.#failed = error;
    this.#onFailed(error);
  }
}
