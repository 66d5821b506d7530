/**
 * This process as one of several: which shards it serves by leases in NATS, and the road to the shards of others.
 *
 *   caller ─► router ─┬─ ours ──────────────────────────────► engine
 *                     └─ mw.cmd.<shard> ─► command server ─► engine of another node
 *   coordinator ─ leases ─► open, close, lose ─► engine, command server, router
 */

import type { NatsOptions, OpenBus } from '../../actors/bus/index.ts';
import {
  type ClusterEvent,
  type ClusterHealth,
  type ClusterIdentity,
  type ClusterOptions,
  type ClusterStatus,
  CommandServer,
  type Coordinator,
  type Drained,
  type Leases,
  NodeCalls,
  type NodeId,
  Reach,
  Router,
  Services,
  type ShardHost,
  startCoordinator,
  type Voice,
} from '../../actors/cluster/index.ts';
import type { Command, Engine, EngineFace, Ports } from '../../actors/engine/index.ts';
import { MeterwrightError } from '../../actors/errors/error.ts';
import type { Store } from '../../actors/store/index.ts';
import type { ChildHealth, ChildSpec } from '../../actors/supervision/index.ts';

export interface ClusterSetup {
  readonly node: NodeId;
  readonly version: string;
  readonly options: ClusterOptions;
  /** What callers are told to wait where another node cannot be asked, milliseconds. */
  readonly retryAfterMs: number;
  readonly nats: Pick<NatsOptions, 'prefix' | 'inboxPrefix' | 'stream'>;
  readonly bus: Pick<OpenBus, 'link'>;
  readonly store: Pick<Store, 'getMeta' | 'putMeta'>;
  readonly identity: ClusterIdentity;
  readonly ports: Ports;
  /** Where our gateway answers, once it does. */
  readonly url: () => string | null;
  /** Another life has our name, or NATS belongs to another cluster by now: this process must end. */
  onFatal(error: MeterwrightError): void;
  onEvent(event: ClusterEvent): void;
  onParked(shard: number, reason: string): void;
  onUnparked(shard: number): void;
  /** A shard has come into service here, or gone. */
  onShard(shard: number, served: boolean): void;
}

/** Counts since the start of commands to other nodes and from them. */
export interface RoadStats {
  readonly router: Router['stats'];
  readonly server: CommandServer['stats'];
}

export interface ClusterHouse {
  readonly node: NodeId;
  readonly voice: Voice;
  readonly calls: NodeCalls;
  /** For the engine. */
  readonly leases: Leases;
  /** Tells to keys of any node. */
  take(command: Command): Promise<unknown>;
  /** The engine is made: commands of others are taken as shards come. Returns the face by which every key is reached. */
  join(engine: Engine): EngineFace;
  /** The holder of leases, for the supervisor. */
  readonly child: ChildSpec;
  /**
   * Resolves once this node is in the cluster, which waits for NATS. Until then nothing may be sent: it might be another cluster that hears it.
   * Rejects when it never can be: `cluster_mismatch`, `cluster_shards_mismatch`, `node_id_taken`.
   */
  readonly joined: Promise<void>;
  /** What the services protocol tells of the parts of this node. */
  announce(children: () => readonly ChildHealth[]): void;
  /** Undefined before the engine is made. */
  road(): RoadStats | undefined;
  health(): ClusterHealth;
  /** Whether what comes for any key can be taken now. */
  areAllServed(): boolean;
  /** @throws MeterwrightError `cluster_away` before this node has looked at the cluster */
  status(): ClusterStatus;
  drain(): Promise<Drained>;
  /** Whoever asks this node is better served by another from now on. */
  isDraining(): boolean;
  close(): void;
}

const EPOCH_META = 'epoch.';
const NOT_YET: ClusterHealth = { isReady: false, problem: 'has not looked at the cluster yet', serving: 0, isDrained: false };

export function openCluster(setup: ClusterSetup): ClusterHouse {
  const { node, ports, options, bus, nats } = setup;
  const { prefix, inboxPrefix } = nats;
  const { clusterId } = setup.identity;
  // The connection itself: leases must not lapse because the stream of events has no leader.
  const link = bus.link;
  let coordinator: Coordinator | undefined;
  let road: { readonly engine: Engine; readonly server: CommandServer; readonly router: Router } | undefined;
  let services: Services | undefined;
  const joined = Promise.withResolvers<void>();
  // Who does not ask need not hear of it.
  joined.promise.catch(() => {});
  let hasJoined = false;
  const ended = (error: MeterwrightError): void => {
    if (hasJoined) setup.onFatal(error);
    else joined.reject(error);
  };

  const nodes = (): readonly NodeId[] => {
    const known = coordinator?.aliveNodes() ?? [];
    return known.includes(node) ? known : [...known, node];
  };
  const calls = new NodeCalls({ node, prefix, inboxPrefix, clusterId, nats: link, ports, nodes });
  const reach = new Reach({
    clock: ports.clock,
    problem: () => coordinator?.unheard() ?? null,
    ownerOf: (shard) => coordinator?.ownerOf(shard) ?? null,
    lateOwnerOf: (shard) => coordinator?.lateOwnerOf(shard),
  });
  const onRoad = (): NonNullable<typeof road> => {
    if (!road) throw new Error('cluster: asked for the road before the engine was made');
    return road;
  };
  const host: ShardHost = {
    async open(shard) {
      const { engine, server, router } = onRoad();
      engine.openShard(shard);
      server.serve(shard);
      router.shardChanged(shard);
      setup.onShard(shard, true);
    },
    async close(shard, signal) {
      const { engine, server, router } = onRoad();
      setup.onShard(shard, false);
      await engine.closeShard(shard, signal);
      server.unserve(shard);
      router.shardChanged(shard);
    },
    lose(shard) {
      const { engine, server, router } = onRoad();
      engine.loseShard(shard);
      server.unserve(shard);
      router.shardChanged(shard);
      setup.onShard(shard, false);
    },
  };
  const leases: Leases = {
    epochOf: (shard) => coordinator?.epochOf(shard),
    overtaken: (shard, storedEpoch) => coordinator?.overtaken(shard, storedEpoch),
  };
  const child: ChildSpec = {
    id: 'leases',
    async start(signal) {
      const started = startCoordinator({
        ports,
        nats: link,
        prefix,
        replicas: nats.stream.replicas,
        identity: setup.identity,
        node: { id: node, version: setup.version, url: setup.url() },
        limits: options,
        host,
        epochs: {
          getEpoch: async (shard) => Number((await setup.store.getMeta(`${EPOCH_META}${shard}`)) ?? 0),
          putEpoch: (shard, epoch) => setup.store.putMeta(`${EPOCH_META}${shard}`, epoch),
        },
        onEvent: setup.onEvent,
        onParked: setup.onParked,
        onUnparked: setup.onUnparked,
      });
      coordinator = started;
      started.ready.then(
        () => {
          hasJoined = true;
          joined.resolve();
        },
        () => {},
      );
      started.done.catch(ended);
      signal.addEventListener('abort', () => void started.stop(), { once: true });
      return started;
    },
  };
  return {
    node,
    voice: calls.voice,
    calls,
    leases,
    child,
    joined: joined.promise,
    take: async (command) => onRoad().router.take(command),
    join(engine) {
      const { shards } = setup.identity;
      const limits = { timeoutMs: options.commandTimeoutMs, batch: options.commandBatch, retryAfterMs: setup.retryAfterMs };
      const server = new CommandServer({ prefix, shards, clusterId, nats: link, engine, ports });
      const local = (shard: number): boolean => engine.serves(shard);
      const router = new Router({ node, prefix, inboxPrefix, shards, clusterId, reach, local, engine, nats: link, ports, limits });
      road = { engine, server, router };
      return router;
    },
    announce(children) {
      const { server } = onRoad();
      services = new Services({
        nats: link,
        ports,
        id: ports.ids.uuid(),
        version: setup.version,
        description: 'actor engine for electricity metering services',
        metadata: { node },
        endpoints: [
          { name: 'commands', subject: `${prefix}.cmd.*`, stats: () => server.stats, data: () => ({ children: children().map((one) => ({ ...one })) }) },
          { name: 'calls', subject: `${prefix}.cmd.node.${node}`, stats: () => calls.stats },
        ],
      });
    },
    road: () => road && { router: road.router.stats, server: road.server.stats },
    health: () => coordinator?.health() ?? NOT_YET,
    areAllServed: () => coordinator?.areAllServed() ?? false,
    status() {
      if (!coordinator) throw new MeterwrightError('cluster_away', `cluster: ${NOT_YET.problem}`, { retry: 'later' });
      return coordinator.status();
    },
    drain() {
      if (!coordinator) return Promise.resolve({ left: 0 });
      return coordinator.drain();
    },
    isDraining: () => coordinator?.isDraining() ?? false,
    close() {
      services?.close();
      road?.server.close();
      road?.router.close();
      calls.close();
    },
  };
}
