/** A stopped installation's store, copied into the database of a cluster. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { openLmdbSource } from '../../../actors/store/lmdb/source.ts';
import { copyToMongo, refuseDifferent } from '../../../actors/store/mongodb/copy/index.ts';
import { openMongoStore } from '../../../actors/store/mongodb/index.ts';
import { openStore } from '../../../actors/store/open.ts';
import type { MongodbOptions } from '../../../actors/store/options.ts';
import type { ActorDoc, CommitOp, HistoryEntry, Store } from '../../../actors/store/store.ts';
import { store as storeCommand } from '../../../ops/cli/commands/store-copy.ts';
import { mongodbTest, openMongodb, withClient } from '../../support/mongodb.ts';
import { runCommand } from '../../support/run-command.ts';
import { ALL_SHARDS, commitOne, create, doc, effect, NOW, next, ref, slot, update } from '../../support/store/documents.ts';
import { LMDB_OPTIONS } from '../../support/store/lmdb.ts';
import { makeFolder } from '../../support/store/temp.ts';

const COUNT = 450;
const entry = (version: number): HistoryEntry => ({
  version,
  at: NOW + version,
  event: 'é',
  from: null,
  to: 'x',
  ...(version === 2 ? { said: [{ n: 1 }] } : {}),
});

function born(n: number): CommitOp {
  const made = doc(n, {
    kind: n % 3 ? 'appointment' : 'alert',
    epoch: n % 5,
    indexes: { mpan: [`m${n % 10}`] },
    reminders: n % 4 ? [] : [{ name: 'due', dueAt: NOW + n }],
    ...(n % 7 ? {} : { reason: 'why' }),
  });
  return create(made, {
    claim: [slot(`s${n}`, made, n % 2 ? { expiresAt: NOW + 9 } : { value: { n } })],
    effects: [effect(made, 0), effect(made, 1, { channel: 'events', body: 'œuvre' })],
    history: [entry(1)],
  });
}

/** An installation that has worked and was stopped. */
async function installation(t: ExecutionContext): Promise<{ dataDir: string; directory: string; docs: readonly ActorDoc[] }> {
  const folder = await makeFolder();
  t.teardown(() => folder.remove());
  const directory = join(folder.path, 'store');
  const store = await openStore(LMDB_OPTIONS, { directory });
  const creates = Array.from({ length: COUNT }, (_, n) => born(n));
  await store.commit(creates.map((op) => [op]));
  const changes = creates
    .slice(0, 60)
    .map(({ doc: made }) => update(made, { state: 'CHANGED', commitId: `u${made.id}` }, { settle: [ref(effect(made, 0))], history: [entry(2)] }));
  await store.commit(changes.map((op) => [op]));
  // It leaves its slot and an effect behind.
  const last = creates.at(-1)!.doc;
  await commitOne(store, { doc: last, before: last, expectedVersion: 1, remove: true });
  await store.putMeta('shards', 4);
  await store.close();
  return { dataDir: folder.path, directory, docs: creates.slice(0, -1).map(({ doc: made }, n) => changes[n]?.doc ?? made) };
}

/** An empty database, and its settings. */
async function target(t: ExecutionContext): Promise<MongodbOptions> {
  const { store, options, dispose } = await openMongodb();
  await store.close();
  t.teardown(dispose);
  return options;
}

async function copyAll(directory: string, options: MongodbOptions, told: (stage: string, done: number) => void = () => {}) {
  const source = await openLmdbSource(directory, LMDB_OPTIONS.mapSizeBytes);
  try {
    return await copyToMongo(source, options, { newId: () => 'the-source', told });
  } finally {
    await source.close();
  }
}

/** Everything that both stores tell. */
async function told(store: Store, docs: readonly ActorDoc[]): Promise<unknown> {
  const all = async (channel: string) => (await store.outbox({ channel, shards: ALL_SHARDS, limit: 2_000 })).items;
  return {
    docs: await store.get(docs.map(({ id }) => id)),
    found: await Promise.all([0, 1, 2].map((n) => store.find('mpan', `m${n}`))),
    effects: [await all('dip'), await all('events')],
    slots: await Promise.all([0, 1, 2, COUNT - 1].map((n) => store.slot(`s${n}`))),
    due: await store.due({ shards: ALL_SHARDS, until: NOW + COUNT, limit: 1_000 }),
    history: await Promise.all(docs.slice(55, 65).map(({ id }) => store.history(id))),
    announced: (await store.announced({ from: 0, to: NOW + COUNT, limit: 1_000 })).items.map(({ actor, entry: { version } }) => `${actor} ${version}`).sort(),
    counts: (await store.counts(ALL_SHARDS)).map((one) => JSON.stringify(one, Object.keys(one).sort())).sort(),
    meta: await store.getMeta('shards'),
  };
}

mongodbTest('a copy tells everything that the original tells, and takes commits where that stopped', async (t) => {
  const { directory, docs } = await installation(t);
  const options = await target(t);
  const { copied, compared } = await copyAll(directory, options);
  t.true(copied);
  t.true(compared.every(({ same }) => same));
  t.is(compared.find(({ what }) => what === 'history')?.target.count, COUNT - 1 + 60);
  const [original, copy] = [await openStore(LMDB_OPTIONS, { directory }), await openMongoStore(options)];
  t.deepEqual(await told(copy, docs), await told(original, docs));
  const [first] = docs;
  t.deepEqual(await commitOne(copy, update(first!, { epoch: 9 })), { kind: 'ok' });
  t.deepEqual(await commitOne(copy, create(next(doc(7_000)), { claim: [slot('s3', next(doc(7_000)))] })), { kind: 'slot', slot: (await original.slot('s3'))! });
  await original.close();
  await copy.close();
});

mongodbTest('a copy that was stopped goes on where it stopped, whatever it had written beyond that, and no engine opens it before', async (t) => {
  const { directory } = await installation(t);
  const options = await target(t);
  for (const stage of ['docs', 'effects', 'slots', 'meta', 'verify']) {
    const stopped = copyAll(directory, options, (at) => {
      if (at === stage) throw new Error('stopped');
    });
    await t.throwsAsync(stopped, { message: /stopped/ });
    await t.throwsAsync(openMongoStore(options), { code: 'store_copy_unfinished' });
  }
  // As if the last journal entries had been lost.
  await withClient(options.url ?? '', (client) =>
    client
      .db(options.database)
      .collection<{ _id: string; d: string }>('meta')
      .updateOne({ _id: 'store.copy' }, { $set: { d: JSON.stringify({ source: 'the-source', stage: 'docs', copied: 0 }) } }),
  );
  const { compared } = await copyAll(directory, options);
  t.notThrows(() => refuseDifferent(compared));
  await (await openMongoStore(options)).close();
  t.false((await copyAll(directory, options)).copied);
});

mongodbTest('what differs is named by kind, and no engine opens the database', async (t) => {
  const { directory, docs } = await installation(t);
  const options = await target(t);
  await t.throwsAsync(
    copyAll(directory, options, (stage) => {
      if (stage === 'verify') throw new Error('stopped');
    }),
  );
  await withClient(options.url ?? '', async (client) => {
    const db = client.db(options.database);
    await db.collection<{ _id: string }>('actors').updateOne({ _id: docs[1]!.id }, { $set: { q: 'other' } });
    await db.collection<{ _id: string }>('history').deleteOne({ a: docs[2]!.id });
  });
  const { compared } = await copyAll(directory, options);
  t.deepEqual(
    compared.filter(({ same }) => !same).map(({ what }) => what),
    ['documents: appointment', 'history'],
  );
  const error = t.throws(() => refuseDifferent(compared), { message: /documents: appointment .*, history \(509, copied 508\)/ });
  t.is((error as unknown as { code: string }).code, 'store_copy_differs');
  await t.throwsAsync(openMongoStore(options), { code: 'store_copy_unfinished' });
});

mongodbTest('a database that holds something else is refused, and left as it is', async (t) => {
  const { directory } = await installation(t);
  const options = await target(t);
  const other = await openMongoStore(options);
  await commitOne(other, create(doc(1)));
  await t.throwsAsync(copyAll(directory, options), { code: 'store_copy_foreign' });
  t.is(await other.count({ index: 'kind', value: 'appointment' }), 1);
  await other.close();
});

mongodbTest('mw store copy copies, prints counts and checksums, and refuses an installation that runs', async (t) => {
  const { dataDir, directory } = await installation(t);
  const { url, database } = await target(t);
  const words = ['copy', '--from', 'lmdb', '--to', 'mongodb', '--data', dataDir, '--mongodb-url', url ?? '', '--database', database];
  const running = await openStore(LMDB_OPTIONS, { directory });
  await t.throwsAsync(runCommand(storeCommand, words), { code: 'store_in_use' });
  await running.close();
  const { code, out } = await runCommand(storeCommand, words);
  t.is(code, 0);
  t.regex(out, /documents: appointment +299 +299 +[0-9a-f]{16} +same/);
  t.regex((await runCommand(storeCommand, words)).out, /has been copied before/);
  await t.throwsAsync(runCommand(storeCommand, [...words.slice(0, 5), '--data', join(dataDir, 'none'), ...words.slice(7)]), {
    message: /--data: must be a data folder/,
  });
});
