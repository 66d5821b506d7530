/** A binary heap by due time. An entry that was scheduled anew is left where it is and passed over when it comes up. */
export class DueQueue<T> {
  readonly #heap: { readonly due: number; readonly item: T }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest due time, infinite when empty. */
  get next(): number {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY;
  }

  push(due: number, item: T): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push({ due, item });
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as { due: number; item: T };
      if (above.due <= due) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = { due, item };
  }

  /** Takes the earliest entry that is due at `now`. */
  take(now: number): T | undefined {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined || top.due > now) return undefined;
    const last = heap.pop() as { due: number; item: T };
    if (heap.length > 0) this.#sink(last);
    return top.item;
  }

  #sink(last: { readonly due: number; readonly item: T }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      const right = heap[child + 1];
      if (right !== undefined && right.due < (heap[child] as { due: number }).due) child += 1;
      const below = heap[child] as { due: number; item: T };
      if (below.due >= last.due) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
  }
}
