/**
 * Who should own which shard: bounded rendezvous hashing, pure. Nodes and owners in, moves out (architecture, section 4).
 *
 *   owners ──► keep, up to the quota ──► pool: orphaned, then given up ──► highest-ranked node with room ──► desired ──► moves
 *
 * Invariants
 * - L1 The same input gives the same answer on every node, in whatever order the nodes are told.
 * - L2 Nobody gives up more than what he has above his quota, and nothing moves when all have their quota.
 * - L3 A shard that a node could not open is not given to it while another can take it.
 * - L4 A node that drains keeps what nobody else can take, and gets nothing.
 */
import type { NodeId } from './contract.ts';

export interface PlacedNode {
  readonly id: NodeId;
  readonly state: 'up' | 'draining';
  /** Shards that it could not open, with how often. */
  readonly failed: ReadonlyMap<number, number>;
}

export interface PlacementInput {
  readonly shards: number;
  /** Those that are alive. */
  readonly nodes: readonly PlacedNode[];
  /** Owner of each shard by its number; null: nobody. A node that is not alive counts as nobody. */
  readonly owners: readonly (NodeId | null)[];
  /** Most moves at once away from one node. */
  readonly maxMoves: number;
  /** Shards that are being handed over now; they count as moves. */
  readonly underWay?: ReadonlySet<number>;
}

/** `orphaned`: nobody has it. `balance`: its owner has more than its quota. `draining`: its owner leaves. `failed`: its owner could not open it. */
export type MoveReason = 'orphaned' | 'balance' | 'draining' | 'failed';

export interface Move {
  readonly shard: number;
  /** Null: nobody had it. */
  readonly from: NodeId | null;
  readonly to: NodeId;
  readonly why: MoveReason;
}

export interface Placement {
  /** Who should own each shard, by its number; null where no node takes any. */
  readonly desired: readonly (NodeId | null)[];
  /** What may be done now towards it. Orphaned shards are not limited. */
  readonly moves: readonly Move[];
}

/** Where everything should be, and what may move there now. */
export function place(input: PlacementInput): Placement {
  const board = new Board(input);
  for (const { shard, why } of board.pool()) board.assign(shard, why);
  return { desired: board.desired, moves: allowed(input, board.moves) };
}

/** Rank of a node for a shard; the higher, the sooner. Spread evenly, and no other node changes it. */
export function rankOf(node: NodeId, shard: number): number {
  return mixed(hashOf(node) ^ Math.imul(shard + 1, 0x9e37_79b1));
}

/** FNV-1a over the name. */
function hashOf(text: string): number {
  let hash = 0x811c_9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193);
  return hash;
}

/** Every bit of the input changes half of the output. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

interface Seat {
  readonly node: PlacedNode;
  /** What it owns now and could open. */
  readonly owned: number[];
  quota: number;
  /** What it should own, as far as decided. */
  load: number;
}

class Board {
  readonly desired: (NodeId | null)[];
  readonly moves: Move[] = [];
  readonly #input: PlacementInput;
  readonly #nodes: ReadonlyMap<NodeId, PlacedNode>;
  readonly #seats: ReadonlyMap<NodeId, Seat>;

  constructor(input: PlacementInput) {
    this.#input = input;
    this.#nodes = new Map(input.nodes.map((node) => [node.id, node]));
    const up = input.nodes.filter((node) => node.state === 'up').sort((a, b) => (a.id < b.id ? -1 : 1));
    this.#seats = new Map(up.map((node) => [node.id, { node, owned: [], quota: 0, load: 0 }]));
    this.desired = Array.from({ length: input.shards }, () => null);
    for (let shard = 0; shard < input.shards; shard++) {
      const seat = this.#seats.get(input.owners[shard] ?? '');
      if (seat && !seat.node.failed.has(shard)) seat.owned.push(shard);
    }
    this.#setQuotas();
  }

  /** Floor or ceiling of the even share; who has most already gets the larger one, so that least moves. */
  #setQuotas(): void {
    const seats = [...this.#seats.values()];
    const share = Math.floor(this.#input.shards / Math.max(1, seats.length));
    const larger = this.#input.shards - share * seats.length;
    seats.sort((a, b) => b.owned.length - a.owned.length);
    for (const [index, seat] of seats.entries()) seat.quota = share + (index < larger ? 1 : 0);
  }

  /** Seat everything that stays; the rest, in the order in which it is given out. */
  pool(): readonly { readonly shard: number; readonly why: MoveReason }[] {
    const kept = new Set<number>();
    const given: number[] = [];
    for (const { node, owned, quota } of this.#seats.values()) {
      const ranked = [...owned].sort((a, b) => rankOf(node.id, b) - rankOf(node.id, a) || a - b);
      for (const [index, shard] of ranked.entries()) if (index < quota) kept.add(shard);
      given.push(...ranked.slice(quota));
    }
    for (const shard of kept) this.#seat(shard, this.#input.owners[shard] ?? null);
    const above = new Set(given);
    const pool: { shard: number; why: MoveReason }[] = [];
    for (let shard = 0; shard < this.#input.shards; shard++) if (!kept.has(shard) && !above.has(shard)) pool.push({ shard, why: this.#whyLoose(shard) });
    for (const shard of given.sort((a, b) => a - b)) pool.push({ shard, why: 'balance' });
    return pool;
  }

  #whyLoose(shard: number): MoveReason {
    const owner = this.#nodes.get(this.#input.owners[shard] ?? '');
    if (!owner) return 'orphaned';
    return owner.state === 'draining' ? 'draining' : 'failed';
  }

  assign(shard: number, why: MoveReason): void {
    const owner = this.#nodes.get(this.#input.owners[shard] ?? '')?.id ?? null;
    const to = this.#takerOf(shard, why) ?? owner;
    this.#seat(shard, to);
    if (to !== null && to !== owner) this.moves.push({ shard, from: owner, to, why });
  }

  /** The highest-ranked with room; without room, for what has to go, the least loaded. Those that failed it come last, the one with fewest tries first. */
  #takerOf(shard: number, why: MoveReason): NodeId | undefined {
    const seats = [...this.#seats.values()];
    const byRank = (a: Seat, b: Seat) => rankOf(b.node.id, shard) - rankOf(a.node.id, shard) || (a.node.id < b.node.id ? -1 : 1);
    const able = seats.filter(({ node }) => !node.failed.has(shard)).sort(byRank);
    const roomy = able.find(({ load, quota }) => load < quota);
    if (roomy || why === 'balance') return roomy?.node.id;
    if (able.length > 0) return able.sort((a, b) => a.load - b.load || byRank(a, b))[0]?.node.id;
    const owner = this.#nodes.get(this.#input.owners[shard] ?? '');
    if (owner && !owner.failed.has(shard)) return undefined;
    const tries = ({ node }: Seat) => node.failed.get(shard) ?? 0;
    return seats.sort((a, b) => tries(a) - tries(b) || byRank(a, b))[0]?.node.id;
  }

  #seat(shard: number, node: NodeId | null): void {
    this.desired[shard] = node;
    const seat = this.#seats.get(node ?? '');
    if (seat) seat.load++;
  }
}

function allowed({ maxMoves, owners, underWay }: PlacementInput, moves: readonly Move[]): readonly Move[] {
  const started = new Map<NodeId, number>();
  for (const shard of underWay ?? []) {
    const from = owners[shard];
    if (from) started.set(from, (started.get(from) ?? 0) + 1);
  }
  return moves.filter(({ shard, from }) => {
    if (from === null || underWay?.has(shard)) return true;
    const count = started.get(from) ?? 0;
    started.set(from, count + 1);
    return count < maxMoves;
  });
}
