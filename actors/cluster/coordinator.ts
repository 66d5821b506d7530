/**
 * One node's part in the cluster: sees who is alive and who owns what, computes who should, and moves its own share towards it.
 *
 *   sessions ─► registry ─┐                      ┌─► keeper.take ─► claim, open
 *           └─► leases ───┴─► plan (placement) ──┼─► keeper.handOver ─► close, release; the next owner sees it and claims
 *                  ▲                             └─► release of what nobody uses
 *                  └── tick: renew, lapse, silence
 *
 * Nodes agree on nothing but the leases: each plans by what it sees. Two that differ may both want a shard; the lease decides.
 *
 * Invariants
 * - O1 Nothing is claimed without a session, before our record stands in the registry, or while we drain or stop.
 * - O2 What fails for good (identity, our id is taken) ends everything here: every shard is lost at once, `done` rejects.
 */

import type { Timer } from '../engine/ports.ts';
import { MeterwrightError } from '../errors/error.ts';
import type { NodeId } from './contract.ts';
import type { Coordinator, CoordinatorOptions, Drained } from './coordinator-face.ts';
import { DEFAULT_RETRY, Failures } from './failures.ts';
import { IDENTITY_KEY } from './identity.ts';
import { Keeper } from './keeper.ts';
import { LeaseTable } from './leases.ts';
import { Parked, parkedShards, spokesman } from './parked.ts';
import { type Placement, place } from './placement.ts';
import type { LateOwner } from './reach.ts';
import { type NodeView, Registry } from './registry.ts';
import { type Session, Sessions } from './session.ts';
import { type ClusterEvent, type ClusterHealth, type ClusterStatus, nodeStatuses, shardStatus } from './status.ts';

export type { Coordinator, CoordinatorOptions, Drained } from './coordinator-face.ts';

/** Begin at once, with or without NATS; it joins when NATS is there, and again whenever it comes back. */
export function startCoordinator(options: CoordinatorOptions): Coordinator {
  const coordinator = new ClusterCoordinator(options);
  coordinator.begin();
  return coordinator;
}

/** Ticks per lease time. */
const TICKS = 20;
const ID = /^[A-Za-z0-9_-]{1,64}$/;

class ClusterCoordinator implements Coordinator {
  readonly ready: Promise<void>;
  readonly done: Promise<void>;
  readonly #options: CoordinatorOptions;
  readonly #id: NodeId;
  readonly #incarnation: string;
  readonly #registry: Registry;
  readonly #leases: LeaseTable;
  readonly #keeper: Keeper;
  readonly #failures: Failures;
  readonly #parked: Parked;
  readonly #end = Promise.withResolvers<void>();
  readonly #join = Promise.withResolvers<void>();
  #sessions: Sessions | undefined;
  #hasSession = false;
  /** Unknown shards that the store was asked about in this session. */
  readonly #asked = new Set<number>();
  #alive: ReadonlySet<NodeId> = new Set();
  #placement: { readonly key: string; readonly result: Placement } | undefined;
  #drains: ((drained: Drained) => void)[] = [];
  #state: 'running' | 'stopping' | 'ended' = 'running';
  #stopping: Promise<void> | undefined;
  #wasJoined = false;
  #isPlanned = false;
  #timer: Timer | undefined;
  #tickedAt = Number.NEGATIVE_INFINITY;

  constructor(options: CoordinatorOptions) {
    const { ports, node, limits, identity, epochs, host } = options;
    if (!ID.test(node.id) || node.id === IDENTITY_KEY)
      throw new TypeError(`cluster.node: must be 1 to 64 letters, digits, "_" or "-", and not "${IDENTITY_KEY}": ${node.id}`);
    this.#options = options;
    this.#id = node.id;
    this.#incarnation = ports.ids.uuid();
    this.done = this.#end.promise;
    this.ready = this.#join.promise;
    // Who does not ask need not hear of it.
    this.done.catch(() => {});
    this.ready.catch(() => {});
    const { clock, log } = ports;
    const change = () => this.#soon();
    this.#registry = new Registry({
      self: { ...node, incarnation: this.#incarnation, startedAt: clock.now() },
      leaseMs: limits.leaseMs,
      clock,
      log,
      onChange: change,
      onTaken: (error) => this.#fatal(error),
    });
    this.#leases = new LeaseTable({
      self: { node: node.id, incarnation: this.#incarnation, leaseMs: limits.leaseMs },
      shards: identity.shards,
      settleMs: limits.settleMs,
      maxRaises: limits.openRestarts,
      clock,
      log,
      epochs,
      onLost: (shard, epoch, reason) => this.#lost(shard, epoch, reason),
      onUnusable: (shard, reason) => this.#keeper.giveUp(shard, reason),
      onChange: change,
    });
    this.#keeper = new Keeper({
      ports,
      host,
      leases: this.#leases,
      openRestarts: limits.openRestarts,
      drainMs: limits.drainMs,
      onOpen: (shard, epoch) => {
        this.#failures.forget(shard);
        this.#tell({ type: 'shard-acquired', node: node.id, shard, epoch, reason: 'opened' });
      },
      onReleased: (shard, reason) => this.#tell({ type: 'shard-released', node: node.id, shard, reason }),
      onFailed: (shard, reason) => {
        this.#failures.note(shard, reason);
        this.#tell({ type: 'shard-failed', node: node.id, shard, reason });
      },
      onChange: change,
    });
    this.#failures = new Failures(ports, options.retry ?? DEFAULT_RETRY, (failed) => this.#registry.update({ failed }));
    this.#parked = new Parked({
      onParked: (shard, reason) => {
        options.onParked?.(shard, reason);
        this.#tell({ type: 'parked', node: node.id, shard, reason });
      },
      onUnparked: (shard) => {
        options.onUnparked?.(shard);
        this.#tell({ type: 'unparked', node: node.id, shard, reason: 'a node serves it, or may try again' });
      },
    });
  }

  begin(): void {
    const { ports, nats, prefix, replicas, identity, limits } = this.#options;
    this.#sessions = new Sessions({
      nats,
      prefix,
      replicas,
      identity,
      leaseMs: limits.leaseMs,
      clock: ports.clock,
      random: ports.random,
      log: ports.log,
      onOpen: (session) => this.#opened(session),
      onEnd: (reason) => this.#away(reason),
      onFatal: (error) => this.#fatal(error),
    });
    this.#tick();
  }

  epochOf(shard: number): number | undefined {
    return this.#leases.epochOf(shard);
  }

  overtaken(shard: number, storedEpoch: number): void {
    this.#leases.overtaken(shard, storedEpoch);
  }

  ownerOf(shard: number): NodeId | null {
    return this.#leases.view(shard).node;
  }

  areAllServed(): boolean {
    return this.#problem() === null && this.#leases.areAllServed();
  }

  lateOwnerOf(shard: number): LateOwner | undefined {
    const node = this.ownerOf(shard);
    const silentMs = node === null ? undefined : this.#registry.lateMs(node);
    return node === null || silentMs === undefined ? undefined : { node, silentMs };
  }

  unheard(): string | null {
    return this.#state === 'running' && !this.#hasSession ? this.#problem() : null;
  }

  aliveNodes(): readonly NodeId[] {
    return this.#registry.nodes().flatMap(({ record, isAlive }) => (isAlive ? [record.id] : []));
  }

  #opened({ nodes, shards, nodeWatch, shardWatch }: Session): void {
    this.#hasSession = true;
    this.#asked.clear();
    this.#registry.begin(nodes, nodeWatch.initial);
    this.#leases.begin(shards, shardWatch.initial);
    nodeWatch.follow((entry) => this.#registry.entry(entry));
    shardWatch.follow((entry) => this.#leases.entry(entry));
    this.#soon();
  }

  #away(reason: string): void {
    this.#hasSession = false;
    this.#alive = new Set();
    this.#registry.end();
    this.#leases.end();
    if (this.#state === 'running') this.#options.ports.log.warn({ reason }, 'this node has no part in the cluster for now');
  }

  #lost(shard: number, epoch: number, reason: 'lapsed' | 'taken'): void {
    this.#keeper.lost(shard);
    this.#tell({ type: 'shard-lost', node: this.#id, shard, epoch, reason });
    this.#soon();
  }

  #tick(): void {
    if (this.#state === 'ended') return;
    const { ports, limits } = this.#options;
    this.#timer = ports.clock.after(limits.leaseMs / TICKS, () => this.#tick());
    const now = ports.clock.monotonic();
    const stoodStill = now - this.#tickedAt > limits.leaseMs / 4;
    this.#tickedAt = now;
    // The leases first: after a standstill, what lapsed must be lost before anything is believed.
    this.#leases.tick();
    // Whoever spoke meanwhile is still to be read; nobody is called silent before.
    if (stoodStill) return;
    this.#sessions?.tick();
    this.#registry.tick();
    this.#plan();
  }

  /** Once for all that happens in this turn. */
  #soon(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#options.ports.clock.soon(() => {
      this.#isPlanned = false;
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#hasSession && this.#registry.isJoined && this.#state !== 'ended') this.#planWithNats();
    this.#settleDrains();
  }

  #planWithNats(): void {
    const known = this.#registry.nodes();
    const nodes = known.filter(({ isAlive }) => isAlive);
    this.#noteNodes(known, nodes);
    const { desired, moves } = this.#place(nodes);
    if (this.#state === 'running') {
      for (let shard = 0; shard < desired.length; shard++) this.#pursue(shard, desired[shard] === this.#id);
      this.#giveAway(moves);
    }
    const records = nodes.map(({ record }) => record);
    // Who failed it and tries again holds its lease meanwhile; that serves nobody.
    const failed = new Map(records.map(({ id, failed: notes }) => [id, new Set(notes.map(({ shard }) => shard))]));
    const ownerOf = (shard: number) => this.#leases.ownerOf(shard) ?? '';
    const isServed = (shard: number) => failed.get(ownerOf(shard))?.has(shard) === false;
    this.#failures.forgive((shard) => ownerOf(shard) !== this.#id && isServed(shard));
    this.#parked.update(parkedShards(records, isServed), spokesman(records) === this.#id);
  }

  #place(nodes: readonly NodeView[]): Placement {
    const { identity, limits } = this.#options;
    const owners = Array.from({ length: identity.shards }, (_, shard) => this.#leases.ownerOf(shard));
    const underWay = this.#keeper.shards().filter((shard) => this.#keeper.standingOf(shard) === 'closing');
    const key = JSON.stringify([owners, underWay, nodes.map(({ record: { id, state, failed } }) => [id, state, failed])]);
    if (this.#placement?.key !== key) {
      const placed = nodes.map(({ record: { id, state, failed } }) => ({ id, state, failed: new Map(failed.map(({ shard, tries }) => [shard, tries ?? 1])) }));
      this.#placement = {
        key,
        result: place({ shards: identity.shards, nodes: placed, owners, maxMoves: limits.maxMoves, underWay: new Set(underWay) }),
      };
    }
    return this.#placement.result;
  }

  /** Take what should be ours and may be taken; let go of what says that it is ours and is not. */
  #pursue(shard: number, isWanted: boolean): void {
    if (this.#keeper.standingOf(shard) !== undefined) return;
    if (!isWanted || this.#registry.record.state === 'draining') {
      if (this.#leases.isStray(shard)) void this.#leases.release(shard);
      return;
    }
    if (!this.#failures.mayTry(shard)) return;
    const isNew = this.#leases.isUnknown(shard) && !this.#asked.has(shard);
    if (isNew) this.#asked.add(shard);
    if (isNew || this.#leases.isClaimable(shard)) this.#keeper.take(shard);
  }

  #giveAway(moves: Placement['moves']): void {
    // To whoever is late nothing is given: it would serve nobody until somebody else may take it.
    for (const { shard, from, to, why } of moves)
      if (from === this.#id && this.#registry.lateMs(to) === undefined && this.#keeper.standingOf(shard) === 'open')
        this.#keeper.handOver(shard, `${why}: to ${to}`);
  }

  #noteNodes(known: readonly NodeView[], nodes: readonly NodeView[]): void {
    const alive = new Set(nodes.map(({ record }) => record.id));
    if (!this.#wasJoined) {
      this.#wasJoined = true;
      this.#join.resolve();
      this.#tell({ type: 'joined', node: this.#id, reason: 'started' });
    }
    const isSpeaking = spokesman(nodes.map(({ record }) => record)) === this.#id;
    // Who left in order has taken its record away, and said so itself.
    for (const { record } of isSpeaking ? known : [])
      if (this.#alive.has(record.id) && !alive.has(record.id)) this.#tell({ type: 'left', node: record.id, reason: 'not heard of any more' });
    this.#alive = alive;
  }

  drain(): Promise<Drained> {
    const drained = new Promise<Drained>((resolve) => this.#drains.push(resolve));
    if (this.#registry.record.state === 'up') {
      this.#tell({ type: 'draining', node: this.#id, reason: 'asked to' });
      this.#registry.update({ state: 'draining' });
    }
    this.#soon();
    return drained;
  }

  /** Drained when nothing is under way and each shard that is still here has nowhere to go. */
  #settleDrains(): void {
    if (this.#drains.length === 0 || this.#registry.record.state !== 'draining') return;
    const here = this.#keeper.shards();
    const canStay = (shard: number) => this.#hasSession && this.#keeper.standingOf(shard) === 'open' && this.#placement?.result.desired[shard] === this.#id;
    if (!here.every(canStay)) return;
    for (const resolve of this.#drains.splice(0)) resolve({ left: here.length });
  }

  isDraining(): boolean {
    return this.#registry.record.state === 'draining';
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    if (this.#state === 'ended') return;
    this.#state = 'stopping';
    // The others plan without us from here on, so that they take what we release.
    this.#registry.update({ state: 'draining' });
    await this.#keeper.handOverAll('this node stops');
    await this.#registry.leave();
    await this.#finish();
    this.#tell({ type: 'left', node: this.#id, reason: 'stopped' });
    this.#join.reject(new MeterwrightError('bus_away', 'cluster: stopped before it was joined', { retry: 'later' }));
    this.#end.resolve();
  }

  async #finish(): Promise<void> {
    this.#state = 'ended';
    this.#timer?.cancel();
    for (const shard of this.#keeper.shards()) this.#keeper.lost(shard);
    await this.#sessions?.stop();
    for (const resolve of this.#drains.splice(0)) resolve({ left: 0 });
  }

  #fatal(error: MeterwrightError): void {
    if (this.#state === 'ended') return;
    this.#options.ports.log.error({ code: error.code, reason: error.message }, 'this node can have no part in the cluster');
    this.#tell({ type: 'left', node: this.#id, reason: error.code });
    void this.#finish();
    this.#leases.abandon();
    this.#join.reject(error);
    this.#end.reject(error);
  }

  #tell(event: ClusterEvent): void {
    this.#options.onEvent?.(event);
  }

  health(): ClusterHealth {
    const serving = this.#serving();
    const problem = this.#problem();
    const isDrained = this.#registry.record.state === 'draining' && this.#keeper.shards().length === 0;
    return { isReady: problem === null, problem, serving, isDrained };
  }

  #serving(): number {
    return this.#keeper.shards().filter((shard) => this.#keeper.standingOf(shard) === 'open' && this.epochOf(shard) !== undefined).length;
  }

  #problem(): string | null {
    if (this.#state !== 'running') return 'cluster: this node is leaving';
    if (!this.#hasSession) return `cluster: no NATS, so no lease can be renewed: ${this.#sessions?.problem ?? 'not connected'}`;
    if (!this.#registry.isJoined) return `cluster: not joined yet; a former process of ${this.#id} may still be alive`;
    return null;
  }

  status(): ClusterStatus {
    const known = this.#registry.nodes();
    const there = new Set(known.flatMap(({ record, isAlive, isLate }) => (isAlive && !isLate ? [record.id] : [])));
    const canTake = (node: NodeId) => there.has(node);
    const shards = Array.from({ length: this.#options.identity.shards }, (_, shard) =>
      shardStatus(shard, { leases: this.#leases, keeper: this.#keeper, placement: this.#placement?.result, canTake, parked: this.#parked }),
    );
    const nodes = nodeStatuses(known, shards);
    return { node: this.#id, incarnation: this.#incarnation, problem: this.#problem(), clockOffMs: this.#registry.clockOffMs, nodes, shards };
  }
}
