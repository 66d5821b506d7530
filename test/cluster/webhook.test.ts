/** The webhook of a supplier on three engines, the last of which never hears the word of the others and has only the store. */
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { shardOf } from '../../actors/engine/shard.ts';
import { isUnmigrated, seededMpan } from '../../ops/sim/market/seed.ts';
import { clusterTest, hasServer, startCluster } from '../support/process/cluster.ts';
import { BRISK, call, type EngineProcess, type Installation, until } from '../support/process/index.ts';
import { type Received, Receiver } from '../support/receiver.ts';
import { isSigned } from '../support/webhook-world.ts';

/** A second, and another for a machine that does other things. */
const SOON_MS = 2_000;

let installation: Installation;
let nodes: readonly [EngineProcess, EngineProcess, EngineProcess];
let receiver: Receiver;
let folder = '';
test.before(async () => {
  if (!hasServer) return;
  receiver = await Receiver.start();
  folder = await mkdtemp(join(tmpdir(), 'mw-receiver-'));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, await Receiver.ca());
  const settings = {
    ...BRISK,
    webhook: { allow: ['127.0.0.0/8'], caFile },
    links: { tcp: { hosts: { 'receiver.test': ['127.0.0.1'] } } },
  };
  installation = await startCluster(undefined, { settings, lastFile: 'test/support/process/deaf-engine.ts' });
  const [first, second, third] = installation.nodes;
  if (!first || !second || !third) throw new Error('three nodes were asked for');
  nodes = [first, second, third];
});
test.after.always(async () => {
  await installation?.remove();
  receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

const ops = async <T>(node: EngineProcess, method: string, path: string, body?: unknown): Promise<T> => {
  const headers = { authorization: `Bearer ${installation.program.connect.demo?.adminToken}` };
  const answer = await call<T>(`${node.program.connect.httpUrl}${path}`, { method, headers, body });
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
};

const WEBHOOK = '/ops/v1/webhooks/SUPX';
let nextMpan = 0;

/** Meter points whose processes a node has, each given once. */
async function mpanOf(name: string): Promise<string> {
  const { shards } = await installation.clusterAt(nodes[0]);
  for (;;) {
    const index = nextMpan++;
    const mpan = seededMpan(index);
    if (!isUnmigrated(index) && shards[shardOf(mpan, shards.length)]?.owner === name) return mpan;
  }
}

const aboutRequest = (id: string): Received[] => receiver.received.filter(({ body }) => (JSON.parse(body) as { request_id: string }).request_id === id);

/** Its deliveries: under one id, each signed. */
function delivered(t: ExecutionContext, id: string, secret: string): readonly Received[] {
  const all = aboutRequest(id);
  t.true(all.length > 0, `${id} was never delivered`);
  t.is(new Set(all.map(({ headers }) => headers['webhook-id'])).size, 1);
  t.is(new Set(all.map(({ body }) => body)).size, 1);
  for (const one of all) t.true(isSigned(one, secret), one.headers['webhook-signature']);
  return all;
}

let secret = '';

clusterTest('a webhook that was set at one node is known to all within a second, and processes that end at any are delivered', async (t) => {
  // Ended by the test, so that it is known when.
  const mpans = [await mpanOf('n1'), await mpanOf('n2'), await mpanOf('n3'), await mpanOf('n2'), await mpanOf('n3')];
  await installation.market.rules(mpans.map((mpan) => ({ match: { mpan }, initial: 'silent' as const })));
  const ids = await Promise.all(mpans.map((mpan) => installation.supplier.appoint(mpan)));
  const cancel = (id: string | undefined): Promise<unknown> => ops(nodes[0], 'POST', `/ops/v1/actors/${id}/cancel`, { reason: 'it is time' });
  for (const id of ids) await until('the market took it', async () => (await installation.operator.why(id)).state === 'AWAIT_INITIAL');
  secret = (await ops<{ secret: string }>(nodes[0], 'POST', WEBHOOK, { url: receiver.url() })).secret;
  let at = performance.now();
  const known = (): Promise<unknown> => until('it is known everywhere', () => performance.now() - at > SOON_MS);
  await known();
  for (const id of ids.slice(0, 3)) await cancel(id);
  await until('all are delivered', () => ids.slice(0, 3).every((id) => aboutRequest(id).length > 0));
  for (const id of ids.slice(0, 3)) delivered(t, id, secret);

  await ops(nodes[0], 'POST', `${WEBHOOK}/off`, {});
  at = performance.now();
  await known();
  for (const id of ids.slice(3)) await cancel(id);
  await ops(nodes[1], 'POST', WEBHOOK, {});
  at = performance.now();
  await known();
  const after = await Promise.all(['n2', 'n3'].map(async (name) => installation.supplier.appoint(await mpanOf(name))));
  await until('those after it are delivered', () => after.every((id) => aboutRequest(id).length > 0));
  for (const id of ids.slice(3)) t.deepEqual(aboutRequest(id), [], 'it ended while the webhook was off');
  for (const node of nodes) t.like(await ops(node, 'GET', WEBHOOK), { state: 'on', url: receiver.url() });
});

clusterTest('when the node that delivers is killed after the receiver took it, the next owner delivers the same again', async (t) => {
  t.timeout(60_000);
  const mpan = await mpanOf('n2');
  const { pid } = nodes[1].program;
  const taken = Promise.withResolvers<void>();
  receiver.answer = (_request, response) => {
    // It will not read the answer, so it cannot keep in mind that there was one.
    process.kill(pid, 'SIGSTOP');
    receiver.answer = (_next, other) => void other.writeHead(200).end();
    response.writeHead(200).end(() => taken.resolve());
  };
  const id = await installation.supplierAt(nodes[0]).appoint(mpan);
  await taken.promise;
  await nodes[1].kill9();
  const at = performance.now();
  await until('it comes again', () => aboutRequest(id).length > 1);
  t.log(`delivered again after ${Math.round(performance.now() - at)} ms`);
  t.is(delivered(t, id, secret).length, 2);
  await nodes[1].start();
  await installation.settled();
  t.is(delivered(t, id, secret).length, 2, 'what was settled stays so');
});

clusterTest('nothing was left in quarantine, and no webhook turned off', async (t) => {
  t.deepEqual(await installation.operator.quarantine(), []);
  t.deepEqual(
    (await installation.operator.alerts()).filter(({ code }) => code === 'webhook_off'),
    [],
  );
});
