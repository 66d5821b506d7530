/** What the driver's own monitoring says of the servers; nothing is asked for it. */
import type { MongoClient, ServerDescription } from 'mongodb';
import type { StoreHealth } from '../store.ts';
import { messageOf } from './errors.ts';

const WRITABLE: ReadonlySet<string> = new Set(['RSPrimary', 'Standalone', 'Mongos', 'LoadBalancer']);

export function watchHealth(client: MongoClient): () => StoreHealth {
  let servers: readonly ServerDescription[] = [];
  client.on('topologyDescriptionChanged', ({ newDescription }) => {
    servers = [...newDescription.servers.values()];
  });
  return () => {
    if (servers.some(({ type }) => WRITABLE.has(type))) return { writable: true, text: 'ok' };
    const why = servers.map(({ address, type, error }) => `${address} is ${error ? `away (${messageOf(error)})` : type}`);
    return { writable: false, text: `mongodb: no server takes writes: ${why.join(', ') || 'none is known'}` };
  };
}
