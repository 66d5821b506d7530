/** What holds across processes: durability, the lock, and what becomes of a sync that is slow or fails. */
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { openStore } from '../../../actors/store/open.ts';
import { startChild } from '../../support/store/child-process.ts';
import { appointmentId } from '../../support/store/documents.ts';
import { LMDB_OPTIONS } from '../../support/store/lmdb.ts';
import { hasCompiler, slowFsync } from '../../support/store/slow-fsync.ts';
import { tempFolder } from '../../support/store/temp.ts';

test('S1: whatever a killed process acknowledged is there, whole, when the store is opened again', async (t) => {
  const folder = await tempFolder(t);
  const acknowledged: number[] = [];
  for (let round = 0; round < 3; round++) {
    const child = startChild(t, folder.path);
    await child.heard('open');
    child.tell('load');
    await child.heard(`committed ${round * 40 + 39}`);
    await child.kill('SIGKILL');
    for (const line of child.lines) {
      const [verb, n, kind] = line.split(' ');
      if (verb === 'committed' && kind === 'ok') acknowledged.push(Number(n));
    }
    const store = await openStore(LMDB_OPTIONS, { directory: folder.path });
    const docs = await store.get(acknowledged.map(appointmentId));
    t.true(docs.every((doc) => doc !== undefined));
    const stored = await store.count({ index: 'kind', value: 'appointment' });
    t.true(stored >= acknowledged.length);
    t.is(await store.outboxSize('dip'), stored);
    t.is(await store.count({ index: 'mpid', value: 'M' }), stored);
    t.is(
      (await store.counts([0, 1, 2, 3])).reduce((sum, { count }) => sum + count, 0),
      stored,
    );
    await store.close();
  }
});

test('a data directory in use by another process is refused with one clear error, until that process is gone', async (t) => {
  const folder = await tempFolder(t);
  const child = startChild(t, folder.path);
  await child.heard('open');
  const error = await t.throwsAsync(openStore(LMDB_OPTIONS, { directory: folder.path }), { code: 'store_in_use' });
  t.true(error.message.includes(`process ${child.pid} holds it`));
  await child.kill('SIGKILL');
  const store = await openStore(LMDB_OPTIONS, { directory: folder.path });
  const second = startChild(t, folder.path);
  t.is(await second.heard('refused'), 'refused store_in_use');
  await store.close();
  t.false(existsSync(join(folder.path, 'store.lock')));
});

test('of many processes that start on one directory that a killed one left, one gets it', async (t) => {
  const folder = await tempFolder(t);
  const first = startChild(t, folder.path);
  await first.heard('open');
  await first.kill('SIGKILL');
  const children = Array.from({ length: 4 }, () => startChild(t, folder.path));
  const said = await Promise.all(children.map((child) => Promise.race([child.heard('open'), child.heard('refused')])));
  t.deepEqual(said.toSorted(), ['open', 'refused store_in_use', 'refused store_in_use', 'refused store_in_use']);
});

if (hasCompiler()) {
  test('a commit waits for the sync of its pages', async (t) => {
    const folder = await tempFolder(t);
    const sync = join(folder.path, 'sync');
    await mkdir(sync);
    const child = startChild(t, join(folder.path, 'data'), slowFsync(folder.path, sync) ?? {});
    await child.heard('open');
    child.tell('commit 1');
    await child.heard('committed 1 ok');
    await writeFile(join(sync, 'hold'), '');
    child.tell('commit 2');
    while (!existsSync(join(sync, 'entered'))) await new Promise((resolve) => setImmediate(resolve));
    // The process goes on meanwhile; the commit is neither acknowledged nor seen.
    child.tell('get 2');
    t.is(await child.heard('got 2'), 'got 2 false');
    t.false(child.lines.some((line) => line.startsWith('committed 2')));
    await rm(join(sync, 'hold'));
    await child.heard('committed 2 ok');
  });

  test('a failed sync and a full disk are never acknowledged, leave nothing behind and no promise unhandled; then work goes on', async (t) => {
    const folder = await tempFolder(t);
    const sync = join(folder.path, 'sync');
    await mkdir(sync);
    const child = startChild(t, join(folder.path, 'data'), slowFsync(folder.path, sync) ?? {});
    await child.heard('open');
    for (const [i, fault] of ['fail', 'full', 'fail'].entries()) {
      const n = i * 10;
      await writeFile(join(sync, fault), '');
      child.tell(`commit ${n}`);
      t.is(await child.heard(`rejected ${n} `), `rejected ${n} ${fault === 'full' ? 'disk_full' : 'commit_failed'}`);
      await rm(join(sync, fault));
      child.tell(`get ${n}`);
      t.is(await child.heard(`got ${n} `), `got ${n} false`);
      child.tell(`commit ${n + 1}`);
      await child.heard(`committed ${n + 1} ok`);
    }
    child.tell('health');
    t.is(await child.heard('health'), 'health ok');
    t.deepEqual(
      child.lines.filter((line) => line.startsWith('unhandled')),
      [],
    );
    await child.kill('SIGKILL');
    const store = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'data') });
    t.is(await store.count({ index: 'kind', value: 'appointment' }), 3);
    await store.close();
  });

  test('a store whose meta page could not be written takes nothing more, says so, and is whole when opened again', async (t) => {
    const folder = await tempFolder(t);
    const sync = join(folder.path, 'sync');
    await mkdir(sync);
    const child = startChild(t, join(folder.path, 'data'), slowFsync(folder.path, sync) ?? {});
    await child.heard('open');
    child.tell('commit 1');
    await child.heard('committed 1 ok');
    await writeFile(join(sync, 'meta'), '');
    child.tell('commit 2');
    t.is(await child.heard('rejected 2 '), 'rejected 2 store_failed');
    await rm(join(sync, 'meta'));
    child.tell('commit 3');
    t.is(await child.heard('rejected 3 '), 'rejected 3 store_failed');
    child.tell('health');
    t.regex(await child.heard('health'), /^health store: cannot go on until it is opened again/);
    t.false(child.lines.some((line) => line.startsWith('unhandled')));
    await child.kill('SIGKILL');
    const store = await openStore(LMDB_OPTIONS, { directory: join(folder.path, 'data') });
    t.deepEqual(
      (await store.get([1, 2, 3].map(appointmentId))).map((doc) => doc !== undefined),
      [true, false, false],
    );
    await store.close();
  });
} else {
  console.warn('NOT TESTED: no C compiler at hand, so nothing proves here that a commit waits for the disk');
}
