/**
 * The owner's side of borrowing lines: which node is asked, what became of each wish, and the beats that keep them alive.
 *
 * - L1 Nothing is asked for before no other node has a session of the address: E1 across a take-over.
 * - L2 One that waits at a node whose lines are all busy moves to a node that has a free one.
 * - L3 What is released is told to its node until that has heard it, or is lost.
 */
import type { NodeId } from '../../cluster/contract.ts';
import type { NodeCalls } from '../../cluster/node-calls.ts';
import type { Clock, Ids, Log, Timer } from '../../engine/ports.ts';
import type { HaltReason } from '../registry.ts';
import { sleep } from '../sleep.ts';
import {
  type AwayLimits,
  type BeatAnswer,
  type BeatItem,
  CALLS,
  type LeaseAnswer,
  type LeaseId,
  type LeaseState,
  type VacateAnswer,
  type Word,
} from './contract.ts';
import type { ClassNode, LineDirectory } from './directory.ts';

/** Who wants a line: a request for a slot, as it is. */
export interface LineWish {
  readonly requestId: number;
  /** Canonical remote address. */
  readonly key: string;
  /** `modem:<group>` or `pad:<group>`. */
  readonly class: string;
  readonly immediate: boolean;
}

export interface LineLeasesSetup {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly calls: Pick<NodeCalls, 'call' | 'register'>;
  readonly directory: Pick<LineDirectory, 'nodesOf' | 'holdersOf' | 'forget'>;
  readonly limits: AwayLimits;
}

/** `lost`: its node does not answer any more. */
export type HeldState = LeaseState | 'lost';

/** One wish at one node. */
export class LineLease {
  readonly id: LeaseId;
  readonly node: NodeId;
  readonly wish: LineWish;
  /** Said with every beat. */
  halt: HaltReason | undefined;
  isCut = false;
  /** Its node has answered the wish. */
  isKnown = false;
  octets: { readonly in: number; readonly out: number } = { in: 0, out: 0 };
  /** Monotonic instant before which it is not given up, whatever is heard. */
  notLostBefore = 0;
  #state: HeldState = 'waiting';
  readonly #listeners = new Set<(state: HeldState) => void>();

  constructor(id: LeaseId, node: NodeId, wish: LineWish) {
    this.id = id;
    this.node = node;
    this.wish = wish;
  }

  get state(): HeldState {
    return this.#state;
  }

  /** Nothing follows `ended`, `gone` and `lost`. */
  get isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'gone' || this.#state === 'lost';
  }

  become(state: HeldState): void {
    if (this.isOver || RANK[state] <= RANK[this.#state]) return;
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  onState(listener: (state: HeldState) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** Words and beats may overtake each other; states only go forward. */
const RANK: Readonly<Record<HeldState, number>> = { waiting: 0, granted: 1, running: 2, ended: 3, gone: 3, lost: 3 };
const BEAT_ITEMS = 1_000;

export class LineLeases {
  readonly #setup: LineLeasesSetup;
  /** All that their nodes must hear of. */
  readonly #leases = new Map<LeaseId, LineLease>();
  readonly #byRequest = new Map<number, LineLease>();
  /** Released, and their nodes have not heard it. */
  readonly #done = new Set<LeaseId>();
  /** Monotonic instants of the last answers. */
  readonly #heardAt = new Map<NodeId, number>();
  readonly #soon = new Map<NodeId, Set<LineLease>>();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(setup: LineLeasesSetup) {
    this.#setup = setup;
    setup.calls.register(CALLS.word, async (payload, from) => {
      const { id, state } = payload as Word;
      const lease = this.#of(id, from);
      if (!lease) return null;
      this.heard(from);
      lease.become(state);
      return null;
    });
  }

  start(): void {
    this.#timer = this.#setup.clock.after(this.#setup.limits.beatMs, () => this.#look());
  }

  /** Nobody waits any longer. */
  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    for (const lease of [...this.#leases.values()]) lease.become('lost');
  }

  /** The line that was had for this action. */
  find(requestId: number): LineLease | undefined {
    return this.#byRequest.get(requestId);
  }

  /** A lease of that node. */
  at(id: LeaseId, node: NodeId): LineLease | undefined {
    return this.#of(id, node);
  }

  /** Waits for a line. `go`: `release` must follow. `none`: no node has such lines. `full`: too many wait there. */
  async acquire(wish: LineWish, signal: AbortSignal): Promise<'go' | 'full' | 'aborted' | 'none'> {
    const { clock, limits } = this.#setup;
    while (!signal.aborted && !this.#stopped) {
      const answer = await this.#try(wish, signal);
      if (answer !== 'again') return answer;
      await sleep(clock, limits.retryMs, signal);
    }
    return 'aborted';
  }

  /** It is wanted no longer, whatever it is at. */
  release(requestId: number): void {
    const lease = this.#byRequest.get(requestId);
    if (lease) this.#drop(lease);
  }

  /** Tell its node now what is wanted of it. */
  tell(lease: LineLease): void {
    const { node } = lease;
    const waiting = this.#soon.get(node);
    if (waiting) {
      waiting.add(lease);
      return;
    }
    const told = new Set([lease]);
    this.#soon.set(node, told);
    this.#setup.clock.soon(() => {
      this.#soon.delete(node);
      void this.#beat(node, [...told]);
    });
  }

  /** A word of that node came. */
  heard(node: NodeId): void {
    this.#heardAt.set(node, this.#setup.clock.monotonic());
  }

  async #try(wish: LineWish, signal: AbortSignal): Promise<'go' | 'full' | 'none' | 'aborted' | 'again'> {
    const { calls, directory, ids, limits } = this.#setup;
    const found = bestOf(directory.nodesOf(wish.class));
    if (!found) return 'none';
    const { node, load } = found;
    if (!(await this.#isVacant(wish, node))) return 'again';
    const lease = new LineLease(ids.uuid(), node, wish);
    this.#leases.set(lease.id, lease);
    this.#byRequest.set(wish.requestId, lease);
    if (!this.#heardAt.has(node)) this.heard(node);
    const { requestId, key } = wish;
    const priority = wish.immediate ? 'immediate' : 'overnight';
    let answer: LeaseAnswer;
    try {
      answer = await calls.call<LeaseAnswer>(node, CALLS.lease, { id: lease.id, requestId, key, group: load.name, priority }, { timeoutMs: limits.callMs });
      this.heard(node);
      lease.isKnown = true;
    } catch {
      directory.forget(node);
      this.#drop(lease);
      return 'again';
    }
    const state = answer.kind === 'granted' || answer.kind === 'waiting' ? await this.#granted(lease, signal) : answer.kind;
    if (state === 'granted') return 'go';
    this.#drop(lease);
    if (state === 'none') directory.forget(node);
    if (state === 'full') return 'full';
    return signal.aborted ? 'aborted' : 'again';
  }

  /** Every other node that may have a session of the address says that it has none. */
  async #isVacant({ key, class: name }: LineWish, except: NodeId): Promise<boolean> {
    const { calls, directory, limits } = this.#setup;
    const others = directory.holdersOf(name).filter((node) => node !== except);
    const ask = async (node: NodeId): Promise<boolean> => {
      try {
        return !(await calls.call<VacateAnswer>(node, CALLS.vacate, { key }, { timeoutMs: limits.callMs })).busy;
      } catch {
        directory.forget(node);
        return false;
      }
    };
    return (await Promise.all(others.map(ask))).every((vacant) => vacant);
  }

  /** Resolves once it has a line; or with what it is instead. */
  #granted(lease: LineLease, signal: AbortSignal): Promise<'granted' | 'over'> {
    const { clock, limits } = this.#setup;
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const settle = (): void => {
        timer?.cancel();
        unwatch();
        signal.removeEventListener('abort', abort);
      };
      const look = (): void => {
        if (lease.state === 'waiting') return;
        settle();
        resolve(lease.state === 'granted' ? 'granted' : 'over');
      };
      const abort = (): void => {
        settle();
        resolve('over');
      };
      const reconsider = (): void => {
        if (this.#isBetterElsewhere(lease)) abort();
        else timer = clock.after(limits.reconsiderMs, reconsider);
      };
      const unwatch = lease.onState(look);
      signal.addEventListener('abort', abort, { once: true });
      timer = clock.after(limits.reconsiderMs, reconsider);
      if (signal.aborted) abort();
      else look();
    });
  }

  #isBetterElsewhere({ node, wish }: LineLease): boolean {
    const nodes = this.#setup.directory.nodesOf(wish.class);
    const here = nodes.find((one) => one.node === node);
    return (here?.load.free ?? 0) === 0 && nodes.some((one) => one.node !== node && one.load.free > 0);
  }

  #of(id: LeaseId, node: NodeId): LineLease | undefined {
    const lease = this.#leases.get(id);
    return lease?.node === node ? lease : undefined;
  }

  #drop(lease: LineLease): void {
    if (this.#byRequest.get(lease.wish.requestId) === lease) this.#byRequest.delete(lease.wish.requestId);
    if (!this.#leases.has(lease.id)) return;
    if (lease.state === 'lost' || lease.state === 'gone') {
      this.#leases.delete(lease.id);
      return;
    }
    this.#done.add(lease.id);
    this.tell(lease);
  }

  #look(): void {
    const { clock, limits } = this.#setup;
    const byNode = Map.groupBy(this.#leases.values(), ({ node }) => node);
    for (const node of this.#heardAt.keys()) if (!byNode.has(node)) this.#heardAt.delete(node);
    for (const [node, leases] of byNode) void this.#beat(node, leases);
    this.#timer = clock.after(limits.beatMs, () => this.#look());
  }

  /** Never rejects. */
  async #beat(node: NodeId, leases: readonly LineLease[]): Promise<void> {
    for (let from = 0; from < leases.length; from += BEAT_ITEMS) await this.#beatSome(node, leases.slice(from, from + BEAT_ITEMS));
  }

  async #beatSome(node: NodeId, leases: readonly LineLease[]): Promise<void> {
    const { calls, limits, log } = this.#setup;
    const items = leases.map(({ id, halt, isCut }): BeatItem => {
      return { id, ...(halt ? { halt } : {}), ...(isCut ? { cut: true } : {}), ...(this.#done.has(id) ? { done: true } : {}) };
    });
    let answer: BeatAnswer;
    try {
      answer = await calls.call<BeatAnswer>(node, CALLS.beat, items, { timeoutMs: limits.callMs });
    } catch (error) {
      log.debug({ err: error, node }, 'a node that has lent lines does not answer');
      this.#miss(node, leases);
      return;
    }
    this.heard(node);
    const said = new Map(answer.states.map((state) => [state.id, state]));
    for (const { id, done } of items) if (done) this.#forget(id);
    for (const lease of leases) {
      const state = said.get(lease.id);
      // One that is still on its way there is not known there yet.
      if (!state || (state.state === 'gone' && !lease.isKnown && !this.#done.has(lease.id))) continue;
      if (state.octetsIn !== undefined && state.octetsOut !== undefined) lease.octets = { in: state.octetsIn, out: state.octetsOut };
      lease.become(state.state);
    }
  }

  #forget(id: LeaseId): void {
    this.#done.delete(id);
    this.#leases.delete(id);
  }

  /** No answer. After a while what runs there counts as lost. */
  #miss(node: NodeId, leases: readonly LineLease[]): void {
    const { clock, limits, directory } = this.#setup;
    const now = clock.monotonic();
    if (now - (this.#heardAt.get(node) ?? now) <= limits.lostMs) return;
    directory.forget(node);
    for (const lease of leases) {
      if (now < lease.notLostBefore) continue;
      if (this.#done.has(lease.id)) this.#forget(lease.id);
      lease.become('lost');
    }
  }
}

/** A node with a free line, this one before others; else where the fewest wait for each line. */
function bestOf(nodes: readonly ClassNode[]): ClassNode | undefined {
  const free = nodes.find(({ load }) => load.free > 0);
  if (free) return free;
  const crowd = ({ load }: ClassNode): number => (load.waiting + 1) / Math.max(1, load.lines);
  return [...nodes].sort((a, b) => crowd(a) - crowd(b))[0];
}
