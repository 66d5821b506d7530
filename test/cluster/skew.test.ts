/** Nodes of several versions, and clocks that disagree. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { connect } from 'nats';
import { shardOf } from '../../actors/engine/shard.ts';
import { natsCredentials } from '../../ops/nats/credentials.ts';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { withClient } from '../support/mongodb.ts';
import { clusterTest, hasServer, ownStore, startCluster } from '../support/process/cluster.ts';
import { appointment, type Installation, type SharedStore, until } from '../support/process/index.ts';

const AHEAD_MS = 60_000;
const NEWER = 99;

let installation: Installation;
let store: SharedStore;
test.before(async () => {
  if (!hasServer) return;
  store = await ownStore();
  installation = await startCluster(undefined, { nodes: 2, mongodb: store });
});
test.after.always(() => installation?.remove());

clusterTest('a message of a newer wire version is left alone and answered so; the node goes on', async (t) => {
  const { user, password } = natsCredentials(installation.dataDir).engine;
  const connection = await connect({ servers: installation.program.connect.natsUrl ?? '', user, pass: password, inboxPrefix: '_MW_INBOX' });
  t.teardown(() => connection.close());
  const { shards } = await installation.clusterAt(installation.nodes[0]!);
  const mpan = seededMpan(0);
  const shard = shardOf(mpan, shards.length);
  const answer = await connection.request(`mw.cmd.${shard}`, new TextEncoder().encode(`${NEWER}\n{"what":"nobody knows"}`), { timeout: 5_000 });
  t.regex(answer.string(), /message_newer/);
  t.is((await installation.supplier.ended(await installation.supplier.appoint(mpan))).metadata.request_status, 'Success');
});

clusterTest('an actor whose document a newer version wrote is parked alone: its document stays, and the others go on', async (t) => {
  const mpan = seededMpan(1);
  await installation.market.rules([{ match: { mpan }, initial: 'silent' }]);
  const id = await installation.supplier.appoint(mpan);
  await until('the market took it', async () => (await installation.operator.why(id)).state === 'AWAIT_INITIAL');
  const actor = `appointment:${id}`;
  // Nobody has it in memory then.
  await installation.kill9();
  const raised = await withClient(store.url, async (client) => {
    const actors = client.db(store.database).collection<{ _id: string; b: string }>('actors');
    const found = await actors.findOne({ _id: actor });
    const b = JSON.stringify({ ...JSON.parse(found?.b ?? '{}'), machineVersion: NEWER });
    await actors.updateOne({ _id: actor }, { $set: { b } });
    return b;
  });
  await installation.start();

  const cancelled = await installation.operator.post(`/ops/v1/actors/${id}/cancel`, { reason: 'to touch it' });
  t.regex(cancelled.text, /"kind":"held"/, 'it waits behind the actor');
  const alert = await until('it is told of', async () =>
    (await installation.operator.alerts()).find(({ code, about }) => code === 'actor_parked' && about === actor),
  );
  t.regex(alert.text, /newer/);
  const kept = await withClient(store.url, (client) => client.db(store.database).collection<{ _id: string; b: string }>('actors').findOne({ _id: actor }));
  const snapshotOf = (text: string | undefined): unknown => (JSON.parse(text ?? '{}') as { snapshot?: unknown }).snapshot;
  t.is((JSON.parse(kept?.b ?? '{}') as { machineVersion?: number }).machineVersion, NEWER);
  t.deepEqual(snapshotOf(kept?.b), snapshotOf(raised), 'what the newer version wrote is as it was');

  const others = await Promise.all([2, 3, 4, 5].map((index) => installation.supplier.appoint(seededMpan(index))));
  for (const other of others) t.is((await installation.supplier.ended(other)).metadata.request_status, 'Success');
});

clusterTest('a node whose clock is a minute ahead says so, keeps its shards, and does its work once', async (t) => {
  const files = { clock: join(installation.dataDir, 'ahead'), commits: join(installation.dataDir, 'commits') };
  writeFileSync(files.clock, String(AHEAD_MS));
  const env = () => ({ MW_CHAOS_CLOCK: files.clock, MW_CHAOS_COMMITS: files.commits });
  const ahead = installation.joining('ahead', { env, file: 'test/chaos/engine.ts' });
  t.teardown(() => ahead.remove());
  await ahead.start();
  const shards = await until('it has its share', async () => {
    const { shards } = await installation.clusterAt(ahead);
    const mine = shards.filter(({ owner, move }) => owner === 'ahead' && move === null).map(({ shard, epoch }) => `${shard} ${epoch}`);
    return mine.length >= Math.floor(shards.length / 3) - 2 && shards.every(({ move }) => move === null) && mine;
  });
  const off = await until('it knows', async () => (await installation.clusterAt(ahead)).clockOffMs || undefined);
  t.true(Math.abs(off - AHEAD_MS) < 5_000, String(off));
  t.regex(ahead.log, /the clock of this node and that of the NATS server differ/);

  const mpans = Array.from({ length: 30 }, (_, index) => seededMpan(40 + index));
  const total = (await installation.clusterAt(ahead)).shards.length;
  t.true(
    mpans.some((mpan) => shards.some((mine) => mine.startsWith(`${shardOf(mpan, total)} `))),
    'some of them are its own',
  );
  const surs = await installation.market.surs();
  for (const mpan of mpans) {
    const answer = await installation.supplierAt(ahead).post(appointment(mpan, { appointment_scenario: 'CSP' }), `ahead-${mpan}`);
    t.is(answer.status, 202, answer.text);
    t.is((await installation.supplier.ended(answer.json.request_id)).metadata.request_status, 'Success');
  }
  t.is((await installation.market.surs()).count, surs.count + mpans.length);
  const after = (await installation.clusterAt(ahead)).shards.filter(({ owner }) => owner === 'ahead').map(({ shard, epoch }) => `${shard} ${epoch}`);
  t.deepEqual(after, shards, 'it had each of them all the time');
  t.is((await ahead.stop()).code, 0);
});
