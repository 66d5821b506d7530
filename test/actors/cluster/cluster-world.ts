/** Nodes of a cluster in one process: real NATS, real coordinators, hosts that only remember. Every instant is looked at for two owners. */
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { type NatsOptions, NatsOptionsSchema, type OpenBus, openBus } from '../../../actors/bus/index.ts';
import type { ShardHost } from '../../../actors/cluster/contract.ts';
import { type Coordinator, type CoordinatorOptions, startCoordinator } from '../../../actors/cluster/coordinator.ts';
import type { ClusterEvent } from '../../../actors/cluster/status.ts';
import type { Clock, Timer } from '../../../actors/engine/ports.ts';
import { type NatsServer, startNats } from '../../support/nats.ts';
import { keptLog, realClock, realPorts } from '../../support/real-ports.ts';

/** Where leases are to lapse. Elsewhere they are long, so that a busy machine does not end one. */
export const LEASE_MS = 1_500;
const LONG_LEASE_MS = 3_000;
export const SHORT = { limits: { leaseMs: LEASE_MS } } as const;

/** The machine's clock, which can stand still as for a process that is stopped: timers wait too. */
export class StoppableClock implements Clock {
  #stoodAt: number | undefined;
  #held: (() => void)[] = [];

  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return this.#stoodAt ?? realClock.monotonic();
  }

  after(delayMs: number, run: () => void): Timer {
    let isCancelled = false;
    const fire = () => {
      if (isCancelled) return;
      if (this.#stoodAt === undefined) run();
      else this.#held.push(fire);
    };
    const timer = realClock.after(delayMs, fire);
    return {
      cancel() {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  soon(run: () => void): void {
    const fire = () => (this.#stoodAt === undefined ? run() : void this.#held.push(fire));
    realClock.soon(fire);
  }

  get isStopped(): boolean {
    return this.#stoodAt !== undefined;
  }

  stop(): void {
    this.#stoodAt = realClock.monotonic();
  }

  /** It goes on where the world is by now; `first` runs before anything else of the process does. */
  goOn(first: () => void): void {
    this.#stoodAt = undefined;
    first();
    for (const run of this.#held.splice(0)) run();
  }
}

export class FakeHost implements ShardHost {
  readonly opens: { readonly shard: number; readonly epoch: number }[] = [];
  readonly lost: number[] = [];
  closing = 0;
  mostClosing = 0;
  /** Rejects for these. */
  readonly broken = new Set<number>();
  /** What closing waits for. */
  closed: (shard: number) => Promise<void> = async () => {};

  async open(shard: number, epoch: number): Promise<void> {
    if (this.broken.has(shard)) throw new Error(`shard ${shard} is broken`);
    this.opens.push({ shard, epoch });
  }

  async close(shard: number): Promise<void> {
    this.closing++;
    this.mostClosing = Math.max(this.mostClosing, this.closing);
    await this.closed(shard);
    this.closing--;
  }

  lose(shard: number): void {
    this.lost.push(shard);
  }
}

export interface ClusterNode {
  readonly id: string;
  readonly coordinator: Coordinator;
  readonly bus: OpenBus;
  readonly host: FakeHost;
  readonly clock: StoppableClock;
  readonly events: ClusterEvent[];
  readonly parked: string[];
  /** As `kill -9`: nothing of it goes on. */
  kill(): Promise<void>;
  /** Shards that it may write now. */
  owned(): number[];
}

export interface WorldOptions {
  /** Instead of a server of its own, which is `server`. */
  readonly nats?: { readonly url: string; readonly replicas: number };
  readonly shards?: number;
  readonly limits?: Partial<CoordinatorOptions['limits']>;
}

export class World {
  readonly nodes: ClusterNode[] = [];
  readonly epochs = new Map<number, number>();
  readonly shards: number;
  readonly problems: string[] = [];
  /** Longest time that each shard had no owner since `watchGaps`, milliseconds. */
  readonly gaps = new Map<number, number>();
  #server: NatsServer | undefined;
  readonly #options: WorldOptions;
  readonly #waiting = new Set<() => void>();
  readonly #dead = new Set<ClusterNode>();
  readonly #unowned = new Map<number, number>();
  readonly #highest = new Map<number, number>();
  #watchesGaps = false;
  #timer: NodeJS.Timeout;

  constructor(server: NatsServer | undefined, options: WorldOptions) {
    this.#server = server;
    this.#options = options;
    this.shards = options.shards ?? 8;
    this.#timer = setInterval(() => this.look(), 2);
  }

  get server(): NatsServer {
    if (!this.#server) throw new Error('this world has no server of its own');
    return this.#server;
  }

  async node(id: string, change: Partial<CoordinatorOptions> = {}): Promise<ClusterNode> {
    const defaults = Value.Default(NatsOptionsSchema, {}) as NatsOptions;
    const { url, replicas } = this.#options.nats ?? { url: this.server.url, replicas: 1 };
    const nats: NatsOptions = { ...defaults, url, reconnectMinMs: 20, reconnectMaxMs: 60, stream: { ...defaults.stream, maxBytes: 1_048_576, replicas } };
    const bus = await openBus(nats, realPorts({ random: { next: Math.random } }));
    const clock = new StoppableClock();
    const host = new FakeHost();
    const events: ClusterEvent[] = [];
    const parked: string[] = [];
    const coordinator = this.#start(bus, {
      ports: realPorts({ clock, log: keptLog(), random: { next: Math.random } }),
      nats: bus,
      prefix: 'mw',
      replicas,
      identity: { clusterId: 'cluster-1', shards: this.shards },
      node: { id, version: '0.1.0', url: null },
      limits: { leaseMs: LONG_LEASE_MS, maxMoves: 4, drainMs: 2_000, settleMs: 300, openRestarts: 1, ...this.#options.limits },
      retry: { minMs: 300, maxMs: 300 },
      host,
      epochs: { getEpoch: async (shard) => this.epochs.get(shard) ?? 0, putEpoch: async (shard, epoch) => void this.epochs.set(shard, epoch) },
      onEvent: (event) => events.push(event),
      onParked: (shard, reason) => parked.push(`parked ${shard}: ${reason}`),
      onUnparked: (shard) => parked.push(`unparked ${shard}`),
      ...change,
    });
    const node: ClusterNode = {
      id,
      coordinator,
      bus,
      host,
      clock,
      events,
      parked,
      kill: async () => {
        this.#dead.add(node);
        clock.stop();
        await bus.close();
      },
      owned: () => Array.from({ length: this.shards }, (_, shard) => shard).filter((shard) => coordinator.epochOf(shard) !== undefined),
    };
    this.nodes.push(node);
    return node;
  }

  #start(bus: OpenBus, options: CoordinatorOptions): Coordinator {
    try {
      return startCoordinator(options);
    } catch (error) {
      void bus.close();
      throw error;
    }
  }

  get living(): readonly ClusterNode[] {
    return this.nodes.filter((node) => !this.#dead.has(node) && !node.clock.isStopped);
  }

  /** At this instant: nobody shares a shard, and epochs only rise. */
  look(): void {
    const now = performance.now();
    for (let shard = 0; shard < this.shards; shard++) {
      // Each is asked once: its lease may lapse between two questions.
      const owners = this.living.flatMap(({ id, coordinator }) => {
        const epoch = coordinator.epochOf(shard);
        return epoch === undefined ? [] : [{ id, epoch }];
      });
      if (owners.length > 1) this.problems.push(`shard ${shard}: ${owners.map(({ id, epoch }) => `${id}@${epoch}`).join(' ')}`);
      for (const { id, epoch } of owners) {
        if (epoch < (this.#highest.get(shard) ?? 0)) this.problems.push(`shard ${shard}: ${id} uses epoch ${epoch} after ${this.#highest.get(shard)}`);
        this.#highest.set(shard, Math.max(epoch, this.#highest.get(shard) ?? 0));
      }
      if (this.#watchesGaps && owners.length === 0) {
        const since = this.#unowned.get(shard) ?? now;
        this.#unowned.set(shard, since);
        this.gaps.set(shard, Math.max(now - since, this.gaps.get(shard) ?? 0));
      } else this.#unowned.delete(shard);
    }
    for (const check of [...this.#waiting]) check();
  }

  watchGaps(): void {
    this.#watchesGaps = true;
  }

  get longestGap(): number {
    return Math.max(0, ...this.gaps.values());
  }

  /** Resolves as soon as it holds; rejects after `limitMs`. */
  until(what: string, holds: () => boolean, limitMs = 10_000): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = performance.now() + limitMs;
      const check = () => {
        const isTrue = holds();
        if (!isTrue && performance.now() < end) return;
        this.#waiting.delete(check);
        if (isTrue) resolve();
        else reject(new Error(`not in time: ${what}; ${this.nodes.map(({ id, coordinator }) => `${id} ${JSON.stringify(coordinator.health())}`).join(', ')}`));
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Every shard in service, as evenly as can be among the nodes named. */
  settled(...nodes: readonly ClusterNode[]): Promise<void> {
    const share = Math.floor(this.shards / nodes.length);
    return this.until(`${nodes.map(({ id }) => id).join(', ')} share all shards`, () => {
      const sizes = nodes.map(({ coordinator }) => coordinator.health().serving);
      return sizes.reduce((sum, size) => sum + size, 0) === this.shards && sizes.every((size) => size >= share);
    });
  }

  /** NATS with nothing in it, where the former one was. */
  async wipe(): Promise<void> {
    const { port } = this.server;
    await this.server.close();
    this.#server = await startNats({ config: `port: ${port}` });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const { coordinator, clock } of this.nodes) {
      if (clock.isStopped) clock.goOn(() => {});
      void coordinator.stop();
    }
    await Promise.all(this.nodes.map(({ bus }) => bus.close()));
    await this.#server?.close();
  }
}

export async function clusterWorld(t: ExecutionContext, options: WorldOptions = {}): Promise<World> {
  const world = new World(options.nats ? undefined : await startNats(), options);
  t.teardown(() => world.close());
  return world;
}
