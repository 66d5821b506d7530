/** Who waits for a line of one group: immediate before overnight, first come first served within each. */
export interface Waiter<T> {
  readonly priority: 'immediate' | 'overnight';
  take(line: T): void;
}

export class WaitingList<T> {
  /** Sets keep their order and forget one of thousands at once. */
  readonly #waiters = { immediate: new Set<Waiter<T>>(), overnight: new Set<Waiter<T>>() };

  get size(): number {
    return this.#waiters.immediate.size + this.#waiters.overnight.size;
  }

  add(waiter: Waiter<T>): void {
    this.#waiters[waiter.priority].add(waiter);
  }

  remove(waiter: Waiter<T>): void {
    this.#waiters[waiter.priority].delete(waiter);
  }

  /** The next one, who no longer waits. */
  shift(): Waiter<T> | undefined {
    for (const waiters of [this.#waiters.immediate, this.#waiters.overnight]) {
      for (const waiter of waiters) {
        waiters.delete(waiter);
        return waiter;
      }
    }
    return undefined;
  }
}
