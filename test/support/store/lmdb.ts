/** A store on LMDB in a folder of its own. */
import { openStore } from '../../../actors/store/open.ts';
import type { StoreOptions } from '../../../actors/store/options.ts';
import type { Store } from '../../../actors/store/store.ts';
import { makeFolder } from './temp.ts';

export const LMDB_OPTIONS: StoreOptions = { kind: 'lmdb', mapSizeBytes: 64 * 1024 * 1024, diskReserveBytes: 0, statfsIntervalMs: 1_000 };

export async function openLmdb(): Promise<{ store: Store; reopen(): Promise<Store>; dispose(): Promise<void> }> {
  const folder = await makeFolder();
  let store = await openStore(LMDB_OPTIONS, { directory: folder.path });
  return {
    store,
    async reopen() {
      await store.close();
      store = await openStore(LMDB_OPTIONS, { directory: folder.path });
      return store;
    },
    async dispose() {
      await store.close();
      await folder.remove();
    },
  };
}
