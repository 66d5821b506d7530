/** Nodes of a cluster as the program puts them together, in one process: engines with toys, one store, real NATS. */
import type { ExecutionContext } from 'ava';
import { Value } from 'typebox/value';
import { type NatsOptions, NatsOptionsSchema, openBus } from '../../../actors/bus/index.ts';
import { ClusterOptionsSchema } from '../../../actors/cluster/index.ts';
import { Engine, type EngineFace, EngineOptionsSchema, Registry, shardOf } from '../../../actors/engine/index.ts';
import { openMemoryStore, type Store } from '../../../actors/store/index.ts';
import { type ClusterHouse, openCluster } from '../../../ops/node/cluster.ts';
import { keptIdentity } from '../../../ops/node/installation.ts';
import { TestChannel } from '../../support/engine.ts';
import { type KeptLog, keptLog, realPorts } from '../../support/real-ports.ts';

export const SHARDS = 8;
/** Long enough for a busy machine. */
export const LEASE_MS = 1_500;

export interface House {
  readonly house: ClusterHouse;
  readonly face: EngineFace;
  readonly log: KeptLog;
  /** Ids of commands that ran here. */
  readonly ran: string[];
  readonly fatal: string[];
  readonly connected: () => boolean;
  /** A key whose shard it serves now. */
  key(): string;
}

export interface HouseOptions {
  readonly name: string;
  readonly url: string;
  readonly store?: Store;
  /** `engine.shards`. */
  readonly shards?: number;
}

/** Resolves when its part in the cluster has begun; whether it ever joins tells `house.joined`. */
export async function startHouse(t: ExecutionContext, { name, url, store = openMemoryStore(), shards = SHARDS }: HouseOptions): Promise<House> {
  const log = keptLog();
  const ports = realPorts({ log, random: { next: Math.random } });
  const identity = await keptIdentity(store, shards, ports.ids, ports.clock.now());
  const defaults = Value.Default(NatsOptionsSchema, {}) as NatsOptions;
  const nats: NatsOptions = { ...defaults, url, reconnectMinMs: 20, reconnectMaxMs: 60, stream: { ...defaults.stream, maxBytes: 1_048_576 } };
  const bus = await openBus(nats, ports, { kv: true, pingMs: LEASE_MS / 5 });
  const ran: string[] = [];
  const fatal: string[] = [];
  const house = openCluster({
    node: name,
    version: '0.1.0',
    options: { ...Value.Create(ClusterOptionsSchema), mode: 'nats', leaseMs: LEASE_MS, settleMs: 200, drainMs: 500 },
    retryAfterMs: 1_000,
    nats,
    bus,
    store,
    identity,
    ports,
    url: () => null,
    onFatal: (error) => fatal.push(error.code),
    onEvent: () => {},
    onParked: () => {},
    onUnparked: () => {},
    onShard: () => {},
  });
  const registry = new Registry().handle('test.note', async (_turn, payload) => {
    ran.push(payload as string);
    return payload;
  });
  const engine = new Engine({
    options: { ...Value.Create(EngineOptionsSchema), shards: identity.shards },
    ports,
    store,
    registry,
    channels: [new TestChannel('events', 'actor')],
    leases: house.leases,
    route: (command) => house.take(command),
  });
  const face = house.join(engine);
  engine.start();
  const abort = new AbortController();
  const part = await house.child.start(abort.signal);
  part.done?.catch(() => {});
  t.teardown(async () => {
    engine.abandon();
    await Promise.race([part.stop?.(), new Promise((resolve) => setTimeout(resolve, 1_000))]);
    house.close();
    await bus.close();
  });
  return {
    house,
    face,
    log,
    ran,
    fatal,
    connected: () => bus.link.connected,
    key() {
      for (let n = 0; ; n++) if (engine.serves(shardOf(`k${n}`, identity.shards))) return `k${n}`;
    },
  };
}

/** Looks every few milliseconds; rejects when it does not come. */
export async function until(what: string, holds: () => boolean, limitMs = 12_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** All shards in service, some at each. */
export function settled(...houses: readonly House[]): Promise<void> {
  return until('each has its share', () => {
    const sizes = houses.map(({ house }) => house.health().serving);
    return sizes.every((size) => size > 0) && sizes.reduce((sum, size) => sum + size, 0) === SHARDS;
  });
}

export const note = (key: string, id: string) => ({ key, type: 'test.note', payload: id, origin: 'caller' as const, id });
