/** `takeover`: one of three nodes is killed under load; then the NATS server that leads the leases. */
import { setTimeout as pause } from 'node:timers/promises';
import { SUPPLIER } from '../sim/market/seed.ts';
import { Callers, knownRequests, lostOf, summary } from './cluster/callers.ts';
import { type Cluster, type Node, withCluster } from './cluster/nodes.ts';
import { type Points, pointsOf } from './cluster/points.ts';
import { API_PATH } from './installation.ts';
import { absolute, type Bench, type Reporter } from './report.ts';

const SEEDED = 3_000;
const SHARDS = 64;
const PER_SECOND = Number(process.env.MW_BENCH_CLUSTER_RATE ?? 20);
const WARM_UP_MS = 8_000;
/** How long calls go on after the fault; what is over by then is over. */
const AFTER_MS = 15_000;
const GOAL_TAKEOVER_S = 5;
const GOAL_LEADER_S = 15;
const LEASES = 'KV_MW_SHARDS';

async function run(report: Reporter): Promise<void> {
  await withCluster({ nodes: 3, nats: 3, seedMpans: SEEDED, say: report.say }, async (cluster) => {
    const points = pointsOf(SEEDED, SHARDS, 2);
    // Callers do not know who is gone: they meet a refused connection, and go to the next.
    const callers = new Callers({ path: API_PATH, apiKey: cluster.apiKey, gateways: () => cluster.nodes, run: `takeover-${process.pid}` });
    const load = callers.steady(points.load, PER_SECOND);
    await pause(WARM_UP_MS);
    await killNode(cluster, callers, points, report);
    await loseLeader(cluster, callers, report);
    await callers.stop();
    await load;
    const first = cluster.running()[0];
    if (!first) throw new Error('takeover: no node runs');
    const lost = lostOf(callers, await knownRequests(first, SUPPLIER.mpid, cluster.apiKey));
    const failed = callers.troubles.filter(({ kind }) => kind === 'failed');
    for (const { text } of failed.slice(0, 3)) report.say(`  failed: ${text}`);
    report.line(
      absolute(
        'takeover.lost',
        lost + callers.begun - callers.accepted.size,
        `of ${callers.begun} requests`,
        '0',
        lost === 0 && callers.accepted.size === callers.begun,
      ),
    );
    report.line(absolute('takeover.failed', failed.length, 'answers other than 202 and 503 with Retry-After', '0', failed.length === 0));
  });
}

/**
 * One probe for each of its shards leaves as soon as it is dead; the last answer is the end. Not before: what still reaches a node
 * that dies is waited for until `cluster.commandTimeoutMs` is over, and would tell that time.
 */
async function killNode(cluster: Cluster, callers: Callers, points: Points, report: Reporter): Promise<void> {
  const [observer, victim] = cluster.nodes as readonly [Node, Node];
  const shards = (await cluster.statusAt(observer)).shards.flatMap(({ shard, owner }) => (owner === victim.name ? [shard] : []));
  const seen = callers.troubles.length;
  const from = performance.now();
  await victim.kill9();
  const served = await Promise.all(shards.map(async (shard) => (await callers.call(points.probe(shard))).at - from));
  served.sort((a, b) => a - b);
  const last = (served.at(-1) ?? 0) / 1_000;
  report.say(
    `  ${shards.length} shards, the first served again after ${((served[0] ?? 0) / 1_000).toFixed(2)} s, half of them after ${((served[served.length >> 1] ?? 0) / 1_000).toFixed(2)} s`,
  );
  await pause(Math.max(0, AFTER_MS - (performance.now() - from)));
  const troubles = callers.troubles.slice(seen);
  const elsewhere = troubles.filter(({ kind, gateway }) => kind === 'broken' && gateway !== victim.name);
  for (const line of summary(troubles, from)) report.say(line);
  report.line(absolute('takeover.node', last, 's from kill -9 to the answer of its last shard', '<= 5', last <= GOAL_TAKEOVER_S));
  report.line(absolute('takeover.broken', elsewhere.length, 'connections broken by nodes that live', '0', elsewhere.length === 0));
  await victim.start();
  await cluster.settled();
}

async function loseLeader({ nats, nodes }: Cluster, callers: Callers, report: Reporter): Promise<void> {
  await nats.settled(LEASES);
  const leader = await nats.leaderOf(LEASES);
  const seen = callers.troubles.length;
  const from = performance.now();
  await nats.kill9(leader);
  await pause(AFTER_MS + GOAL_LEADER_S * 1_000);
  const troubles = callers.troubles.slice(seen);
  const away = troubles.filter(({ kind }) => kind === 'away').map(({ at }) => (at - from) / 1_000);
  const slowest = Math.max(0, ...[...callers.accepted.values()].filter(({ at }) => at > from).map(({ tookMs }) => tookMs / 1_000));
  for (const line of summary(troubles, from)) report.say(line);
  report.say(`  longest wait of a caller, repeats included: ${slowest.toFixed(1)} s`);
  const last = Math.max(0, ...away);
  report.line(
    absolute(
      'takeover.leader',
      last,
      's from kill -9 of the leading NATS server to the last 503',
      '<= 15',
      last <= GOAL_LEADER_S && nodes.every(({ isRunning }) => isRunning),
    ),
  );
  await nats.restart(leader);
  await nats.settled(LEASES);
}

export const takeover: Bench = { name: 'takeover', about: 'a node is killed under load, then the leading NATS server: how long, and what callers see', run };
