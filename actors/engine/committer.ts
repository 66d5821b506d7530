/**
 * Group commit: what all keys want to write in the same turn of the event loop crosses to the store as one batch, and while
 * that batch is being synced the next one gathers.
 *
 *   keys ──group──► waiting ──► store.commit([g1 … gn]) ──► outcomes
 *                      ▲                  │
 *                      └── gathers while ─┘ at most `pipeline` batches are under way
 *
 * Invariants
 * - G1 A group's promise resolves only with the store's word for it: `ok` means synced.
 * - G2 Groups of one key are never under way twice (the mailbox sees to it), so batches need no order among each other.
 */
import { StoreError } from '../errors/error.ts';
import type { CommitGroup, CommitOutcome, Store } from '../store/store.ts';
import type { Clock } from './ports.ts';

interface Waiting {
  readonly group: CommitGroup;
  readonly resolve: (outcome: CommitOutcome) => void;
  readonly reject: (error: unknown) => void;
}

export class Committer {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #maxGroups: number;
  readonly #pipeline: number;
  #waiting: Waiting[] = [];
  #underWay = 0;
  #planned = false;
  #idle: (() => void)[] = [];

  constructor(store: Store, clock: Clock, maxGroups: number, pipeline = 2) {
    this.#store = store;
    this.#clock = clock;
    this.#maxGroups = maxGroups;
    this.#pipeline = pipeline;
  }

  /** Resolves once the group is synced, or with what did not hold; rejects when the store failed. */
  commit(group: CommitGroup): Promise<CommitOutcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ group, resolve, reject });
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#planned || this.#underWay >= this.#pipeline || this.#waiting.length === 0) return;
    this.#planned = true;
    this.#clock.soon(() => {
      this.#planned = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#underWay >= this.#pipeline || this.#waiting.length === 0) return;
    const batch = this.#waiting.splice(0, this.#maxGroups);
    this.#underWay++;
    try {
      const outcomes = await this.#store.commit(batch.map((waiting) => waiting.group));
      for (const [i, waiting] of batch.entries()) {
        const outcome = outcomes[i];
        if (outcome) waiting.resolve(outcome);
        else waiting.reject(new Error('store: answered fewer outcomes than groups'));
      }
    } catch (error) {
      this.#failed(batch, error);
    } finally {
      this.#underWay--;
      this.#plan();
      if (this.#underWay === 0 && this.#waiting.length === 0) for (const done of this.#idle.splice(0)) done();
    }
  }

  /** The reserve of disk space refuses only groups that make something new, and a document may be unfit to be stored; the others go again without them. */
  #failed(batch: readonly Waiting[], error: unknown): void {
    const refused = error instanceof StoreError ? (error.details.groups as readonly number[] | undefined) : undefined;
    const again: Waiting[] = [];
    for (const [i, waiting] of batch.entries()) {
      if (refused && !refused.includes(i)) again.push(waiting);
      else waiting.reject(error);
    }
    this.#waiting.unshift(...again);
  }

  get busy(): boolean {
    return this.#underWay > 0 || this.#waiting.length > 0;
  }

  /** Resolves when nothing waits and nothing is under way. */
  settled(): Promise<void> {
    if (this.#underWay === 0 && this.#waiting.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
