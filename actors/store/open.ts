/** Opens the store that the settings name. */
import { StoreError } from '../errors/error.ts';
import { type LmdbStorePorts, openLmdbStore } from './lmdb/open.ts';
import type { StoreOptions } from './options.ts';
import type { Store } from './store.ts';

/** @throws StoreError `store_in_use`, `store_unwritable`, `store_newer_format`, `store_corrupt`, `store_unsupported`, `store_unreachable`, `store_index_differs` */
export async function openStore(options: StoreOptions, ports: LmdbStorePorts): Promise<Store> {
  if (options.kind === 'lmdb') return openLmdbStore(options, ports);
  if (!options.mongodb) throw new StoreError('store_unsupported', 'store.mongodb: is needed where store.kind is mongodb', { retry: 'never' });
  // The driver is large; who keeps to lmdb does not wait for it.
  const { openMongoStore } = await import('./mongodb/index.ts');
  return openMongoStore(options.mongodb, ports);
}
