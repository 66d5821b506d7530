import test from 'ava';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { commitOne, create, doc } from '../../support/store/documents.ts';
import { storeContract } from './contract.ts';

storeContract(async () => {
  const disk = new MemoryDisk();
  let store = openMemoryStore({ disk, atomicGroups: false });
  return {
    store,
    async reopen() {
      await store.close();
      store = openMemoryStore({ disk, atomicGroups: false });
      return store;
    },
    dispose: () => store.close(),
  };
});

test('without atomic groups, ops are applied in order up to the first that does not hold', async (t) => {
  const store = openMemoryStore({ atomicGroups: false });
  const [a, b, c] = [doc(1), doc(2), doc(3)];
  await commitOne(store, create(b));
  t.deepEqual(await store.commit([[create(a), create(b), create(c)]]), [{ kind: 'version', storedVersion: 1 }]);
  t.deepEqual(await store.get([a.id, c.id]), [a, undefined]);
});
