/** Several nodes in one process: engines with toys on one store, each with its own connection to one real NATS server. */
import type { ExecutionContext } from 'ava';
import { connect, type NatsConnection } from 'nats';
import { Value } from 'typebox/value';
import type { RoadLimits, ServerLimits } from '../../../actors/cluster/command-limits.ts';
import { CommandServer, type RoutedEngine } from '../../../actors/cluster/command-server.ts';
import { Router } from '../../../actors/cluster/router.ts';
import type { NatsSource } from '../../../actors/cluster/subscriptions.ts';
import type { Command } from '../../../actors/engine/definition.ts';
import { Engine, EngineOptionsSchema, type Handler, Registry } from '../../../actors/engine/index.ts';
import type { Clock } from '../../../actors/engine/ports.ts';
import { shardOf } from '../../../actors/engine/shard.ts';
import { openMemoryStore, type Store } from '../../../actors/store/index.ts';
import type { ActorId } from '../../../machines/common/effects.ts';
import { START, TestChannel, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { startNats } from '../../support/nats.ts';
import { type KeptLog, keptLog, realClock, realPorts } from '../../support/real-ports.ts';
import { toyDefinition } from '../../support/toy.ts';

export const SHARDS = 4;

/** Keys of one shard, as many as asked for. */
export function keysOf(shard: number, count: number): string[] {
  const keys: string[] = [];
  for (let n = 0; keys.length < count; n++) if (shardOf(`k${n}`, SHARDS) === shard) keys.push(`k${n}`);
  return keys;
}

/** A connection that a test can take away and give back. */
export class TestSource implements NatsSource {
  readonly nc: NatsConnection;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #connected = true;

  constructor(nc: NatsConnection) {
    this.nc = nc;
  }

  get connection(): NatsConnection | undefined {
    return this.#connected ? this.nc : undefined;
  }

  onChange(listener: (connected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  set(connected: boolean): void {
    this.#connected = connected;
    for (const listener of this.#listeners) listener(connected);
  }
}

export interface RoadNode {
  readonly name: string;
  readonly engine: Engine;
  readonly server: CommandServer;
  readonly router: Router;
  readonly source: TestSource;
  readonly log: KeptLog;
  /** The channel `out` of its toys. */
  readonly out: TestChannel;
  /** Shards that its router takes for its own, whatever the engine says. */
  readonly claimed: Set<number>;
  /** Shards that it cannot reach, with why. */
  readonly unreachable: Map<number, string>;
  /** Commands that its engine was given, by the way they came. */
  readonly given: { readonly way: 'command' | 'take'; readonly command: Command }[];
  /** Ids of commands in the order in which they were run here. */
  readonly ran: string[];
  /** Take a shard into service. */
  open(shard: number): void;
  /** Out of service, and finish what is under way. */
  close(shard: number): Promise<void>;
}

export interface RoadOptions {
  readonly nodes?: readonly string[];
  readonly clock?: Clock;
  readonly limits?: Partial<RoadLimits>;
  readonly serverLimits?: Partial<ServerLimits>;
  readonly handlers?: Readonly<Record<string, Handler>>;
  readonly natsConfig?: string;
  /** Of each node that has one, by name. */
  readonly clusterIds?: Readonly<Record<string, string>>;
}

export interface Road {
  readonly url: string;
  readonly store: Store;
  readonly nodes: readonly RoadNode[];
  /** Ids of commands in the order in which they were run, on whatever node. */
  readonly ran: string[];
  readonly a: RoadNode;
  readonly b: RoadNode;
  /** A plain connection of somebody else. */
  plain(): Promise<NatsConnection>;
}

export async function openRoad(t: ExecutionContext, options: RoadOptions = {}): Promise<Road> {
  const nats = await startNats({ jetstream: false, ...(options.natsConfig ? { config: options.natsConfig } : {}) });
  t.teardown(() => nats.close());
  const store = openMemoryStore();
  const ran: string[] = [];
  const plain = async (): Promise<NatsConnection> => {
    const nc = await connect({ servers: nats.url });
    t.teardown(() => nc.close());
    return nc;
  };
  const nodes = await Promise.all((options.nodes ?? ['a', 'b']).map(async (name) => openNode(t, name, store, await plain(), ran, options)));
  const [a, b] = nodes as [RoadNode, RoadNode];
  return { url: nats.url, store, nodes, ran, a, b, plain };
}

function openNode(t: ExecutionContext, name: string, store: Store, nc: NatsConnection, everywhere: string[], options: RoadOptions): RoadNode {
  const ran: string[] = [];
  const registry = new Registry().define(toyDefinition()).handle('test.note', async (_turn, payload) => {
    ran.push(payload as string);
    everywhere.push(payload as string);
    return payload;
  });
  registry.handle('toy.create', (turn, payload) => turn.create({ id: payload as ActorId, kind: 'toy', input: { start: 0 } }));
  registry.handle('toy.apply', (turn, payload) => {
    const { id, event } = payload as { id: ActorId; event: { type: string } };
    return turn.apply(id, event);
  });
  for (const [type, handler] of Object.entries(options.handlers ?? {})) registry.handle(type, handler);
  const epochs = new Map<number, number>();
  const out = new TestChannel('out');
  const engine = new Engine({
    options: { ...Value.Create(EngineOptionsSchema), shards: SHARDS },
    ports: testPorts(new FakeClock(START)),
    store,
    registry,
    channels: [out, new TestChannel('events', 'actor')],
    leases: { epochOf: (shard) => epochs.get(shard), overtaken: () => {} },
    route: (command) => router.take(command),
  });
  engine.start();
  const given: RoadNode['given'] = [];
  const noted: RoutedEngine = {
    store,
    inspect: (actor) => engine.inspect(actor),
    command: (command) => {
      given.push({ way: 'command', command });
      return engine.command(command);
    },
    take: (command) => {
      given.push({ way: 'take', command });
      return engine.take(command);
    },
  };
  const claimed = new Set<number>();
  const log = keptLog();
  const unreachable = new Map<number, string>();
  const clusterId = options.clusterIds?.[name];
  const common = {
    prefix: 'mw',
    shards: SHARDS,
    ...(clusterId === undefined ? {} : { clusterId }),
    nats: new TestSource(nc),
    engine: noted,
    ports: realPorts({ clock: options.clock ?? realClock, log }),
  };
  const server = new CommandServer({ ...common, ...(options.serverLimits ? { limits: options.serverLimits } : {}) });
  const router = new Router({
    ...common,
    node: name,
    inboxPrefix: '_INBOX',
    reach: { problemWith: (shard) => unreachable.get(shard), nobody: () => {} },
    local: (shard) => claimed.has(shard) || engine.serves(shard),
    ...(options.limits ? { limits: options.limits } : {}),
  });
  t.teardown(() => {
    router.close();
    server.close();
    engine.abandon();
  });
  return {
    name,
    engine,
    server,
    router,
    source: common.nats,
    log,
    out,
    claimed,
    unreachable,
    given,
    ran,
    open(shard) {
      epochs.set(shard, ++epoch);
      engine.openShard(shard);
      server.serve(shard);
    },
    async close(shard) {
      server.unserve(shard);
      await engine.closeShard(shard, new AbortController().signal);
      epochs.delete(shard);
    },
  };
}

/** Epochs rise with every claim, whoever makes it. */
let epoch = 0;

/** A command of the test's own. */
export const note = (key: string, id: string, change: Partial<Command> = {}): Command => ({
  key,
  type: 'test.note',
  payload: id,
  origin: 'caller',
  id,
  ...change,
});

/** Everything subscribed so far is known to the server. */
export async function flushed(...nodes: readonly RoadNode[]): Promise<void> {
  await Promise.all(nodes.map(({ source }) => source.nc.flush()));
}
