/** What holds of the store on MongoDB beside the contract. */
import { openMongoStore } from '../../../actors/store/mongodb/index.ts';
import { openStore } from '../../../actors/store/open.ts';
import type { ActorDoc, HistoryEntry } from '../../../actors/store/store.ts';
import { MONGODB_OPTIONS, mongodbTest, mongodbUrl, openMongodb, ownMongodbTest, startOwnMongodb, withClient } from '../../support/mongodb.ts';
import { ALL_SHARDS, commitOne, create, doc, effect, NOW, next, ref, slot, update } from '../../support/store/documents.ts';
import { LMDB_OPTIONS } from '../../support/store/lmdb.ts';

const entry = (version: number): HistoryEntry => ({ version, at: NOW + version, event: 'e', from: null, to: 'x' });
const total = (counts: readonly { readonly count: number }[]): number => counts.reduce((sum, { count }) => sum + count, 0);

const LANES = 4;
const MOST_PAUSE_MS = 10_000;

ownMongodbTest('S1: after kill -9 of the server under load every acknowledged commit is there, and none twice', async (t) => {
  const server = await startOwnMongodb();
  const store = await openMongoStore({ ...MONGODB_OPTIONS, url: server.url, database: 'kill' });
  t.teardown(async () => {
    await store.close();
    await server.close();
  });
  const acknowledged: ActorDoc[] = [];
  const failures: string[] = [];
  const pausesMs: number[] = [];
  let stopped = false;
  let killed: Promise<void> | undefined;
  let backAt = 0;
  const killAndRestart = async (): Promise<void> => {
    try {
      await server.kill();
      await server.restart();
      backAt = performance.now();
    } catch (error) {
      failures.push(`restart: ${String(error)}`);
      stopped = true;
    }
  };
  const lane = async (first: number): Promise<void> => {
    let back = false;
    for (let n = first; !stopped; n += LANES) {
      const made = doc(n, { commitId: `c${n}` });
      try {
        const outcome = await commitOne(store, create(made, { effects: [effect(made, 0)], claim: [slot(`s${n}`, made)] }));
        if (outcome.kind === 'ok') acknowledged.push(made);
        else t.fail(`${made.id}: ${outcome.kind}`);
      } catch (error) {
        failures.push(String(error));
        stopped = true;
      }
      if (!back && backAt > 0) pausesMs.push(performance.now() - backAt);
      back ||= backAt > 0;
      if (acknowledged.length === 200) killed ??= killAndRestart();
      if (acknowledged.length >= 400 && pausesMs.length === LANES) stopped = true;
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, i) => lane(i)));
  await killed;
  t.deepEqual(failures, []);
  t.true(Math.max(...pausesMs) < MOST_PAUSE_MS, `each goes on soon after the server is back: ${pausesMs.join(', ')} ms`);
  t.deepEqual(await store.get(acknowledged.map(({ id }) => id)), acknowledged);
  t.is(await store.outboxSize('dip'), await store.count({ index: 'kind', value: 'appointment' }));
});

mongodbTest('groups apply op by op, up to the first that does not hold', async (t) => {
  const { store, dispose } = await openMongodb();
  const [a, b, c, d] = [doc(1), doc(2), doc(3), doc(4)];
  await store.commit([[create(b, { claim: [slot('taken', b)] })], [create(d)]]);
  const docs = async (): Promise<unknown> => (await store.get([a, b, c, d].map(({ id }) => id))).map((one) => one?.version);
  t.deepEqual(await store.commit([[create(a), create(b), create(c)]]), [{ kind: 'version', storedVersion: 1 }]);
  t.deepEqual(await docs(), [1, 1, undefined, 1]);
  const stale = update(d, { version: 9, commitId: 'stale' });
  t.deepEqual(await store.commit([[update(a), { ...stale, expectedVersion: 8 }, create(c)]]), [{ kind: 'version', storedVersion: 1 }]);
  t.deepEqual(await docs(), [2, 1, undefined, 1]);
  t.deepEqual(await store.commit([[update(next(a)), update(doc(9)), create(c)]]), [{ kind: 'version', storedVersion: 0 }]);
  t.deepEqual(await docs(), [3, 1, undefined, 1]);
  const claims = update(d, { commitId: 'claims' }, { claim: [slot('taken', d)] });
  t.deepEqual(await store.commit([[create(c), claims, update(c)]]), [{ kind: 'slot', slot: slot('taken', b) }]);
  t.deepEqual(await docs(), [3, 1, 1, 1]);
  t.is(total(await store.counts(ALL_SHARDS)), 4);
  await dispose();
});

mongodbTest('a later op of a group sees the earlier, of one document too', async (t) => {
  const { store, dispose } = await openMongodb();
  const made = doc(1, { indexes: { sur: ['A'] } });
  const second = update(made, { indexes: { sur: ['B'] }, state: 'SECOND', commitId: 'second' });
  t.deepEqual(await store.commit([[create(made), second, { doc: next(second.doc, { commitId: 'third' }), expectedVersion: 2 }]]), [{ kind: 'ok' }]);
  t.deepEqual([await store.find('sur', 'A'), await store.find('sur', 'B')], [[], [made.id]]);
  t.is((await store.get([made.id]))[0]?.version, 3);
  t.deepEqual(
    (await store.counts(ALL_SHARDS)).map(({ state, count }) => [state, count]),
    [['SECOND', 1]],
  );
  const removal = { doc: doc(1), expectedVersion: 3, remove: true } as const;
  t.deepEqual(await store.commit([[removal, create(made)]]), [{ kind: 'ok' }]);
  t.deepEqual(await store.get([made.id]), [made]);
  await dispose();
});

mongodbTest('a group of a thousand ops is a matter of few round trips', async (t) => {
  const { store, dispose } = await openMongodb();
  const group = Array.from({ length: 1_000 }, (_, n) => create(doc(n)));
  const begin = performance.now();
  t.deepEqual(await store.commit([group]), [{ kind: 'ok' }]);
  t.true(performance.now() - begin < 5_000);
  t.is(await store.count({ index: 'kind', value: 'appointment' }), 1_000);
  await dispose();
});

mongodbTest('of two nodes that claim one slot at the same time, one wins', async (t) => {
  const one = await openMongodb();
  const other = await openMongoStore(one.options);
  const racers = Array.from({ length: 20 }, (_, n) => create(doc(n), { claim: [slot('active', doc(n))] }));
  const outcomes = await Promise.all(racers.map((op, n) => commitOne(n % 2 ? one.store : other, op)));
  t.is(outcomes.filter(({ kind }) => kind === 'ok').length, 1);
  t.is(outcomes.filter(({ kind }) => kind === 'slot').length, 19);
  await other.close();
  await one.dispose();
});

mongodbTest('history moves out of the document, and stays complete and in order', async (t) => {
  const { store, options, dispose } = await openMongodb();
  let current = doc(1);
  await commitOne(store, create(current, { history: [entry(1)] }));
  for (let version = 2; version <= 30; version++) {
    const op = update(current, {}, { history: [entry(version)] });
    await commitOne(store, op);
    current = op.doc;
  }
  await store.close();
  const again = await openMongoStore(options);
  t.deepEqual(
    await again.history(current.id),
    Array.from({ length: 30 }, (_, i) => entry(i + 1)),
  );
  const step = update(current, {}, { history: [entry(31)] });
  await commitOne(again, { ...step, doc: { ...step.doc, version: 32 } });
  const tail = (): Promise<number> =>
    withClient(
      options.url ?? '',
      async (client) => (await client.db(options.database).collection<{ _id: string; h?: unknown[] }>('actors').findOne({ _id: current.id }))?.h?.length ?? 0,
    );
  while ((await tail()) > 4);
  t.deepEqual(
    (await again.history(current.id, { after: 28 })).map(({ version }) => version),
    [29, 30, 31],
  );
  await again.close();
  await dispose();
});

mongodbTest('a removed document that holds a slot and an effect comes to life again with both, and without its history', async (t) => {
  const { store, dispose } = await openMongodb();
  const made = doc(1);
  await commitOne(store, create(made, { claim: [slot('s', made)], effects: [effect(made, 0)], history: [entry(1)] }));
  await commitOne(store, { doc: made, before: made, expectedVersion: 1, remove: true });
  t.deepEqual(await store.get([made.id]), [undefined]);
  t.deepEqual(await commitOne(store, update(made)), { kind: 'version', storedVersion: 0 });
  const again = doc(1, { commitId: 'again', version: 3 });
  t.deepEqual(await commitOne(store, create(again, { history: [{ ...entry(3), event: 'born' }] })), { kind: 'ok' });
  t.deepEqual(await store.get([made.id]), [again]);
  t.is((await store.slot('s'))?.owner, made.id);
  t.deepEqual(
    (await store.history(made.id)).map(({ version }) => version),
    [3],
  );
  await store.settle([ref(effect(made, 0))]);
  t.is(await store.outboxSize('dip'), 0);
  await dispose();
});

mongodbTest('what is left of a removed document goes with the sweep once it holds nothing', async (t) => {
  const { store, options, dispose } = await openMongodb();
  const made = doc(1);
  await commitOne(store, create(made, { claim: [slot('s', made, { expiresAt: NOW + 5 })], effects: [effect(made, 0)] }));
  await commitOne(store, { doc: made, before: made, expectedVersion: 1, remove: true });
  const left = (): Promise<number> => withClient(options.url ?? '', (client) => client.db(options.database).collection('actors').countDocuments());
  await store.sweep(NOW + 5, 10);
  t.is(await left(), 1);
  await store.settle([ref(effect(made, 0))]);
  t.is(await store.outboxSize('dip'), 0);
  await store.sweep(NOW + 5, 10);
  t.is(await left(), 0);
  await dispose();
});

mongodbTest('a recount puts wrong counters right, and tells how many', async (t) => {
  const { store, options, dispose } = await openMongodb();
  await store.commit([1, 5, 9, 2].map((n) => [create(doc(n))]));
  t.is(total(await store.counts([1])), 3);
  await withClient(options.url ?? '', async (client) => {
    const counts = client.db(options.database).collection<{ _id: string; s: number; n: number }>('counts');
    await counts.updateMany({ s: 1 }, { $inc: { n: 4 } });
    await counts.insertOne({ _id: JSON.stringify([1, 'appointment', 'NEVER', '2025-06-15', '']), s: 1, n: 2 });
  });
  t.is(total(await store.counts([1])), 9);
  t.is(await store.recount(1), 2);
  t.is(total(await store.counts([1])), 3);
  t.is(await store.recount(1), 0);
  await dispose();
});

mongodbTest('a document that outgrows the server is refused by itself; the others are told their outcomes when they are sent again', async (t) => {
  const { store, dispose } = await openMongodb();
  const [large, small] = [doc(1), doc(2)];
  const body = 'x'.repeat(9 * 1024 * 1024);
  await commitOne(store, create(large, { effects: [effect(large, 0, { body })] }));
  const grown = update(large, { commitId: 'grown' }, { effects: [effect(next(large), 0, { body })] });
  const groups = [[grown], [create(small)]] as const;
  const error = await t.throwsAsync(store.commit(groups), { code: 'document_invalid' });
  t.deepEqual((error as unknown as { details: unknown }).details, { groups: [0] });
  t.deepEqual(await store.commit([groups[1]]), [{ kind: 'ok' }]);
  t.is((await store.get([large.id]))[0]?.version, 1);
  t.deepEqual(
    (
      await t.throwsAsync(commitOne(store, create(doc(3), { effects: [effect(doc(3), 0, { body: body + body })] })), { code: 'document_invalid' })
    ).message.slice(0, 22),
    'doc: has at most 12582',
  );
  await dispose();
});

mongodbTest('nodes that open an empty database at the same time make its indexes once', async (t) => {
  const url = await mongodbUrl();
  const database = `mw-race-${process.pid}`;
  const stores = await Promise.all([1, 2, 3].map(() => openMongoStore({ ...MONGODB_OPTIONS, url, database })));
  t.deepEqual(await commitOne(stores[0]!, create(doc(1))), { kind: 'ok' });
  await Promise.all(stores.map((store) => store.close()));
  await withClient(url, (client) => client.db(database).dropDatabase());
});

mongodbTest('an index that is not the one that is needed is refused, by name', async (t) => {
  const url = await mongodbUrl();
  const database = `mw-index-${process.pid}`;
  await withClient(url, async (client) => {
    await client.db(database).collection('actors').createIndex({ 'sl.n': 1 }, { name: 'slot' });
    await t.throwsAsync(openMongoStore({ ...MONGODB_OPTIONS, url, database }), { code: 'store_index_differs', message: /index slot of .*actors/ });
    await client.db(database).dropDatabase();
  });
});

mongodbTest('data of a newer format is refused', async (t) => {
  const { options, dispose } = await openMongodb();
  const set = (d: string): Promise<unknown> =>
    withClient(options.url ?? '', (client) =>
      client.db(options.database).collection<{ _id: string; d: string }>('meta').updateOne({ _id: 'store.format' }, { $set: { d } }),
    );
  await set('99');
  await t.throwsAsync(openMongoStore(options), { code: 'store_newer_format' });
  await set('1');
  await dispose();
});

mongodbTest('the settings open it, and a backup names the tool that makes one', async (t) => {
  const { options, dispose } = await openMongodb();
  const store = await openStore({ ...LMDB_OPTIONS, kind: 'mongodb', mongodb: options }, { directory: 'unused' });
  t.is(store.name, 'mongodb');
  t.false(store.atomicGroups);
  await t.throwsAsync(store.backup('x'), { code: 'store_unsupported', message: /mongodump/ });
  await store.close();
  await dispose();
});

mongodbTest('a server that is not there is named as unreachable, without its password', async (t) => {
  const url = 'mongodb://someone:hidden-word@127.0.0.1:1/';
  const error = await t.throwsAsync(openMongoStore({ ...MONGODB_OPTIONS, url, database: 'x', selectionTimeoutMs: 300 }), { code: 'store_unreachable' });
  t.notRegex(error.message, /hidden-word/);
  await t.throwsAsync(openMongoStore({ ...MONGODB_OPTIONS, url: 'nonsense://hidden-word@x', database: 'x' }), {
    code: 'store_unreachable',
    message: /^(?!.*hidden-word)/,
  });
  await t.throwsAsync(openStore({ ...LMDB_OPTIONS, kind: 'mongodb', mongodb: { ...MONGODB_OPTIONS, database: 'x' } }, { directory: 'unused' }), {
    code: 'store_unsupported',
    message: /^store\.mongodb\.url: /,
  });
});

mongodbTest('look-ups that are made together are each answered by itself, also when they find too much to be made together', async (t) => {
  const { store, dispose } = await openMongodb();
  const docs = Array.from({ length: 5_100 }, (_, n) => doc(n, { indexes: { mpan: [n < 5_050 ? 'many' : `few-${n % 5}`], sur: [`s${n}`, 'x'] } }));
  await store.commit([docs.map((made) => create(made))]);
  const [few, one, none] = await Promise.all([store.find('mpan', 'few-3'), store.find('sur', 's17'), store.find('mpan', 'nobody')]);
  t.deepEqual([few.length, one, none], [10, [docs[17]!.id], []]);
  const [many, some] = await Promise.all([store.find('mpan', 'many'), store.find('mpan', 'few-3', 4)]);
  t.deepEqual([many, some], [docs.slice(0, 1_000).map(({ id }) => id), few.slice(0, 4)]);
  await dispose();
});
