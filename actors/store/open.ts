/** Opens the store that the settings name. */
import { StoreError } from '../errors/error.ts';
import { type LmdbStorePorts, openLmdbStore } from './lmdb/open.ts';
import type { StoreOptions } from './options.ts';
import type { Store } from './store.ts';

/** @throws StoreError `store_in_use`, `store_unwritable`, `store_newer_format`, `store_corrupt`, `store_unsupported` */
export async function openStore(options: StoreOptions, ports: LmdbStorePorts): Promise<Store> {
  if (options.kind === 'lmdb') return openLmdbStore(options, ports);
  throw new StoreError('store_unsupported', `store.kind: is lmdb in this version: ${options.kind}`, { retry: 'never' });
}
