/** Keys, tokens, sessions and webhooks on three engines, the last of which never hears the word of the others and has only the store. */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Agent } from 'undici';
import { shardOf } from '../../actors/engine/shard.ts';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { Page } from '../support/gateway/browser.ts';
import { LiveSocket } from '../support/live/socket.ts';
import { clusterTest, hasServer, startCluster } from '../support/process/cluster.ts';
import { BRISK, call, type EngineProcess, type Installation, until } from '../support/process/index.ts';
import { liveUrl } from '../support/process/live.ts';
import { type Received, Receiver } from '../support/receiver.ts';
import { isSigned } from '../support/webhook-world.ts';

const MPID = 'SUPX';
const SOON_MS = 1_000;
const PASSWORD = 'correct horse battery';

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

/** A page that `node` served. Its origin is that node's own. */
function pageAt(t: ExecutionContext, node: EngineProcess): Page {
  const { url, caFile = '' } = node.program.connect;
  const agent = new Agent({ connect: { ca: readFileSync(caFile) } });
  t.teardown(() => agent.close());
  return new Page(agent, url);
}

/** The same person at another node: a browser sends the cookie to every port of the name. */
function carried(t: ExecutionContext, page: Page, node: EngineProcess): Page {
  return Object.assign(pageAt(t, node), { cookie: page.cookie, key: page.key });
}

async function cookieSocket(t: ExecutionContext, page: Page, node: EngineProcess): Promise<LiveSocket> {
  const { url, caFile = '' } = node.program.connect;
  return LiveSocket.open(t, `${url.replace('https', 'wss')}/live/v1`, { cookie: page.cookie, origin: url, ca: readFileSync(caFile, 'utf8') });
}

async function subscribed(socket: LiveSocket): Promise<LiveSocket> {
  await socket.next('ready');
  socket.subscribe('mine', { mpid: MPID });
  await socket.next('snapshot');
  return socket;
}

/** All close in time with 4401. @param at instant of the answer that ended what they showed */
async function closeSoon(t: ExecutionContext, sockets: readonly LiveSocket[], at: number, what: string): Promise<void> {
  for (const [index, socket] of sockets.entries()) {
    const { code } = await socket.closed;
    const took = Math.round(performance.now() - at);
    t.is(code, 4401);
    t.true(took <= SOON_MS, `${what}: the socket at node ${index + 1} closed after ${took} ms`);
    t.log(`${what}: the socket at node ${index + 1} was closed after ${took} ms at most`);
  }
}

/** It opens nothing any more. */
async function refusedAtLive(t: ExecutionContext, node: EngineProcess, shown: object, code: number): Promise<void> {
  const socket = await LiveSocket.open(t, liveUrl(node), shown);
  t.is((await socket.closed).code, code);
}

clusterTest('a key that is revoked at one node closes the sockets that it opened at all, and is refused there', async (t) => {
  const { id, key } = await ops<{ id: string; key: string }>(nodes[0], 'POST', '/ops/v1/keys', { mpids: [MPID], label: 'to be revoked' });
  const sockets = await Promise.all(nodes.map(async (node) => subscribed(await LiveSocket.open(t, liveUrl(node), { key }))));
  const use = async (node: EngineProcess): Promise<number> =>
    (await call(`${node.program.connect.httpUrl}/requests/v1/${MPID}?request_id=${crypto.randomUUID()}`, { headers: { 'x-api-key': key } })).status;
  for (const node of nodes) t.is(await use(node), 200);
  await ops(nodes[0], 'DELETE', `/ops/v1/keys/${id}`);
  const at = performance.now();
  await closeSoon(t, sockets, at, 'key');
  for (const node of nodes) {
    t.is(await use(node), 401);
    await refusedAtLive(t, node, { key }, 4401);
  }
});

clusterTest('a token that is revoked does the same, and one without a scope for live sockets is told so by every node', async (t) => {
  const made = (scopes: readonly string[]): Promise<{ id: string; token: string }> => ops(nodes[0], 'POST', '/ops/v1/tokens', { scopes, owner: 'watch' });
  const { id, token } = await made(['ops:read']);
  const narrow = await made(['metrics']);
  const sockets = await Promise.all(nodes.map(async (node) => subscribed(await LiveSocket.open(t, liveUrl(node), { token }))));
  const use = async (node: EngineProcess): Promise<number> =>
    (await call(`${node.program.connect.httpUrl}/ops/v1/alerts`, { headers: { authorization: `Bearer ${token}` } })).status;
  for (const node of nodes) t.is(await use(node), 200);
  await ops(nodes[0], 'DELETE', `/ops/v1/tokens/${id}`);
  const at = performance.now();
  await closeSoon(t, sockets, at, 'token');
  for (const node of nodes) {
    t.is(await use(node), 401);
    await refusedAtLive(t, node, { token }, 4401);
    await refusedAtLive(t, node, { token: narrow.token }, 4403);
  }
});

clusterTest('whoever signs in at one node is signed in at all, from the own origin of each, until he logs out at any', async (t) => {
  await ops(nodes[1], 'POST', '/ops/v1/operators', { name: 'ann', role: 'operator', password: PASSWORD, reason: 'first of all' });
  const first = pageAt(t, nodes[0]);
  t.is((await first.signIn({ name: 'ann', password: PASSWORD })).status, 201);
  const pages = [first, carried(t, first, nodes[1]), carried(t, first, nodes[2])];
  for (const [index, page] of pages.entries()) {
    const who = await page.ask('GET', '/ops/v1/session');
    t.is(who.status, 200, who.text);
    t.like(who.body, { operator: 'ann', role: 'operator', key: first.key });
    const asked = await page.ask('POST', '/ops/v1/login-links', { reason: `asked at node ${index + 1}` });
    t.is(asked.status, 201, asked.text);
    const elsewhere = pages[(index + 1) % 3]?.origin;
    t.is((await page.ask('POST', '/ops/v1/login-links', {}, { origin: elsewhere })).status, 403, 'the origin of another node is foreign');
  }
  const sockets = await Promise.all(nodes.map(async (node) => subscribed(await cookieSocket(t, first, node))));
  const out = await pages[1]?.ask('DELETE', '/ops/v1/session');
  const at = performance.now();
  t.is(out?.status, 200, out?.text);
  await closeSoon(t, sockets, at, 'log-out');
  for (const page of pages) t.is((await page.ask('GET', '/ops/v1/session')).status, 401);
});

clusterTest('sessions that are revoked at one node end at all, and a link opens one session whichever nodes it is tried at', async (t) => {
  const { link } = await ops<{ link: string }>(nodes[0], 'POST', '/ops/v1/login-links', { operator: 'ann' });
  const tried = nodes.map((node) => pageAt(t, node));
  const answers = await Promise.all(tried.map((page) => page.signIn({ link })));
  t.deepEqual(answers.map(({ status }) => status).sort(), [201, 401, 401]);
  const page = tried[answers.findIndex(({ status }) => status === 201)];
  if (!page) return t.fail('nobody is in');
  const sockets = await Promise.all(nodes.map(async (node) => subscribed(await cookieSocket(t, page, node))));
  await ops(nodes[0], 'DELETE', '/ops/v1/sessions?operator=ann&reason=left');
  const at = performance.now();
  await closeSoon(t, sockets, at, 'session');
  for (const node of nodes) t.is((await carried(t, page, node).ask('GET', '/ops/v1/session')).status, 401);
});

interface AuditItem {
  readonly id: string;
  readonly who: string;
  readonly what: string;
  readonly why: string | null;
}

clusterTest('what was done at any node is in one trail, which every node tells alike', async (t) => {
  const trails = await Promise.all(nodes.map((node) => ops<{ items: readonly AuditItem[] }>(node, 'GET', '/ops/v1/audit?limit=500')));
  for (const trail of trails) t.deepEqual(trail, trails[0]);
  const items = trails[0]?.items ?? [];
  t.is(new Set(items.map(({ id }) => id)).size, items.length);
  const why = items.filter(({ who }) => who === 'operator:ann').flatMap(({ why }) => why ?? []);
  for (const [index] of nodes.entries()) t.true(why.includes(`asked at node ${index + 1}`), JSON.stringify(items.slice(0, 5)));
  for (const word of ['first of all', 'left'])
    t.true(
      items.some((item) => item.why === word),
      word,
    );
});

const WEBHOOK = `/ops/v1/webhooks/${MPID}`;
let nextMpan = 0;

/** Meter points whose processes a node has, each given once. */
async function mpanOf(name: string): Promise<string> {
  const { shards } = await installation.clusterAt(nodes[0]);
  for (;;) {
    const index = nextMpan++;
    const mpan = seededMpan(index);
    if (index % 10 !== 7 && shards[shardOf(mpan, shards.length)]?.owner === name) return mpan;
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
  const aSecond = (): Promise<unknown> => until('a second has passed', () => performance.now() - at > SOON_MS);
  await aSecond();
  for (const id of ids.slice(0, 3)) await cancel(id);
  await until('all are delivered', () => ids.slice(0, 3).every((id) => aboutRequest(id).length > 0));
  for (const id of ids.slice(0, 3)) delivered(t, id, secret);

  await ops(nodes[0], 'POST', `${WEBHOOK}/off`, {});
  at = performance.now();
  await aSecond();
  for (const id of ids.slice(3)) await cancel(id);
  await ops(nodes[1], 'POST', WEBHOOK, {});
  at = performance.now();
  await aSecond();
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
