/**
 * Which shards this engine serves. One process alone serves all of them for ever; in a cluster they come and go with their
 * leases (architecture, section 4).
 *
 *   (not ours) ──open──► open ──close──► closing ──drop──► (not ours)
 *                          └────────────lose──────────────►
 *
 * Invariants
 * - H1 Nothing is committed for a shard without an epoch that is valid now.
 * - H2 A closing shard takes nothing from callers; what is under way is still committed.
 */

/** The holder of leases as the engine sees it. */
export interface Leases {
  /** Epoch of a shard that may be written now; undefined when it is not ours, or when its lease is not valid any more by our own clock. */
  epochOf(shard: number): number | undefined;
  /** A commit met a higher epoch in the store: somebody else wrote under it, or the leases were lost with their NATS. */
  overtaken(shard: number, storedEpoch: number): void;
}

/** Epoch of an engine that is alone. */
const ALONE = 0;

export class OwnShards {
  readonly #leases: Leases | undefined;
  readonly #stand = new Map<number, 'open' | 'closing'>();
  #list: readonly number[];

  /** Without leases all shards are open from the beginning. */
  constructor(count: number, leases?: Leases) {
    this.#leases = leases;
    this.#list = leases ? [] : Array.from({ length: count }, (_, shard) => shard);
  }

  /** Shards whose undone work is looked for. */
  get list(): readonly number[] {
    return this.#list;
  }

  /** Whether callers are heard. */
  serves(shard: number): boolean {
    return !this.#leases || this.#stand.get(shard) === 'open';
  }

  /** Under which epoch the shard may be written now, if it may. */
  epochOf(shard: number): number | undefined {
    if (!this.#leases) return ALONE;
    return this.#stand.has(shard) ? this.#leases.epochOf(shard) : undefined;
  }

  overtaken(shard: number, storedEpoch: number): void {
    this.#leases?.overtaken(shard, storedEpoch);
  }

  open(shard: number): void {
    this.#set(shard, 'open');
  }

  closing(shard: number): void {
    if (this.#stand.has(shard)) this.#set(shard, 'closing');
  }

  drop(shard: number): void {
    this.#set(shard, undefined);
  }

  #set(shard: number, stand: 'open' | 'closing' | undefined): void {
    if (stand) this.#stand.set(shard, stand);
    else this.#stand.delete(shard);
    this.#list = [...this.#stand].flatMap(([own, how]) => (how === 'open' ? [own] : [])).sort((a, b) => a - b);
  }
}
