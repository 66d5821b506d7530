/** Shards that failed on every node: one node of all tells of them, and tells when they are served again. */
import type { FailedShard, NodeId } from './contract.ts';

export interface ParkingNode {
  readonly id: NodeId;
  readonly state: 'up' | 'draining';
  readonly failed: readonly FailedShard[];
}

/** Shards that no node serves and that each node that is up has failed to open, with the first one's reason. */
export function parkedShards(nodes: readonly ParkingNode[], isServed: (shard: number) => boolean): ReadonlyMap<number, string> {
  const up = nodes.filter(({ state }) => state === 'up').sort((a, b) => (a.id < b.id ? -1 : 1));
  const [first, ...rest] = up;
  const found = new Map<number, string>();
  for (const { shard, reason } of first?.failed ?? [])
    if (!isServed(shard) && rest.every(({ failed }) => failed.some((one) => one.shard === shard))) found.set(shard, reason);
  return found;
}

/** Whose word it is to tell of what concerns all: the first by name. */
export function spokesman(nodes: readonly ParkingNode[]): NodeId | undefined {
  return nodes.map(({ id }) => id).sort()[0];
}

export interface ParkedNews {
  onParked(shard: number, reason: string): void;
  onUnparked(shard: number): void;
}

/** Remembers what is parked on every node, so that whoever speaks next knows what was said. */
export class Parked {
  readonly #news: ParkedNews;
  #parked: ReadonlyMap<number, string> = new Map();
  #spoke = false;

  constructor(news: ParkedNews) {
    this.#news = news;
  }

  reasonOf(shard: number): string | null {
    return this.#parked.get(shard) ?? null;
  }

  update(parked: ReadonlyMap<number, string>, isSpeaking: boolean): void {
    const before = this.#parked;
    const told = this.#spoke;
    this.#parked = parked;
    this.#spoke = isSpeaking;
    if (!isSpeaking) return;
    // A new spokesman says it again: the one before may have died before he did.
    for (const [shard, reason] of parked) if (!told || !before.has(shard)) this.#news.onParked(shard, reason);
    for (const shard of before.keys()) if (!parked.has(shard)) this.#news.onUnparked(shard);
  }
}
