import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { storeContract } from './contract.ts';

storeContract(async () => {
  const disk = new MemoryDisk();
  let store = openMemoryStore({ disk });
  return {
    store,
    async reopen() {
      await store.close();
      store = openMemoryStore({ disk });
      return store;
    },
    dispose: () => store.close(),
  };
});
