/** An engine for the bench `route`: the real domains on a store in memory, with the records that its appointments need. */
import { CommandServer, type RoutedEngine } from '../../../actors/cluster/command-server.ts';
import type { NatsSource } from '../../../actors/cluster/subscriptions.ts';
import { openMemoryStore } from '../../../actors/store/index.ts';
import { benchPorts, openWorld } from '../world/engine.ts';

export const SHARDS = 64;
export const PREFIX = 'mw';

/** @param mpans seeded meter points that it knows */
export async function routedEngine(mpans: number): Promise<RoutedEngine> {
  const { engine, importMpans } = await openWorld(openMemoryStore());
  await importMpans(0, mpans);
  return engine;
}

export function serveAll(engine: RoutedEngine, nats: NatsSource): CommandServer {
  const server = new CommandServer({ prefix: PREFIX, shards: SHARDS, nats, engine, ports: benchPorts });
  for (let shard = 0; shard < SHARDS; shard++) server.serve(shard);
  return server;
}
