/** What the faults port does to both stores, and what survives. */
import test from 'ava';
import { MemoryDisk, openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { openStore } from '../../../actors/store/open.ts';
import { commitOne, create, doc, effect, ref, update } from '../../support/store/documents.ts';
import { LMDB_OPTIONS } from '../../support/store/lmdb.ts';
import { tempFolder } from '../../support/store/temp.ts';

/** A promise that is settled from outside. */
function gate(): { opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}

test('a commit is not acknowledged while its sync is held up, and nothing else is done before it', async (t) => {
  const folder = await tempFolder(t);
  const hold = gate();
  const entered = gate();
  const faults = {
    beforeWrite: () => {
      entered.open();
      return hold.opened;
    },
  };
  const store = await openStore(LMDB_OPTIONS, { directory: folder.path, faults });
  let acknowledged = false;
  const committed = commitOne(store, create(doc(1))).then((outcome) => {
    acknowledged = true;
    return outcome;
  });
  await entered.opened;
  t.deepEqual(await store.get([doc(1).id]), [undefined]);
  t.false(acknowledged);
  hold.open();
  t.is((await committed).kind, 'ok');
  await store.close();
});

test('a failed sync rejects every call of its batch, applies nothing, and the next batch goes on', async (t) => {
  const folder = await tempFolder(t);
  let failing = true;
  const faults = {
    beforeWrite: () => {
      if (failing) throw new Error('sync failed');
    },
  };
  const store = await openStore(LMDB_OPTIONS, { directory: folder.path, faults });
  const results = await Promise.allSettled([commitOne(store, create(doc(1))), commitOne(store, create(doc(2)))]);
  t.deepEqual(
    results.map((result) => result.status === 'rejected' && (result.reason as { code: string }).code),
    ['commit_failed', 'commit_failed'],
  );
  failing = false;
  t.deepEqual(await store.get([doc(1).id, doc(2).id]), [undefined, undefined]);
  t.is((await commitOne(store, create(doc(1)))).kind, 'ok');
  await store.close();
});

test('a commit that is applied and not acknowledged rejects, and is there', async (t) => {
  let failing = true;
  const faults = {
    beforeAcknowledge: () => {
      if (failing) throw new Error('gone');
    },
  };
  const store = openMemoryStore({ faults });
  await t.throwsAsync(commitOne(store, create(doc(1))), { code: 'commit_failed' });
  failing = false;
  t.deepEqual(await store.get([doc(1).id]), [doc(1)]);
  t.deepEqual(await commitOne(store, create(doc(1))), { kind: 'version', storedVersion: 1 });
});

test('what was settled before a failed write is settled by the next', async (t) => {
  const disk = new MemoryDisk();
  let failing = false;
  const faults = {
    beforeWrite: () => {
      if (failing) throw new Error('no');
    },
  };
  const store = openMemoryStore({ disk, faults });
  const made = doc(1);
  await commitOne(store, create(made, { effects: [effect(made, 0)] }));
  failing = true;
  await store.settle([ref(effect(made, 0))]);
  await t.throwsAsync(commitOne(store, update(made)), { code: 'commit_failed' });
  t.deepEqual((await store.outbox({ channel: 'dip', shards: [1], limit: 9 })).items, []);
  failing = false;
  await commitOne(store, update(made));
  store.abandon();
  t.is(await openMemoryStore({ disk }).outboxSize('dip'), 0);
});

test('a crash of the store in memory keeps what was committed and nothing else', async (t) => {
  const disk = new MemoryDisk();
  const store = openMemoryStore({ disk });
  await commitOne(store, create(doc(1)));
  let answered = false;
  const lost = commitOne(store, create(doc(2)));
  void lost.then(
    () => (answered = true),
    () => (answered = true),
  );
  store.abandon();
  const again = openMemoryStore({ disk });
  t.deepEqual(await again.get([doc(1).id, doc(2).id]), [doc(1), undefined]);
  await t.throwsAsync(store.get([doc(1).id]), { code: 'store_closed' });
  t.false(answered);
});

test('a document that is no JSON is refused, and what comes with other calls is not', async (t) => {
  const store = openMemoryStore();
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const bad = commitOne(store, create(doc(1, { snapshot: cyclic as never })));
  const good = commitOne(store, create(doc(2)));
  await t.throwsAsync(bad, { code: 'document_invalid', message: /^doc: is plain JSON/ });
  t.is((await good).kind, 'ok');
  await t.throwsAsync(commitOne(store, create(doc(3, { id: `x:${'y'.repeat(600)}` }))), { message: /^doc\.id: has at most 512 bytes/ });
  await t.throwsAsync(commitOne(store, create(doc(3, { version: 0 }))), { message: /^doc\.version: / });
  t.deepEqual(await store.get([doc(3).id]), [undefined]);
});

test('at the reserve new work is refused, work in hand goes on, and all resumes when space returns', async (t) => {
  const folder = await tempFolder(t);
  let free = 1_000;
  // The store's timers do not keep a process alive.
  const alive = setInterval(() => {}, 1_000);
  t.teardown(() => clearInterval(alive));
  const options = { ...LMDB_OPTIONS, diskReserveBytes: 500, statfsIntervalMs: 10 };
  const looked = { wait: gate() };
  const freeBytes = async (): Promise<number> => {
    looked.wait.open();
    looked.wait = gate();
    return free;
  };
  /** A whole look at the disk lies behind. */
  const look = async (): Promise<void> => {
    await looked.wait.opened;
    await looked.wait.opened;
  };
  const store = await openStore(options, { directory: folder.path, freeBytes });
  const made = doc(1);
  await commitOne(store, create(made));
  t.deepEqual(await store.health(), { writable: true, text: 'ok', freeBytes: 1_000 });
  free = 499;
  await look();
  t.deepEqual(await store.health(), { writable: false, text: 'disk: 499 bytes are free, the reserve is 500', freeBytes: 499 });
  const mixed = store.commit([[update(made)], [create(doc(2))]]);
  await t.throwsAsync(mixed, { code: 'disk_reserve', message: /^disk: 499 bytes/ });
  t.deepEqual(((await t.throwsAsync(store.commit([[update(made)], [create(doc(2))]]))) as unknown as { details: unknown }).details, { groups: [1] });
  t.is((await commitOne(store, update(made))).kind, 'ok');
  t.is((await commitOne(store, create(doc(3), { inHand: true }))).kind, 'ok');
  t.deepEqual(await store.get([doc(2).id]), [undefined]);
  free = 500;
  await look();
  t.true((await store.health()).writable);
  t.is((await commitOne(store, create(doc(2)))).kind, 'ok');
  await store.close();
});
