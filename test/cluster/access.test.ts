/** Keys, tokens and sessions on three engines, the last of which never hears the word of the others and has only the store. */
import { readFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { Agent } from 'undici';
import { shardOf } from '../../actors/engine/shard.ts';
import { needs } from '../../ops/test/needs.ts';
import { Page } from '../support/gateway/browser.ts';
import { LiveSocket } from '../support/live/socket.ts';
import { ownServerMissing } from '../support/mongodb.ts';
import { clusterTest, hasServer, ownStore, startCluster } from '../support/process/cluster.ts';
import { call, type EngineProcess, type Installation, type SharedStore, until } from '../support/process/index.ts';
import { liveUrl } from '../support/process/live.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const MPID = 'SUPX';
const SOON_MS = 1_000;
/** What the test may notice it later by, on a machine that does other things. */
const NOTICE_MS = 1_000;
const PASSWORD = 'correct horse battery';

let installation: Installation;
let nodes: readonly [EngineProcess, EngineProcess, EngineProcess];
let store: SharedStore;
test.before(async () => {
  if (!hasServer) return;
  store = await ownStore();
  installation = await startCluster(undefined, { mongodb: store, lastFile: 'test/support/process/deaf-engine.ts' });
  const [first, second, third] = installation.nodes;
  if (!first || !second || !third) throw new Error('three nodes were asked for');
  nodes = [first, second, third];
});
test.after.always(() => installation?.remove());

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

async function cookieSocket(t: ExecutionContext, page: Page, node: EngineProcess, origin = node.program.connect.url): Promise<LiveSocket> {
  const { url, caFile = '' } = node.program.connect;
  return LiveSocket.open(t, `${url.replace('https', 'wss')}/live/v1`, { cookie: page.cookie, origin, ca: readFileSync(caFile, 'utf8') });
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
    t.true(took <= SOON_MS + NOTICE_MS, `${what}: the socket at node ${index + 1} closed after ${took} ms`);
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
  await t.throwsAsync(cookieSocket(t, first, nodes[1], nodes[0].program.connect.url), { message: /refused with 403/ });
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

/** What an open socket outlives the last word of the store by, and what the test may notice it later by. */
const UNREAD_MS = 8_000;
/** Where the server is one of ours, so that there is one way to it. */
const ownServerTest: typeof clusterTest = needs(test.serial, 'mongodb', ownServerMissing);

ownServerTest('a node that cannot reach the store takes nothing by a key for longer than a second, and closes what it opened soon after', async (t) => {
  t.timeout(60_000);
  const { hostname, port } = new URL(store.url);
  const proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  t.teardown(() => proxy.close());
  const env = {
    // Never past the proxy.
    MW_STORE_MONGODB_URL: `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
    MW_STORE_MONGODB_DATABASE: store.database,
    MW_STORE_MONGODB_OPERATION_TIMEOUT_MS: '1000',
    MW_STORE_MONGODB_SELECTION_TIMEOUT_MS: '500',
  };
  const node = installation.joining('n4', { env: () => env });
  t.teardown(() => node.remove());
  await node.start();
  const { id, key } = await ops<{ id: string; key: string }>(nodes[0], 'POST', '/ops/v1/keys', { mpids: [MPID], label: 'to be revoked' });
  const socket = await subscribed(await LiveSocket.open(t, liveUrl(node), { key }));
  const use = async (): Promise<number> =>
    (await call(`${node.program.connect.httpUrl}/requests/v1/${MPID}?request_id=${crypto.randomUUID()}`, { headers: { 'x-api-key': key } })).status;
  t.is(await use(), 200);
  for (const direction of ['up', 'down'] as const) proxy.hold(direction);
  // Whoever writes it down may be the very node.
  await until('it is revoked', async () => ops(nodes[0], 'DELETE', `/ops/v1/keys/${id}`).then(() => true));
  const at = performance.now();
  const closing = socket.closed.then(({ code }) => ({ code, took: Math.round(performance.now() - at) }));
  await until('a second has passed', () => performance.now() - at > SOON_MS);
  t.regex(String(await use()), /^(401|503)$/);
  t.log(`refused after ${Math.round(performance.now() - at)} ms`);
  const { code, took } = await closing;
  t.is(code, 4401);
  t.true(took < UNREAD_MS, `${took} ms`);
  t.log(`closed after ${took} ms`);
  proxy.restore();
  await until('it says so itself', async () => (await use()) === 401);
  await node.stop();
  await installation.settled();
});

interface AuditItem {
  readonly id: string;
  readonly who: string;
  readonly what: string;
  readonly why: string | null;
}

interface Trail {
  readonly items: readonly AuditItem[];
  readonly cursor: string | null;
}

clusterTest('what was done at any node is in one trail, which every node tells alike and any of them goes on with', async (t) => {
  const reasons = Array.from({ length: 30 }, (_, index) => `act ${index}`);
  await Promise.all(reasons.map((reason, index) => ops(nodes[index % 3] ?? nodes[0], 'POST', '/ops/v1/login-links', { operator: 'ann', reason })));
  const trails = await Promise.all(nodes.map((node) => ops<Trail>(node, 'GET', '/ops/v1/audit?limit=500')));
  for (const trail of trails) t.deepEqual(trail, trails[0]);
  const items = trails[0]?.items ?? [];
  t.is(new Set(items.map(({ id }) => id)).size, items.length);
  const why = new Set(items.map((item) => item.why));
  for (const reason of [...reasons, 'asked at node 1', 'asked at node 2', 'asked at node 3', 'first of all', 'left']) t.true(why.has(reason), reason);

  const paged: AuditItem[] = [];
  let cursor: string | null = '';
  for (let turn = 0; cursor !== null; turn++) {
    const page: Trail = await ops(nodes[turn % 3] ?? nodes[0], 'GET', `/ops/v1/audit?limit=7${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`);
    paged.push(...page.items);
    ({ cursor } = page);
  }
  t.deepEqual(paged, items);
});

clusterTest(
  'while the node that writes them down is dead, sessions go on at the others, and what changes something waits for the next, or is told to come again',
  async (t) => {
    const { link } = await ops<{ link: string }>(nodes[0], 'POST', '/ops/v1/login-links', { operator: 'ann' });
    const { shards } = await installation.clusterAt(nodes[0]);
    const owner = shards[shardOf('directory', shards.length)]?.owner;
    const dead = nodes[Number(owner?.slice(1)) - 1];
    if (!dead) return t.fail(`nobody is ${owner}`);
    const first = pageAt(t, dead);
    t.is((await first.signIn({ link })).status, 201);
    const [one, other] = nodes.filter((node) => node !== dead).map((node) => carried(t, first, node));
    if (!one || !other) return t.fail('two are left');
    await dead.kill9();
    for (const page of [one, other]) t.is((await page.ask('GET', '/ops/v1/session')).status, 200);
    const statuses: number[] = [];
    await until('it is written down elsewhere', async () => {
      const { status } = await one.ask('POST', '/ops/v1/login-links', {});
      statuses.push(status);
      t.is((await other.ask('GET', '/ops/v1/session')).status, 200);
      return status === 201;
    });
    t.true(
      statuses.slice(0, -1).every((status) => status === 503),
      statuses.join(),
    );
    t.is((await other.ask('DELETE', '/ops/v1/session')).status, 200);
    const at = performance.now();
    await until('it is over everywhere', async () => (await one.ask('GET', '/ops/v1/session')).status === 401, SOON_MS + NOTICE_MS);
    t.log(`${statuses.length - 1} refused; over after ${Math.round(performance.now() - at)} ms`);
    await dead.start();
    await installation.settled();
  },
);

clusterTest('nothing was left in quarantine', async (t) => {
  t.deepEqual(await installation.operator.quarantine(), []);
});
