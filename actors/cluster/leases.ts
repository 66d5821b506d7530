/**
 * The leases of all shards as this node sees and holds them: feeds {@link step} with what the bucket shows and with the time,
 * and performs what it asks for. Renewals of all own shards leave together; none waits for another's answer.
 *
 *   claim: epoch above all that is known ──► stored with the store ──► lease written ──► held
 *
 * The store is written before the lease, so no epoch is ever used that the store does not know, and a store that does not
 * work shows before a lease is taken.
 */
import type { Clock, Log } from '../engine/ports.ts';
import type { LeaseRecord, Leases, NodeId } from './contract.ts';
import type { Bucket, BucketEntry } from './kv.ts';
import { textOf } from './kv.ts';
import {
  claimableAt,
  epochAt,
  FREE,
  isOwn,
  isServedAt,
  type LeaseEffect,
  type LeaseEvent,
  type LeaseSelf,
  type LeaseState,
  type SessionView,
  step,
} from './lease-state.ts';
import { leaseOf } from './records.ts';

/** The epoch that the store keeps for each shard; both double as the probe that the store works. */
export interface EpochStore {
  /** 0 when the shard was never owned. Must see what was put last, by whatever node. Rejects when the store does not answer. */
  getEpoch(shard: number): Promise<number>;
  /** Durable once it resolves. Rejects when the store does not answer. */
  putEpoch(shard: number, epoch: number): Promise<void>;
}

export interface LeaseTableOptions {
  readonly self: LeaseSelf;
  readonly shards: number;
  readonly settleMs: number;
  /** Failures of the store in a row after which a lease that needs a higher epoch is given up. */
  readonly maxRaises: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly epochs: EpochStore;
  /** A lease of ours ended, not by our own will. */
  onLost(shard: number, epoch: number, reason: 'lapsed' | 'taken'): void;
  /** The store does not take the higher epoch that the lease needs; it cannot be used any more. */
  onUnusable(shard: number, reason: string): void;
  /** A lease changed hands. */
  onChange(): void;
}

/** What it needs of the bucket. */
export type LeaseBucket = Pick<Bucket, 'write' | 'ask'>;

/** A lease for people. */
export interface LeaseView {
  readonly node: NodeId | null;
  readonly epoch: number;
}

interface Raise {
  /** Known to be used already. */
  readonly floor: number;
  readonly failures: number;
  /** Stored with the store; undefined while it is on its way. */
  readonly epoch: number | undefined;
  readonly isBusy: boolean;
}

export class LeaseTable implements Leases {
  readonly #options: LeaseTableOptions;
  readonly #states: LeaseState[];
  readonly #claims = new Map<number, (epoch: number | undefined) => void>();
  readonly #releases = new Map<number, PromiseWithResolvers<void>>();
  readonly #raises = new Map<number, Raise>();
  /** Shards that the leader is being asked about. */
  readonly #asked = new Set<number>();
  #bucket: LeaseBucket | undefined;
  #session: SessionView = { since: 0, settleMs: 0 };
  #sessions = 0;
  #tickedAt = Number.POSITIVE_INFINITY;
  #op = 0;

  constructor(options: LeaseTableOptions) {
    this.#options = options;
    this.#states = Array.from({ length: options.shards }, () => FREE);
  }

  epochOf(shard: number): number | undefined {
    const state = this.#states[shard];
    return state && epochAt(state, this.#now());
  }

  overtaken(shard: number, storedEpoch: number): void {
    const { mine } = this.#stateOf(shard);
    if (mine.kind !== 'held' || storedEpoch <= mine.epoch || mine.suspended) return;
    this.#send(shard, { type: 'suspend' });
    this.#raises.set(shard, { floor: storedEpoch, failures: 0, epoch: undefined, isBusy: false });
    this.#raise(shard);
  }

  /** How long our lease is still valid, milliseconds; 0 without one. */
  validForMs(shard: number): number {
    const { mine } = this.#stateOf(shard);
    return mine.kind === 'held' ? Math.max(0, mine.validUntil - this.#now()) : 0;
  }

  /** Whether we hold it, valid or suspended. */
  holds(shard: number): boolean {
    return this.validForMs(shard) > 0;
  }

  view(shard: number): LeaseView {
    const { seen, mine } = this.#stateOf(shard);
    if (mine.kind === 'held') return { node: this.#options.self.node, epoch: mine.epoch };
    return { node: seen?.record?.node ?? null, epoch: seen?.record?.epoch ?? 0 };
  }

  /** Whether somebody serves each shard now, as far as this node sees. */
  areAllServed(): boolean {
    const at = this.#now();
    return this.#states.every((state) => isServedAt(this.#options.self, state, this.#session, at));
  }

  /** Who counts as its owner for placement: nobody once another may claim it, ourselves as long as the record is ours. */
  ownerOf(shard: number): NodeId | null {
    const state = this.#stateOf(shard);
    const { self } = this.#options;
    if (state.mine.kind === 'held' || state.mine.kind === 'asking') return self.node;
    const record = state.seen?.record ?? null;
    if (isOwn(self, record)) return self.node;
    return this.isClaimable(shard) ? null : (record?.node ?? null);
  }

  isClaimable(shard: number): boolean {
    const from = claimableAt(this.#options.self, this.#stateOf(shard), this.#session);
    return from !== undefined && from <= this.#now();
  }

  /** NATS knows nothing of it: never owned, or forgotten. Who claims it must know that the store has no epoch either. */
  isUnknown(shard: number): boolean {
    const { seen, mine } = this.#stateOf(shard);
    return mine.kind === 'none' && seen?.record === null;
  }

  /** The record says that it is ours, and we do not use it. */
  isStray(shard: number): boolean {
    const { seen, mine } = this.#stateOf(shard);
    return mine.kind === 'none' && isOwn(this.#options.self, seen?.record ?? null);
  }

  begin(bucket: LeaseBucket, initial: readonly BucketEntry[]): void {
    this.#bucket = bucket;
    const since = this.#now();
    this.#session = { since, settleMs: this.#sessions > 0 ? this.#options.settleMs : 0 };
    this.#sessions++;
    this.#tickedAt = since;
    const found = new Map(initial.map((entry) => [entry.key, entry]));
    for (let shard = 0; shard < this.#states.length; shard++) {
      const entry = found.get(String(shard));
      this.#send(shard, { type: 'seen', at: since, record: leaseOf(entry?.value), revision: entry?.revision ?? 0 });
    }
    this.tick();
  }

  end(): void {
    this.#bucket = undefined;
    this.#asked.clear();
    for (let shard = 0; shard < this.#states.length; shard++) this.#send(shard, { type: 'away' });
  }

  /** Nothing is ours any more, whatever NATS says. */
  abandon(): void {
    this.#bucket = undefined;
    for (let shard = 0; shard < this.#states.length; shard++) {
      this.#states[shard] = FREE;
      this.#settle(shard);
    }
  }

  entry({ key, value, revision }: BucketEntry): void {
    const shard = Number(key);
    if (!Number.isInteger(shard) || !this.#states[shard]) return;
    const before = this.#states[shard].seen?.record;
    const record = leaseOf(value);
    this.#send(shard, { type: 'seen', at: this.#now(), record, revision });
    if (before?.node !== record?.node || before?.incarnation !== record?.incarnation) this.#options.onChange();
  }

  /** Renew what is due; end what lapsed; raise what must be raised. */
  tick(): void {
    const at = this.#now();
    // Nothing was heard while this process stood still; nobody was silent for that.
    if (at - this.#tickedAt > this.#options.self.leaseMs / 4) this.#session = { ...this.#session, since: at };
    this.#tickedAt = at;
    for (const [shard, { mine }] of this.#states.entries()) {
      if (mine.kind !== 'held') continue;
      this.#raise(shard);
      this.#send(shard, { type: 'tick', at: this.#now(), op: ++this.#op });
      // It was refused, and the leader has not said yet what stands there.
      const now = this.#stateOf(shard).mine;
      if (now.kind === 'held' && now.revision === undefined && !now.writing) void this.#ask(shard);
    }
  }

  /**
   * Take a shard that may be taken; resolves with its epoch, or with undefined when it went to somebody else or NATS is away.
   * Rejects when the store does not answer.
   */
  async claim(shard: number): Promise<number | undefined> {
    const { mine, seen: shown } = this.#stateOf(shard);
    const session = this.#sessions;
    if (mine.kind === 'held') return mine.epoch;
    if (mine.kind !== 'none' || !shown || !this.#bucket) return undefined;
    const { epochs, self } = this.#options;
    // Silence in one copy of the stream may be that copy's own.
    if (shown.record?.node && !isOwn(self, shown.record) && !(await this.#ask(shard))) return undefined;
    const { seen } = this.#stateOf(shard);
    if (!seen) return undefined;
    const stored = await epochs.getEpoch(shard);
    const isNew = this.isUnknown(shard) && stored === 0;
    if (!isNew && !this.isClaimable(shard)) return undefined;
    const epoch = Math.max(stored, seen.record?.epoch ?? 0) + 1;
    await epochs.putEpoch(shard, epoch);
    if (session !== this.#sessions || !this.#bucket || this.#stateOf(shard).seen !== seen || this.#stateOf(shard).mine.kind !== 'none') return undefined;
    return new Promise((resolve) => {
      this.#claims.set(shard, resolve);
      this.#send(shard, { type: 'claim', at: this.#now(), op: ++this.#op, epoch });
    });
  }

  /** Take over what the leader of the stream says. Resolves with false when it says nothing, or something happened meanwhile. */
  async #ask(shard: number): Promise<boolean> {
    const bucket = this.#bucket;
    const before = this.#stateOf(shard);
    if (!bucket || this.#asked.has(shard)) return false;
    this.#asked.add(shard);
    const word = await bucket.ask(String(shard));
    if (bucket !== this.#bucket) return false;
    this.#asked.delete(shard);
    const { seen, mine } = this.#stateOf(shard);
    if (!word || seen !== before.seen || mine !== before.mine) return false;
    this.#send(shard, { type: 'word', at: this.#now(), record: leaseOf(word.value), revision: word.revision });
    this.#options.onChange();
    return true;
  }

  /** Give it back. Resolves when NATS has taken it, or never will: then it lapses. */
  release(shard: number): Promise<void> {
    const waiting = this.#releases.get(shard) ?? Promise.withResolvers<void>();
    this.#releases.set(shard, waiting);
    this.#send(shard, { type: 'release', op: ++this.#op });
    return waiting.promise;
  }

  #send(shard: number, event: LeaseEvent): void {
    const before = this.#stateOf(shard);
    const { state, effects } = step(this.#options.self, before, event);
    this.#states[shard] = state;
    for (const effect of effects) this.#perform(shard, effect);
    this.#settle(shard);
  }

  #perform(shard: number, effect: LeaseEffect): void {
    if (effect.type === 'write') {
      void this.#write(shard, effect.op, effect.record, effect.revision);
      return;
    }
    if (effect.type === 'lost') this.#options.onLost(shard, effect.epoch, effect.reason);
    this.#options.onChange();
  }

  async #write(shard: number, op: number, record: LeaseRecord, revision: number): Promise<void> {
    const bucket = this.#bucket;
    const answer = (await bucket?.write(String(shard), record, revision)) ?? { kind: 'unanswered' };
    if (answer.kind === 'written') this.#send(shard, { type: 'written', at: this.#now(), op, revision: answer.revision });
    else this.#send(shard, { type: answer.kind, op });
    if (answer.kind === 'refused' && bucket === this.#bucket) void this.#ask(shard);
  }

  /** Tell those who wait, once it is decided; go on with what had to wait for a write. */
  #settle(shard: number): void {
    const { mine } = this.#stateOf(shard);
    if (mine.kind !== 'asking') {
      const claimed = this.#claims.get(shard);
      this.#claims.delete(shard);
      claimed?.(mine.kind === 'held' ? mine.epoch : undefined);
    }
    if (mine.kind !== 'held') this.#raises.delete(shard);
    const release = this.#releases.get(shard);
    if (!release) return;
    if (mine.kind === 'held' && !mine.writing) this.#send(shard, { type: 'release', op: ++this.#op });
    else if (mine.kind === 'none') {
      this.#releases.delete(shard);
      release.resolve();
    }
  }

  /** Towards a higher epoch, one step: ask the store, or write the lease. */
  #raise(shard: number): void {
    const { mine, seen } = this.#stateOf(shard);
    if (mine.kind !== 'held') return;
    const isForgotten = mine.revision === 0;
    if (!mine.suspended && !isForgotten) {
      this.#raises.delete(shard);
      return;
    }
    const raise = this.#raises.get(shard) ?? { floor: 0, failures: 0, epoch: undefined, isBusy: false };
    if (raise.isBusy) return;
    if (raise.epoch !== undefined && raise.epoch > mine.epoch) this.#send(shard, { type: 'raise', at: this.#now(), op: ++this.#op, epoch: raise.epoch });
    else void this.#prepare(shard, raise, Math.max(raise.floor, mine.epoch, seen?.record?.epoch ?? 0));
  }

  async #prepare(shard: number, raise: Raise, known: number): Promise<void> {
    const { epochs, log, maxRaises } = this.#options;
    const busy: Raise = { ...raise, isBusy: true };
    this.#raises.set(shard, busy);
    try {
      const epoch = Math.max(known, await epochs.getEpoch(shard)) + 1;
      await epochs.putEpoch(shard, epoch);
      if (this.#raises.get(shard) !== busy) return;
      this.#raises.set(shard, { ...raise, epoch, isBusy: false });
      this.#raise(shard);
    } catch (error) {
      log.warn({ shard, reason: textOf(error) }, 'the store does not take the epoch of a shard');
      if (this.#raises.get(shard) !== busy) return;
      this.#raises.set(shard, { ...raise, failures: raise.failures + 1 });
      if (raise.failures + 1 > maxRaises) this.#options.onUnusable(shard, textOf(error));
    }
  }

  #stateOf(shard: number): LeaseState {
    return this.#states[shard] ?? FREE;
  }

  #now(): number {
    return this.#options.clock.monotonic();
  }
}
