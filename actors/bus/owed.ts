/** What is to be announced again, shard by shard. Among many nodes each tells of the shards that it serves; what nobody has told stays owed. */
import Type, { type Static } from 'typebox';
import type { EpochMs } from '../../machines/common/effects.ts';

/** As it is kept, and asked of other nodes: events of [from, to) of these shards. */
export const LostSchema = Type.Object({ from: Type.Number(), to: Type.Number(), shards: Type.Array(Type.Integer({ minimum: 0 })) });
export type Lost = Static<typeof LostSchema>;

/** The part of this node among many. */
export interface OwnPart {
  /** Whether it tells of a shard now: nobody else does. */
  serves(shard: number): boolean;
  /** Ask all other nodes to tell what of this they serve. Resolves with the shards of which they have. */
  others(lost: Lost): Promise<readonly number[]>;
}

/** A second question about what was just told needs no second telling. */
const TOLD_MS = 300_000;

export class Owed {
  readonly #monotonic: () => number;
  readonly #shards = new Set<number>();
  /** Shards that were told, each with the instant. */
  readonly #told = new Map<number, number>();
  #from: EpochMs = 0;
  #to: EpochMs = 0;

  constructor(monotonic: () => number) {
    this.#monotonic = monotonic;
  }

  get isEmpty(): boolean {
    return this.#shards.size === 0;
  }

  has(shard: number): boolean {
    return this.#shards.has(shard);
  }

  /** Of all that was found to be lost. */
  get lost(): Lost | undefined {
    return this.isEmpty ? undefined : { from: this.#from, to: this.#to, shards: [...this.#shards] };
  }

  /** A loss; what was told of before is owed again. */
  add({ from, to, shards }: Lost): void {
    this.#from = this.isEmpty ? from : Math.min(from, this.#from);
    this.#to = this.isEmpty ? to : Math.max(to, this.#to);
    for (const shard of shards) {
      this.#shards.add(shard);
      this.#told.delete(shard);
    }
  }

  told(shards: Iterable<number>): void {
    for (const shard of shards) {
      this.#shards.delete(shard);
      this.#told.set(shard, this.#monotonic());
    }
  }

  /** Another node has told of them. */
  drop(shards: Iterable<number>): void {
    for (const shard of shards) this.#shards.delete(shard);
  }

  isTold(shard: number): boolean {
    const at = this.#told.get(shard);
    return at !== undefined && this.#monotonic() - at < TOLD_MS;
  }
}
