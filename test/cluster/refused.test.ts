/** Who may not join: another cluster on the same NATS prefix, a node with other secrets, a second node of the same name. */
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { clusterTest, hasServer, ownStore, startCluster } from '../support/process/cluster.ts';
import type { Ended, Installation } from '../support/process/index.ts';

let installation: Installation;
test.before(async () => {
  if (hasServer) installation = await startCluster(undefined, { nodes: 1 });
});
test.after.always(() => installation?.remove());

/** How a node that may not join ends. */
async function refusal(t: { teardown(fn: () => Promise<void>): void }, name: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const node = installation.joining(name, { env: () => env });
  t.teardown(() => node.remove());
  const running = node.launch();
  const limit = setTimeout(() => running.kill('SIGKILL'), 60_000);
  const ended = await running.ended;
  clearTimeout(limit);
  return ended;
}

/** Not the log, which is JSON line by line: what a person reads last. */
const words = ({ stderr }: Ended): string =>
  stderr
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('{'))
    .join('\n');

async function undisturbed(): Promise<string> {
  const index = undisturbed.next++;
  return (await installation.supplier.ended(await installation.supplier.appoint(seededMpan(index)))).metadata.request_status;
}
undisturbed.next = 0;

clusterTest('a node with another store on the same NATS prefix is refused, and told what to change', async (t) => {
  const { url, database } = await ownStore();
  const ended = await refusal(t, 'stranger', { MW_STORE_MONGODB_URL: url, MW_STORE_MONGODB_DATABASE: database });
  t.is(ended.code, 1, ended.stdout);
  t.regex(words(ended), /nats\.prefix: must belong to the cluster of this store .* give one of them another prefix/);
  t.is(await undisturbed(), 'Success');
});

clusterTest('a cluster with another number of shards on the same NATS prefix is refused', async (t) => {
  const { url, database } = await ownStore();
  const ended = await refusal(t, 'stranger', { MW_STORE_MONGODB_URL: url, MW_STORE_MONGODB_DATABASE: database, MW_ENGINE_SHARDS: '16' });
  t.is(ended.code, 1, ended.stdout);
  t.regex(
    words(ended),
    /nats\.prefix: must belong to the cluster of this store \(.*, 16 shards\): .* with 64 \(engine\.shards\); give one of them another prefix/,
  );
  t.is(await undisturbed(), 'Success');
});

clusterTest('a node that is configured with another number of shards than its cluster is refused, and told which', async (t) => {
  const ended = await refusal(t, 'miscounted', { MW_ENGINE_SHARDS: '16' });
  t.is(ended.code, 1, ended.stdout);
  t.regex(words(ended), /^engine\.shards: must be what the cluster of this store was made with \(64\): 16; set that number/);
  t.is(await undisturbed(), 'Success');
});

clusterTest('a node with another secret is refused before it does anything, and told which file', async (t) => {
  const secretsDir = join(installation.dataDir, 'other-secrets');
  cpSync(join(installation.dataDir, 'secrets'), secretsDir, { recursive: true });
  writeFileSync(join(secretsDir, 'pepper'), 'another one\n');
  const ended = await refusal(t, 'other-secret', { MW_DATA_SECRETS_DIR: secretsDir });
  t.is(ended.code, 1, ended.stdout);
  t.regex(words(ended), /^secret pepper: must be the one that this store was first used with/);
  t.true(words(ended).includes(join(secretsDir, 'pepper')));
  t.is(await undisturbed(), 'Success');
});

clusterTest('a node that has no secrets makes none of its own', async (t) => {
  const secretsDir = join(installation.dataDir, 'no-secrets');
  mkdirSync(secretsDir);
  const ended = await refusal(t, 'no-secret', { MW_DATA_SECRETS_DIR: secretsDir });
  t.is(ended.code, 1, ended.stdout);
  t.regex(words(ended), /^secret pepper: .* there is no such file/);
  rmSync(secretsDir, { recursive: true });
});

clusterTest('a second node of the same name is refused, and the first goes on', async (t) => {
  const ended = await refusal(t, 'n1', {});
  t.is(ended.code, 1, ended.stdout);
  t.regex(words(ended), /cluster\.node: must be unique in the cluster: n1 is alive in another process/);
  const { nodes } = await installation.clusterAt(installation.nodes[0]!);
  t.is(nodes.length, 1);
  t.is(await undisturbed(), 'Success');
  t.false(readFileSync(join(installation.dataDir, 'connect.json'), 'utf8') === '');
});
