/** The data directory: what is refused, and what is kept. */
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ownIdentity } from '../../../actors/store/lmdb/process-identity.ts';
import { openStore } from '../../../actors/store/open.ts';
import { commitOne, create, doc } from '../../support/store/documents.ts';
import { LMDB_OPTIONS } from '../../support/store/lmdb.ts';
import { tempFolder } from '../../support/store/temp.ts';

test('a store opened twice by one process is refused', async (t) => {
  const folder = await tempFolder(t);
  const store = await openStore(LMDB_OPTIONS, { directory: folder.path });
  await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_in_use' });
  await store.close();
  await (await openStore(LMDB_OPTIONS, { directory: folder.path })).close();
});

test('a lock of a process that is gone, of another boot, or torn, does not hold', async (t) => {
  const folder = await tempFolder(t);
  const locks = [
    { pid: process.pid, startTime: '1', bootId: 'another boot', pidNamespace: '' },
    { pid: 2 ** 22 + 1, startTime: '1', bootId: '', pidNamespace: '' },
    undefined,
  ];
  for (const lock of locks) {
    await writeFile(join(folder.path, 'store.lock'), lock ? JSON.stringify(lock) : '{"pid":');
    const store = await openStore(LMDB_OPTIONS, { directory: folder.path });
    await store.close();
  }
  t.deepEqual(
    (await readdir(folder.path)).filter((name) => name.includes('.lock')),
    [],
  );
});

test('a lock of another container holds while it is touched, and no longer', async (t) => {
  const folder = await tempFolder(t);
  const lock = join(folder.path, 'store.lock');
  await writeFile(lock, JSON.stringify({ ...ownIdentity(), pidNamespace: 'pid:[1]' }));
  await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_in_use', message: /another container/ });
  await utimes(lock, 1, 1);
  await (await openStore(LMDB_OPTIONS, { directory: folder.path })).close();
});

test('a directory that cannot be made or written is refused, naming it', async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  const error = await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: join(file, 'data') }), { code: 'store_unwritable' });
  t.true(error.message.includes(join(file, 'data')));
});

test('a file that is no store, is cut off or of another data format is refused and left alone', async (t) => {
  const folder = await tempFolder(t);
  const file = join(folder.path, 'store.mdb');
  const otherFormat = Buffer.alloc(16_384);
  otherFormat.writeUInt32LE(0xbeefc0de, 24);
  otherFormat.writeUInt32LE(1, 28);
  for (const content of [Buffer.from('not an lmdb file '.repeat(2_000)), Buffer.from('abc'), otherFormat]) {
    await writeFile(file, content);
    await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_corrupt' });
    t.deepEqual(await readFile(file), content);
  }
});

test('a file or lock of the store that cannot be opened is refused', async (t) => {
  const folder = await tempFolder(t);
  await mkdir(join(folder.path, 'store.mdb-lock'));
  await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_unwritable' });
});

test('a store of a newer format is refused and left alone', async (t) => {
  const folder = await tempFolder(t);
  const store = await openStore(LMDB_OPTIONS, { directory: folder.path });
  await store.putMeta('store.format', 99);
  await store.close();
  await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_newer_format', message: /has format 1 or lower: 99/ });
  await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_newer_format' });
});

test('a store outgrows the address space that was reserved for it', async (t) => {
  const folder = await tempFolder(t);
  const options = { ...LMDB_OPTIONS, mapSizeBytes: 16 * 1024 * 1024 };
  const store = await openStore(options, { directory: folder.path });
  const docs = Array.from({ length: 24 }, (_, n) => doc(n, { snapshot: { pad: 'x'.repeat(1_000_000) } }));
  for (const made of docs) t.is((await commitOne(store, create(made))).kind, 'ok');
  await store.close();
  const again = await openStore(options, { directory: folder.path });
  t.deepEqual(await again.get([docs[23]!.id]), [docs[23]]);
  await again.close();
});

test('a backup of a running store is consistent, and restored by putting it into place', async (t) => {
  const folder = await tempFolder(t);
  const store = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'data') });
  const docs = Array.from({ length: 300 }, (_, n) => doc(n, { indexes: { mpid: ['M'] } }));
  await store.commit(docs.slice(0, 100).map((made) => [create(made)]));
  const writing = (async () => {
    for (const made of docs.slice(100)) await commitOne(store, create(made));
  })();
  await store.backup(join(folder.path, 'copy'));
  await writing;
  const copy = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'copy') });
  const kept = await copy.count({ index: 'kind', value: 'appointment' });
  t.true(kept >= 100 && kept <= 300);
  t.is((await copy.get(docs.map(({ id }) => id))).filter((found) => found !== undefined).length, kept);
  t.is((await copy.find('mpid', 'M')).length, kept);
  t.deepEqual(await Promise.all([0, 1, 2, 3].map((shard) => copy.recount(shard))), [0, 0, 0, 0]);
  t.is((await commitOne(copy, create(doc(1_000)))).kind, 'ok');
  await copy.close();
  await store.close();
});

test('a backup into a folder that is not empty is refused', async (t) => {
  const folder = await tempFolder(t);
  const store = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'data') });
  await mkdir(join(folder.path, 'copy'));
  await writeFile(join(folder.path, 'copy', 'x'), '');
  await t.throwsAsync(store.backup(join(folder.path, 'copy')), { code: 'backup_not_empty' });
  await store.close();
});

test('closing ends long reads and waits for a backup', async (t) => {
  const folder = await tempFolder(t);
  const store = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'data') });
  await store.commit(Array.from({ length: 1_500 }, (_, n) => [create(doc(n))]));
  const recount = store.recount(1);
  const backup = store.backup(join(folder.path, 'copy'));
  // The scan is under way when the first of its writes is.
  await commitOne(store, create(doc(2_000)));
  await Promise.all([store.close(), t.throwsAsync(recount, { code: 'store_closed' }), t.notThrowsAsync(backup)]);
  const copy = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'copy') });
  t.true((await copy.count({ index: 'kind', value: 'appointment' })) >= 1_500);
  await copy.close();
});
