/**
 * The engine as every node offers it: a command runs where its key's shard is served, here or elsewhere.
 *
 *   command ─► shard served here? ─ yes ─► engine of this node                              (no copy, nothing in between)
 *                     │ no                        │ not_owner
 *                     ▼                           ▼
 *                  lane of the shard ─► batch of one turn ─► courier ─► owner ─► answers
 *                     ▲      pause          │ not_owner, nobody
 *                     └─────────────────────┘
 *
 * Invariants
 * - T1 Every command settles by its deadline. One that may have been run says so: `details.outcome` is `unknown`; else it is `none`.
 * - T2 Commands of one key run in the order in which they came to this router, also across a hand-over.
 * - T3 Only what nobody ran is said again by itself (`not_owner`, nobody subscribed); its id stays the same.
 * - T4 What waits is bounded, in all and per shard; beyond, callers hear `OverloadedError`. Tells are bounded where they come from.
 * - T5 Without NATS, or when whoever should answer is known not to, what would go elsewhere fails at once and was not sent; shards served here go on.
 */
import type { ActorId } from '../../machines/common/effects.ts';
import type { Command } from '../engine/definition.ts';
import type { ActorInspection, EngineFace, StoreReader } from '../engine/face.ts';
import type { Ports, Timer } from '../engine/ports.ts';
import { shardOf } from '../engine/shard.ts';
import { MeterwrightError, NotOwnerError, OverloadedError, RefusedError } from '../errors/error.ts';
import { ROAD_LIMITS, type RoadLimits } from './command-limits.ts';
import { handOver, INSPECT, type RoutedEngine } from './command-server.ts';
import { encodeCommand } from './command-wire.ts';
import { Courier, type Parcel } from './courier.ts';
import { type Entry, Lane } from './lane.ts';
import type { Reach } from './reach.ts';
import type { NatsSource } from './subscriptions.ts';

export interface RouterSetup {
  readonly node: string;
  /** `nats.prefix`, `nats.inboxPrefix`. */
  readonly prefix: string;
  readonly inboxPrefix: string;
  readonly shards: number;
  /** Of this cluster; absent: messages name none. */
  readonly clusterId?: string;
  /** Absent: everybody can be reached while there is a connection. */
  readonly reach?: Pick<Reach, 'problemWith' | 'nobody'>;
  /** Whether this node serves a shard now. */
  readonly local: (shard: number) => boolean;
  readonly engine: RoutedEngine;
  readonly nats: NatsSource;
  readonly ports: Pick<Ports, 'clock' | 'random' | 'log'>;
  readonly limits?: Partial<RoadLimits>;
}

export interface RouterStats {
  readonly local: number;
  /** Commands that left for other nodes, and the messages that they shared. */
  readonly remote: number;
  readonly batches: number;
  /** Said again because nobody ran them. */
  readonly bounced: number;
  /** For other nodes now, under way included. */
  readonly waiting: number;
}

type Outcome = 'none' | 'unknown';

export class Router implements EngineFace {
  readonly store: StoreReader;
  readonly #setup: RouterSetup;
  readonly #limits: RoadLimits;
  readonly #courier: Courier;
  /** Only shards for which something waits. */
  readonly #lanes = new Map<number, Lane>();
  /** Commands under way in the engine of this node, by shard. */
  readonly #here: Int32Array;
  /** All that is in lanes, in the order of their deadlines. */
  readonly #open = new Set<Entry>();
  readonly #unwatch: () => void;
  /** Lanes to look at when the work at hand is done: all of them in one turn, so that all their messages leave in one write. */
  #dirty: Lane[] = [];
  #timer: Timer | undefined;
  #order = 0;
  #closed = false;
  #local = 0;
  #remote = 0;
  #batches = 0;
  #bounced = 0;

  constructor(setup: RouterSetup) {
    const { node, prefix, inboxPrefix, shards, clusterId, nats, ports } = setup;
    this.#setup = setup;
    this.store = setup.engine.store;
    this.#limits = { ...ROAD_LIMITS, ...setup.limits };
    const { messageBytes } = this.#limits;
    const identity = clusterId === undefined ? {} : { clusterId };
    this.#courier = new Courier({ node, prefix, inboxPrefix, shards, ...identity, nats, log: ports.log, messageBytes });
    this.#here = new Int32Array(shards);
    this.#unwatch = nats.onChange((connected) => {
      if (!connected) this.#cutOff();
    });
  }

  /** As `EngineFace.command`, wherever the key is served. */
  command<TReply>(command: Command): Promise<TReply> {
    return this.#route(command, false) as Promise<TReply>;
  }

  /** A command of the engine of this node (a tell). Rejects with what passes by itself when it could not be handed over; say it again then. */
  take(command: Command): Promise<unknown> {
    return this.#route(command, true);
  }

  /** As `EngineFace.inspect`, answered by the node that has the actor's undone work in memory. */
  async inspect(actor: ActorId): Promise<ActorInspection | undefined> {
    const [doc] = await this.store.get([actor]);
    if (!doc) return undefined;
    const payload = { actor };
    return this.command<ActorInspection | undefined>({ key: doc.key, type: INSPECT, payload, origin: 'caller', id: actor });
  }

  /** A shard has come, or gone: what waits for it is looked at now. */
  shardChanged(shard: number): void {
    const lane = this.#lanes.get(shard);
    if (!lane) return;
    lane.pause?.cancel();
    lane.pause = undefined;
    this.#schedule(lane);
  }

  get stats(): RouterStats {
    return { local: this.#local, remote: this.#remote, batches: this.#batches, bounced: this.#bounced, waiting: this.#open.size };
  }

  /** What waits is refused. */
  close(): void {
    this.#closed = true;
    this.#unwatch();
    this.#timer?.cancel();
    for (const entry of [...this.#open]) this.#giveUp(entry, 'router: is stopping');
    for (const lane of this.#lanes.values()) lane.pause?.cancel();
    this.#courier.close();
  }

  #route(command: Command, take: boolean): Promise<unknown> {
    const shard = shardOf(command.key, this.#setup.shards);
    const lane = this.#lanes.get(shard);
    // What is on its way elsewhere goes first.
    if (!lane?.has(command.key) && this.#setup.local(shard)) return this.#runHere(shard, command, take);
    return new Promise((resolve, reject) => this.#add(shard, command, take, this.#order++, resolve, reject, false));
  }

  #runHere(shard: number, command: Command, take: boolean): Promise<unknown> {
    const order = this.#order++;
    this.#local++;
    this.#begin(shard);
    return handOver(this.#setup.engine, command, take).then(
      (reply) => {
        this.#end(shard);
        return reply;
      },
      (error: unknown) => {
        if (!(error instanceof NotOwnerError)) {
          this.#end(shard);
          throw error;
        }
        const elsewhere = new Promise((resolve, reject) => this.#add(shard, command, take, order, resolve, reject, true));
        this.#end(shard);
        return elsewhere;
      },
    );
  }

  #begin(shard: number): void {
    this.#here[shard] = (this.#here[shard] ?? 0) + 1;
  }

  #end(shard: number): void {
    const left = (this.#here[shard] ?? 0) - 1;
    this.#here[shard] = left;
    if (left > 0) return;
    const lane = this.#lanes.get(shard);
    if (lane) this.#schedule(lane);
  }

  /** @param bounced it was taken before: it is not refused for want of room */
  #add(shard: number, command: Command, take: boolean, order: number, resolve: Entry['resolve'], reject: Entry['reject'], bounced: boolean): void {
    let text: string;
    try {
      text = encodeCommand(command, take);
      this.#admit(shard, command, text, take || bounced);
    } catch (error) {
      reject(error);
      return;
    }
    const { clock } = this.#setup.ports;
    const lane = this.#lane(shard);
    const deadlineAt = clock.monotonic() + this.#limits.timeoutMs;
    const entry: Entry = { command, take, order, deadlineAt, resolve, reject, text, lane, state: 'waiting', here: false, reached: false };
    lane.add(entry);
    this.#open.add(entry);
    this.#timer ??= clock.after(this.#limits.timeoutMs, () => this.#sweep());
    if (bounced) this.#pause(lane);
    else this.#schedule(lane);
  }

  /** @throws OverloadedError, RefusedError `command_too_large` */
  #admit(shard: number, { type }: Command, text: string, always: boolean): void {
    const { waiting, waitingPerShard, retryAfterMs } = this.#limits;
    const details = { shard, outcome: 'none' };
    if (this.#closed) throw new OverloadedError('router: is stopping', retryAfterMs, details);
    const { room } = this.#courier;
    if (text.length * 3 > room && Buffer.byteLength(text) > room) {
      throw new RefusedError('command_too_large', `payload: must leave the command within ${room} bytes, the bound of messages to other nodes`, {
        details: { type },
      });
    }
    if (always) return;
    if (this.#open.size >= waiting) throw new OverloadedError(`router: ${waiting} commands wait for other nodes already`, retryAfterMs, details);
    const size = this.#lanes.get(shard)?.size ?? 0;
    if (size >= waitingPerShard) throw new OverloadedError(`router: ${waitingPerShard} commands wait for shard ${shard} already`, retryAfterMs, details);
  }

  #lane(shard: number): Lane {
    let lane = this.#lanes.get(shard);
    if (!lane) {
      lane = new Lane(shard);
      this.#lanes.set(shard, lane);
    }
    return lane;
  }

  #schedule(lane: Lane): void {
    if (lane.scheduled || lane.pause) return;
    lane.scheduled = true;
    this.#dirty.push(lane);
    if (this.#dirty.length === 1) this.#setup.ports.clock.soon(() => this.#lookAtAll());
  }

  #lookAtAll(): void {
    const lanes = this.#dirty;
    this.#dirty = [];
    for (const lane of lanes) {
      lane.scheduled = false;
      if (!lane.pause && !this.#closed) this.#look(lane);
      this.#release(lane);
    }
  }

  /** Nobody has the shard now; a hand-over is short. */
  #pause(lane: Lane): void {
    this.#bounced++;
    if (lane.pause) return;
    const { pauseMs, maxPauseMs } = this.#limits;
    const ceiling = Math.min(maxPauseMs, pauseMs * 2 ** Math.min(lane.bounces++, 20));
    const { clock, random } = this.#setup.ports;
    lane.pause = clock.after(ceiling / 2 + (ceiling / 2) * random.next(), () => {
      lane.pause = undefined;
      this.#schedule(lane);
    });
  }

  #look(lane: Lane): void {
    const { shard } = lane;
    if (this.#setup.local(shard)) {
      for (const entry of lane.next(() => true)) this.#runHereAtLast(lane, entry);
      return;
    }
    // What is under way here comes first: its keys may be the same.
    if ((this.#here[shard] ?? 0) > 0) return;
    const problem = this.#courier.connected ? this.#setup.reach?.problemWith(shard) : 'nats: away, and the shard is served elsewhere';
    if (problem !== undefined) {
      for (const entry of lane.waiting()) this.#giveUp(entry, problem);
      return;
    }
    while (lane.isReady && this.#send(lane));
  }

  #send(lane: Lane): boolean {
    const { batch } = this.#limits;
    let room = this.#courier.room;
    let count = 0;
    const entries = lane.next(({ text }) => {
      room -= Buffer.byteLength(text) + 1;
      return count++ === 0 || (room >= 0 && count <= batch);
    });
    if (entries.length === 0) return false;
    this.#remote += entries.length;
    this.#batches++;
    const texts = entries.map(({ text }) => text);
    if (this.#courier.carry(lane.shard, texts, this.#parcel(lane, entries))) return true;
    for (const entry of entries) this.#giveUp(entry, 'nats: the message could not be sent');
    return false;
  }

  #parcel(lane: Lane, entries: readonly Entry[]): Parcel {
    const each = (run: (entry: Entry) => void): void => entries.forEach(run);
    return {
      size: entries.length,
      deadlineAt: entries.reduce((last, { deadlineAt }) => Math.max(last, deadlineAt), 0),
      replied: (index, reply) => {
        const entry = entries[index];
        lane.bounces = 0;
        lane.stranger = undefined;
        if (entry && this.#settle(entry)) entry.resolve(reply);
      },
      failed: (index, error) => {
        const entry = entries[index];
        if (entry) this.#answered(lane, entry, error);
      },
      refused: (error) => each((entry) => this.#answered(lane, entry, error)),
      stranger: ({ message }) => {
        lane.stranger = message;
      },
      nobody: () => {
        this.#setup.reach?.nobody(lane.shard);
        each((entry) => this.#bounce(lane, entry));
      },
    };
  }

  /** Something waited until this node had the shard. */
  #runHereAtLast(lane: Lane, entry: Entry): void {
    entry.here = true;
    this.#local++;
    this.#begin(lane.shard);
    handOver(this.#setup.engine, entry.command, entry.take).then(
      (reply) => {
        lane.bounces = 0;
        if (this.#settle(entry)) entry.resolve(reply);
        this.#end(lane.shard);
      },
      (error: unknown) => {
        this.#failed(lane, entry, error);
        this.#end(lane.shard);
      },
    );
  }

  /** A node did not run it, or failed. */
  #answered(lane: Lane, entry: Entry, error: MeterwrightError): void {
    // There may be another that ran it, and whose answer is lost.
    entry.reached = true;
    this.#failed(lane, entry, error);
  }

  #failed(lane: Lane, entry: Entry, error: unknown): void {
    if (error instanceof NotOwnerError) this.#bounce(lane, entry);
    else if (this.#settle(entry)) entry.reject(error);
  }

  #bounce(lane: Lane, entry: Entry): void {
    if (entry.state !== 'under way') return;
    lane.remove(entry);
    entry.here = false;
    lane.add(entry);
    this.#pause(lane);
  }

  /** False: it was settled before. */
  #settle(entry: Entry): boolean {
    if (entry.state === 'settled') return false;
    const { lane } = entry;
    const goesOn = lane.remove(entry);
    entry.state = 'settled';
    this.#open.delete(entry);
    if (goesOn) this.#schedule(lane);
    else this.#release(lane);
    return true;
  }

  /** A lane that holds nothing is forgotten, once nobody is going to look at it. */
  #release(lane: Lane): void {
    if (lane.size === 0 && !lane.pause && !lane.scheduled) this.#lanes.delete(lane.shard);
  }

  /** Of what was not run, or of what nobody can say whether it was. */
  #giveUp(entry: Entry, why: string): void {
    const { type, id } = entry.command;
    const { shard } = entry.lane;
    const outcome: Outcome = entry.reached || entry.state === 'under way' ? 'unknown' : 'none';
    const text = outcome === 'none' ? `${why}; nothing was changed` : `${why}; it may still be done: say it again with the same id`;
    if (this.#settle(entry)) entry.reject(new OverloadedError(text, this.#limits.retryAfterMs, { shard, type, id, outcome }));
  }

  #sweep(): void {
    this.#timer = undefined;
    const { clock } = this.#setup.ports;
    const now = clock.monotonic();
    for (const entry of this.#open) {
      if (entry.deadlineAt > now) {
        this.#timer = clock.after(entry.deadlineAt - now, () => this.#sweep());
        break;
      }
      const { stranger } = entry.lane;
      this.#giveUp(entry, `shard: no owner answered within ${this.#limits.timeoutMs} ms${stranger === undefined ? '' : ` (${stranger})`}`);
    }
    this.#courier.forget(now);
  }

  /** NATS is away: nothing under way will be answered. */
  #cutOff(): void {
    this.#courier.abandon();
    for (const lane of [...this.#lanes.values()]) {
      if (this.#setup.local(lane.shard)) continue;
      lane.pause?.cancel();
      lane.pause = undefined;
      this.#schedule(lane);
    }
    for (const entry of [...this.#open]) {
      if (entry.state === 'under way' && !entry.here) this.#giveUp(entry, 'nats: lost before the answer came');
    }
  }
}

/** Whether a command that failed with this may have been run all the same. */
export function isOutcomeUnknown(error: unknown): boolean {
  return error instanceof MeterwrightError && error.details.outcome === 'unknown';
}
