/**
 * What waits for one shard at the router, by key.
 *
 *   ready ─► [key A: m1 m2] under way: m0      a key has what is under way in one place only;
 *            [key B: m1]    under way: –       the rest of it waits until all of that is answered
 *
 * Invariant
 * - L1 Commands of one key are handed over in the order in which they came, whatever was bounced meanwhile.
 */
import type { Command } from '../engine/definition.ts';
import type { Timer } from '../engine/ports.ts';

export interface Entry {
  readonly command: Command;
  readonly take: boolean;
  readonly lane: Lane;
  /** Rises with every command that came. */
  readonly order: number;
  readonly deadlineAt: number;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
  /** As it is on the wire. */
  readonly text: string;
  state: 'waiting' | 'under way' | 'settled';
  /** Under way in the engine of this node. */
  here: boolean;
  /** Another node may have run it. */
  reached: boolean;
}

interface KeyQueue {
  readonly key: string;
  /** In order. */
  readonly waiting: Entry[];
  under: number;
}

export class Lane {
  readonly shard: number;
  readonly #keys = new Map<string, KeyQueue>();
  readonly #ready = new Set<KeyQueue>();
  /** Waiting and under way. */
  size = 0;
  /** Somebody will look at it before long. */
  scheduled = false;
  pause: Timer | undefined;
  /** In a row. */
  bounces = 0;
  /** Another cluster hears what is sent, and nobody of ours has answered since: its words. */
  stranger: string | undefined;

  constructor(shard: number) {
    this.shard = shard;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** A new one, or one that was bounced: it takes the place of its order. */
  add(entry: Entry): void {
    const { key } = entry.command;
    let queue = this.#keys.get(key);
    if (!queue) {
      queue = { key, waiting: [], under: 0 };
      this.#keys.set(key, queue);
    }
    const { waiting } = queue;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1]?.order ?? 0) > entry.order) at--;
    waiting.splice(at, 0, entry);
    entry.state = 'waiting';
    this.size++;
    if (queue.under === 0) this.#ready.add(queue);
  }

  /** The next that may be handed over, as long as `fits` says yes; they are under way from then on. */
  next(fits: (entry: Entry) => boolean): Entry[] {
    const taken: Entry[] = [];
    for (const queue of this.#ready) {
      for (let entry = queue.waiting[0]; entry; entry = queue.waiting[0]) {
        if (!fits(entry)) {
          if (queue.under > 0) this.#ready.delete(queue);
          return taken;
        }
        queue.waiting.shift();
        entry.state = 'under way';
        queue.under++;
        taken.push(entry);
      }
      this.#ready.delete(queue);
    }
    return taken;
  }

  get isReady(): boolean {
    return this.#ready.size > 0;
  }

  /** It is not here any more. Returns whether something of its key may go on. */
  remove(entry: Entry): boolean {
    const { key } = entry.command;
    const queue = this.#keys.get(key);
    if (!queue || entry.state === 'settled') return false;
    if (entry.state === 'under way') queue.under--;
    else queue.waiting.splice(queue.waiting.indexOf(entry), 1);
    this.size--;
    if (queue.waiting.length === 0) {
      this.#ready.delete(queue);
      if (queue.under === 0) this.#keys.delete(key);
      return false;
    }
    if (queue.under === 0) this.#ready.add(queue);
    return queue.under === 0;
  }

  /** What is not under way, in no order. */
  waiting(): Entry[] {
    return [...this.#keys.values()].flatMap(({ waiting }) => waiting);
  }
}
