/**
 * Who writes what, within this process: one write at a time for each document and slot. Two writes that overlap in several
 * documents would wait for each other on the server, each with what the other needs; what never meets there cannot.
 *
 *   commits   wait in line for all their keys at once:   a: [c1, c3]   b: [c1, c2]   c: [c2]
 *   chores    take only what nobody has or waits for, and never wait with something in hand
 *
 * Invariants
 * - T1 A key has one holder; who asked first has it first.
 * - T2 A request enters all its lines in one go. So of two that overlap, one is before the other in every line they share.
 */
interface Request {
  readonly keys: ReadonlySet<string>;
  /** Lines in which others are before it. */
  blocked: number;
  readonly go: () => void;
}

export interface Turn {
  /** Gives all of it back. */
  end(): void;
}

export class Turns {
  readonly #lines = new Map<string, Request[]>();
  #change: PromiseWithResolvers<void> | undefined;

  /** Waits until all of it is free. */
  async take(keys: Iterable<string>): Promise<Turn> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const request: Request = { keys: new Set(keys), blocked: 0, go: resolve };
    for (const key of request.keys) if (this.#join(key, request)) request.blocked++;
    if (request.blocked > 0) await promise;
    return { end: () => this.#end(request) };
  }

  /** Those that are free now, at most `limit`. */
  takeFree<K extends string>(keys: Iterable<K>, limit: number): Turn & { readonly keys: ReadonlySet<K> } {
    const free = new Set<K>();
    for (const key of keys) {
      if (free.size >= limit) break;
      if (!this.#lines.has(key)) free.add(key);
    }
    const request: Request = { keys: free, blocked: 0, go: () => {} };
    for (const key of free) this.#join(key, request);
    return { keys: free, end: () => this.#end(request) };
  }

  /** Resolves when a turn ends. */
  changed(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  /** Tells whether others are before it. */
  #join(key: string, request: Request): boolean {
    const line = this.#lines.get(key);
    if (line) line.push(request);
    else this.#lines.set(key, [request]);
    return line !== undefined;
  }

  #end({ keys }: Request): void {
    for (const key of keys) {
      const line = this.#lines.get(key);
      line?.shift();
      const next = line?.[0];
      if (!next) this.#lines.delete(key);
      else if (--next.blocked === 0) next.go();
    }
    // Who ends with nothing in hand tells nobody: two that wait would wake each other for ever.
    if (keys.size === 0) return;
    this.#change?.resolve();
    this.#change = undefined;
  }
}
