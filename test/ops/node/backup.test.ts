import { lstat, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { RESTORE_MARGIN } from '../../../actors/meter-keys/index.ts';
import { openStore } from '../../../actors/store/open.ts';
import type { Store } from '../../../actors/store/store.ts';
import { backup, counterRaise } from '../../../ops/node/backup.ts';
import { LMDB_OPTIONS } from '../../support/store/lmdb.ts';
import { makeFolder } from '../../support/store/temp.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 2, 24, 3);

async function installation(t: ExecutionContext) {
  const folder = await makeFolder();
  const data = join(folder.path, 'data');
  await mkdir(join(data, 'secrets'), { recursive: true });
  await writeFile(join(data, 'secrets', 'pepper'), 'p');
  const opened: Store[] = [];
  const open = async (directory: string): Promise<Store> => {
    const store = await openStore(LMDB_OPTIONS, { directory: join(directory, 'store') });
    opened.push(store);
    return store;
  };
  t.teardown(async () => {
    for (const store of opened) await store.close();
    await folder.remove();
  });
  return { data, open, live: await open(data), to: (name: string) => join(folder.path, name) };
}

test('the copy knows that it is one, the live store does not', async (t) => {
  const { live, data, to, open } = await installation(t);
  await backup(live, { dataDir: data }, to('copy'), NOW);
  t.is(await counterRaise(live, NOW), 0);
  const restored = await open(to('copy'));
  t.is(await counterRaise(restored, NOW + DAY_MS), RESTORE_MARGIN + 86_400);
});

test('a restore raises counters once, however often the engine starts afterwards', async (t) => {
  const { live, data, to, open } = await installation(t);
  await backup(live, { dataDir: data }, to('copy'), NOW);
  const restored = await open(to('copy'));
  const raise = await counterRaise(restored, NOW);
  t.is(await counterRaise(restored, NOW + DAY_MS), raise);
  t.is(raise, RESTORE_MARGIN);
});

test('restores add up, and a clock that went back takes nothing away', async (t) => {
  const { live, data, to, open } = await installation(t);
  await backup(live, { dataDir: data }, to('first'), NOW);
  const once = await open(to('first'));
  await counterRaise(once, NOW);
  await mkdir(to('first/secrets'), { recursive: true });
  await backup(once, { dataDir: to('first') }, to('second'), NOW + DAY_MS);
  t.is(await counterRaise(await open(to('second')), NOW), 2 * RESTORE_MARGIN);
});

test('backups at the same time are all marked', async (t) => {
  const { live, data, to, open } = await installation(t);
  await Promise.all(['a', 'b', 'c'].map((name) => backup(live, { dataDir: data }, to(name), NOW)));
  for (const name of ['a', 'b', 'c']) t.is(await counterRaise(await open(to(name)), NOW), RESTORE_MARGIN);
  t.is(await counterRaise(live, NOW), 0);
});

test('a backup that fails leaves the live store unmarked, and the next one works', async (t) => {
  const { live, data, to, open } = await installation(t);
  await t.throwsAsync(
    backup({ putMeta: (name, value) => live.putMeta(name, value), backup: () => Promise.reject(new Error('full')) }, { dataDir: data }, to('a'), NOW),
  );
  t.is(await counterRaise(live, NOW), 0);
  await t.throwsAsync(backup(live, { dataDir: data }, data, NOW), { code: 'backup_not_empty' });
  await backup(live, { dataDir: data }, to('b'), NOW);
  t.is(await counterRaise(await open(to('b')), NOW), RESTORE_MARGIN);
});

test('secrets that lie outside of the data folder are in the copy, with those of the folder, as what they point to', async (t) => {
  const { live, data, to } = await installation(t);
  const secretsDir = to('shared');
  await mkdir(join(secretsDir, 'versions'), { recursive: true });
  await writeFile(join(secretsDir, 'versions', 'pepper'), 'in use');
  await symlink(join(secretsDir, 'versions', 'pepper'), join(secretsDir, 'pepper'));
  await writeFile(join(secretsDir, 'meter-seal'), 's');
  await writeFile(join(data, 'secrets', 'local.token'), 'own');
  await backup(live, { dataDir: data, secretsDir }, to('copy'), NOW);
  const read = (name: string): Promise<string> => readFile(join(to('copy'), 'secrets', name), 'utf8');
  t.deepEqual(await Promise.all(['pepper', 'meter-seal', 'local.token'].map(read)), ['in use', 's', 'own']);
  t.false((await lstat(join(to('copy'), 'secrets', 'pepper'))).isSymbolicLink());
});

test('without secrets where they should be there is no backup', async (t) => {
  const { live, data, to } = await installation(t);
  await t.throwsAsync(backup(live, { dataDir: data, secretsDir: to('nowhere') }, to('copy'), NOW), { code: 'ENOENT' });
});
