import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { checkSecrets, SHARED_SECRETS } from '../../../ops/node/check-secrets.ts';
import { keptSecret } from '../../../ops/node/keep.ts';
import { openLmdb } from '../../support/store/lmdb.ts';

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mw-secrets-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

const NOW = Date.UTC(2026, 2, 24);

test('the first node makes the secrets, and finds them right when it starts again', async (t) => {
  const { store, dispose } = await openLmdb();
  t.teardown(dispose);
  const dataDir = await folder(t);
  const setup = { store, shards: 64, dataDir, now: NOW };
  await checkSecrets(setup);
  t.deepEqual((await readdir(join(dataDir, 'secrets'))).sort(), [...SHARED_SECRETS].sort());
  t.is((await stat(join(dataDir, 'secrets', 'pepper'))).mode & 0o777, 0o600);
  await t.notThrowsAsync(checkSecrets(setup));
});

test('what lies in the store tells nothing of the secret', async (t) => {
  const store = openMemoryStore();
  const dataDir = await folder(t);
  await checkSecrets({ store, shards: 64, dataDir, now: NOW });
  for (const name of SHARED_SECRETS) {
    const secret = (await readFile(join(dataDir, 'secrets', name), 'utf8')).trim();
    const [doc] = await store.get([`secret-mark:${name}`]);
    t.truthy(doc);
    t.false(JSON.stringify(doc).includes(secret));
  }
});

test('a node with another secret does not start, and the error names file and remedy, not the secret', async (t) => {
  const store = openMemoryStore();
  await checkSecrets({ store, shards: 64, dataDir: await folder(t), now: NOW });
  const other = await folder(t);
  const secret = keptSecret(other, 'pepper');
  const error = await t.throwsAsync(checkSecrets({ store, shards: 64, dataDir: other, now: NOW }), { code: 'secret_mismatch' });
  t.true(error.message.includes(join(other, 'secrets', 'pepper')));
  t.true(error.message.includes('data.secretsDir'));
  t.false(error.message.includes(secret));
});

test('a node whose secret is missing does not start, and makes none', async (t) => {
  const store = openMemoryStore();
  await checkSecrets({ store, shards: 64, dataDir: await folder(t), now: NOW });
  const other = await folder(t);
  await t.throwsAsync(checkSecrets({ store, shards: 64, dataDir: other, now: NOW }), { code: 'secret_mismatch', message: /there is no such file/ });
  t.deepEqual(await readdir(other), []);
});

test('nodes that share the folder of secrets start together', async (t) => {
  const store = openMemoryStore();
  const secretsDir = join(await folder(t), 'shared');
  const nodes = await Promise.all([folder(t), folder(t), folder(t)]);
  await t.notThrowsAsync(Promise.all(nodes.map((dataDir) => checkSecrets({ store, shards: 64, dataDir, secretsDir, now: NOW }))));
  t.is(new Set(nodes.map((dataDir) => keptSecret(dataDir, 'pepper', secretsDir))).size, 1);
  t.deepEqual((await readdir(secretsDir)).sort(), [...SHARED_SECRETS].sort());
});

test('of nodes that start first at the same moment with secrets of their own, one goes on', async (t) => {
  const store = openMemoryStore();
  const nodes = await Promise.all([folder(t), folder(t), folder(t)]);
  for (const dataDir of nodes) for (const name of SHARED_SECRETS) keptSecret(dataDir, name);
  const started = await Promise.allSettled(nodes.map((dataDir) => checkSecrets({ store, shards: 64, dataDir, now: NOW })));
  t.is(started.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('a sealing key that is given by its file is compared like the others', async (t) => {
  const store = openMemoryStore();
  const secretsDir = await folder(t);
  const [one, other] = [join(secretsDir, 'one.key'), join(secretsDir, 'other.key')];
  await mkdir(secretsDir, { recursive: true });
  await writeFile(one, 'a'.repeat(43));
  await writeFile(other, 'b'.repeat(43));
  const setup = { store, shards: 64, dataDir: await folder(t), secretsDir, now: NOW };
  await checkSecrets({ ...setup, sealKeyFile: one });
  await t.notThrowsAsync(checkSecrets({ ...setup, sealKeyFile: one }));
  const error = await t.throwsAsync(checkSecrets({ ...setup, sealKeyFile: other }), { code: 'secret_mismatch' });
  t.true(error.message.includes(other));
});

test('a secret stays as it is once it is made', async (t) => {
  const dataDir = await folder(t);
  const first = keptSecret(dataDir, 'pepper');
  t.regex(first, /^[\w-]{43}$/);
  t.is(keptSecret(dataDir, 'pepper'), first);
});
