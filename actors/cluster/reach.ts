/**
 * Whether another node can be expected to answer, as far as this one knows: what cannot be answered is not sent, so that whoever asked
 * hears at once, and for certain, that nothing was done.
 *
 * A node that is gone is told from one that is frozen by the NATS server: of the first it says that nobody listens, and what waits for its
 * shards then goes to the next owner; the second takes what is sent and is silent.
 */
import type { Clock } from '../engine/ports.ts';
import type { NodeId } from './contract.ts';

/** An owner that missed more than one renewal. */
export interface LateOwner {
  readonly node: NodeId;
  /** Since it was heard of last, milliseconds. */
  readonly silentMs: number;
}

export interface ReachSetup {
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Why NATS cannot be relied on now; null while its answers come. */
  readonly problem: () => string | null;
  readonly ownerOf: (shard: number) => NodeId | null;
  readonly lateOwnerOf: (shard: number) => LateOwner | undefined;
}

export class Reach {
  readonly #setup: ReachSetup;
  /** When the NATS server said last that nobody listens for a shard of theirs. */
  readonly #goneAt = new Map<NodeId, number>();

  constructor(setup: ReachSetup) {
    this.#setup = setup;
  }

  /** Why nothing should be sent for a shard of another node; undefined: it may be. */
  problemWith(shard: number): string | undefined {
    const problem = this.#setup.problem();
    if (problem !== null) return problem;
    const late = this.#setup.lateOwnerOf(shard);
    if (!late) return undefined;
    const goneAt = this.#goneAt.get(late.node);
    if (goneAt !== undefined && goneAt > this.#setup.clock.monotonic() - late.silentMs) return undefined;
    return `shard: its owner ${late.node} was not heard of for ${Math.round(late.silentMs)} ms`;
  }

  /** Nobody is subscribed for a shard. */
  nobody(shard: number): void {
    const owner = this.#setup.ownerOf(shard);
    if (owner !== null) this.#goneAt.set(owner, this.#setup.clock.monotonic());
  }
}
