/**
 * Look-ups made as one query: those of the same turn of the event loop, and while `lanes` queries are under way, all that
 * come meanwhile. So a busy server gets fewer and larger ones.
 */
interface Batch<K, V> {
  readonly keys: Set<K>;
  readonly answer: PromiseWithResolvers<ReadonlyMap<K, V>>;
}

export class Gather<K, V> {
  readonly #load: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>;
  readonly #lanes: number;
  #waiting: Batch<K, V> | undefined;
  #underWay = 0;
  #planned = false;

  constructor(load: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>, lanes = 2) {
    this.#load = load;
    this.#lanes = lanes;
  }

  /** What was found, by key. */
  find(keys: readonly K[]): Promise<ReadonlyMap<K, V>> {
    this.#waiting ??= { keys: new Set(), answer: Promise.withResolvers() };
    for (const key of keys) this.#waiting.keys.add(key);
    this.#plan();
    return this.#waiting.answer.promise;
  }

  #plan(): void {
    if (this.#planned || this.#underWay >= this.#lanes || !this.#waiting) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    const batch = this.#waiting;
    if (!batch) return;
    this.#waiting = undefined;
    this.#underWay++;
    try {
      batch.answer.resolve(await this.#load([...batch.keys]));
    } catch (error) {
      batch.answer.reject(error);
    } finally {
      this.#underWay--;
      this.#plan();
    }
  }
}
