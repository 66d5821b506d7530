/** `rolling`: each of three nodes is drained, ended and started again, while callers go on through a balancer. */
import { setTimeout as pause } from 'node:timers/promises';
import { SUPPLIER } from '../sim/market/seed.ts';
import { Callers, knownRequests, lostOf, summary } from './cluster/callers.ts';
import { openFront } from './cluster/front.ts';
import { withCluster } from './cluster/nodes.ts';
import { pointsOf } from './cluster/points.ts';
import { API_PATH } from './installation.ts';
import { absolute, against, type Bench, quantile, type Reporter } from './report.ts';

const SEEDED = 4_000;
const SHARDS = 64;
const PER_SECOND = Number(process.env.MW_BENCH_CLUSTER_RATE ?? 20);
const WARM_UP_MS = 8_000;
/** Before: what the machine gives when nothing happens. */
const CALM_MS = 10_000;
const BETWEEN_MS = 1_000;
const GOAL_P99_MS = 1_000;

async function run(report: Reporter): Promise<void> {
  await withCluster({ nodes: 3, nats: 3, seedMpans: SEEDED, say: report.say }, async (cluster) => {
    const points = pointsOf(SEEDED, SHARDS, 0);
    const front = await openFront(cluster.nodes);
    const gateway = { name: 'front', httpPort: front.httpPort };
    const callers = new Callers({ path: API_PATH, apiKey: cluster.apiKey, gateways: () => [gateway], run: `rolling-${process.pid}` });
    try {
      const load = callers.steady(points.load, PER_SECOND);
      await pause(WARM_UP_MS);
      const warm = performance.now();
      await pause(CALM_MS);
      const from = performance.now();
      for (const node of cluster.nodes) {
        const at = performance.now();
        await cluster.drain(node);
        // As operators do: the balancer looks now and then, and has to have seen it.
        await front.left(node);
        const drained = performance.now();
        await node.stop();
        const stopped = performance.now();
        await node.start();
        await cluster.settled();
        const seconds = (ms: number): string => (ms / 1_000).toFixed(1);
        report.say(
          `  ${node.name}: drained ${seconds(drained - at)} s, stopped ${seconds(stopped - drained)} s, back with its share after ${seconds(performance.now() - stopped)} s`,
        );
        await pause(BETWEEN_MS);
      }
      const until = performance.now();
      await callers.stop();
      await load;
      const took = tookBetween(callers, from, until);
      const calm = quantile(tookBetween(callers, warm, from), 0.99);
      const p = (q: number): number => quantile(took, q);
      report.say(
        `  ${took.length} requests in ${((until - from) / 1_000).toFixed(0)} s: p50 ${p(0.5).toFixed(0)} ms, p95 ${p(0.95).toFixed(0)} ms, most ${p(1).toFixed(0)} ms; ${front.passedOn()} met a closed door and were passed on`,
      );
      for (const line of summary(callers.troubles, from)) report.say(line);
      const first = cluster.running()[0];
      if (!first) throw new Error('rolling: no node runs');
      const lost = lostOf(callers, await knownRequests(first, SUPPLIER.mpid, cluster.apiKey));
      report.line(
        absolute('rolling.failed', callers.troubles.length, `answers other than 202, of ${callers.begun} requests`, '0', callers.troubles.length === 0),
      );
      report.line(absolute('rolling.lost', lost, 'requests', '0', lost === 0));
      const isFast = p(0.99) < GOAL_P99_MS;
      report.line(against('rolling.p99', p(0.99), 'ms while nodes go and come', 'p99 of ten seconds before', calm, 'p99 < 1 s', () => isFast));
    } finally {
      await front.close();
    }
  });
}

function tookBetween(callers: Callers, from: number, until: number): number[] {
  return [...callers.accepted.values()].flatMap(({ at, tookMs }) => (at >= from && at < until ? [tookMs] : []));
}

export const rolling: Bench = { name: 'rolling', about: 'each of three nodes is restarted in order under load: what callers see', run };
