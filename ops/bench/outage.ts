/** `outage`: the DIP is away while appointments are accepted, and comes back: how fast they leave, and whether each meter point's leave in order. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../node/free-ports.ts';
import { AGENTS, mpanLine, SUPPLIER, seededMpan } from '../sim/market/seed.ts';
import { countOf, seededInstallation, startLive } from './installation.ts';
import { runLoad } from './load/job.ts';
import { type Market, openMarket } from './market.ts';
import type { EngineProcess } from './process/engine.ts';
import { withFolder } from './process/folders.ts';
import { absolute, type Bench, type Reporter } from './report.ts';

const COUNT = Number(process.env.MW_BENCH_OUTAGE ?? 100_000);
const QUIET_COUNT = Math.ceil(COUNT / 4);
/** Meter points for which two own suppliers ask, one after the other: theirs must leave in that order. */
const PAIRS = 500;
const CONNECTIONS = 64;
const LOOK_MS = 100;
/** Without progress for so long the bench gives up. */
const STALL_MS = 60_000;
const GOAL_PER_SECOND = 1_000;
const SEEDED = 200_000;
/** The pairs are the last of the seeded ones. */
const FIRST_PAIR = SEEDED - PAIRS;

const OTHER = { mpid: 'SUPY', dipId: AGENTS.find(({ mpid }) => mpid === 'SUPY')?.dip_id ?? '' };
const OWN = [SUPPLIER, OTHER].map(({ mpid, dipId }) => ({ mpid, dipId }));

async function keyFor(engine: EngineProcess, mpid: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${engine.httpPort}/ops/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ mpids: [mpid], label: 'bench', rate: { perSecond: 100_000, burst: 100_000 } }),
  });
  if (!answer.ok) throw new Error(`outage: no key: ${await answer.text()}`);
  return ((await answer.json()) as { key: string }).key;
}

/** Records of the pairs for the second supplier; the first has them. */
async function importForOther(engine: EngineProcess): Promise<void> {
  const lines = Array.from({ length: PAIRS }, (_, index) => JSON.stringify({ ...mpanLine(FIRST_PAIR + index), mpid: OTHER.mpid }));
  const answer = await fetch(`http://127.0.0.1:${engine.httpPort}/ops/v1/imports/mpans?format=jsonl`, {
    method: 'POST',
    headers: { authorization: `Bearer ${engine.adminToken}` },
    body: lines.join('\n'),
  });
  if (!answer.ok) throw new Error(`outage: records were not imported: ${await answer.text()}`);
  await answer.text();
}

async function accept(engine: EngineProcess, mpid: string, apiKey: string, mpans: readonly string[]): Promise<number> {
  const result = await runLoad({
    port: engine.httpPort,
    path: `/metering-services/v1/${mpid}/appoint`,
    apiKey,
    run: `o${process.pid}-${mpid}-${mpans[0]}`,
    subjects: mpans,
    connections: CONNECTIONS,
    pace: { kind: 'closed' },
  });
  if (result.accepted !== mpans.length) throw new Error(`outage: ${result.accepted} of ${mpans.length} accepted: ${JSON.stringify(result.others)}`);
  return result.perSecond;
}

/** Milliseconds until `progress` reaches `goal`. */
async function until(goal: number, progress: () => Promise<number>, what: string): Promise<number> {
  const startedAt = performance.now();
  let last = { at: startedAt, value: -1 };
  for (;;) {
    const value = await progress();
    if (value >= goal) return performance.now() - startedAt;
    if (value !== last.value) last = { at: performance.now(), value };
    else if (performance.now() - last.at > STALL_MS) throw new Error(`outage: ${what} stands still at ${value} of ${goal}`);
    await sleep(LOOK_MS);
  }
}

/** Pairs whose second request reached the DIP before the first. */
async function overtaken(market: Market, mpans: readonly string[]): Promise<number> {
  let count = 0;
  for (const mpan of mpans) {
    const flows = [...(await market.flows(mpan))].sort((a, b) => a.n - b.n);
    if (flows.length !== 2 || flows[0]?.supplier !== SUPPLIER.dipId || flows[1]?.supplier !== OTHER.dipId) count++;
  }
  return count;
}

async function measure(engine: EngineProcess, report: Reporter): Promise<void> {
  const market = openMarket(engine.controlUrl);
  await market.setOutage(true);
  const otherKey = await keyFor(engine, OTHER.mpid);
  const pairs = Array.from({ length: PAIRS }, (_, index) => seededMpan(FIRST_PAIR + index));
  await importForOther(engine);
  const single = Array.from({ length: COUNT - 2 * PAIRS }, (_, index) => seededMpan(index));
  await accept(engine, SUPPLIER.mpid, engine.apiKey, pairs);
  await accept(engine, OTHER.mpid, otherKey, pairs);
  const perSecond = await accept(engine, SUPPLIER.mpid, engine.apiKey, single);
  report.say(`  ${COUNT} accepted while the DIP is away, ${Math.round(perSecond)}/s`);
  await market.setOutage(false);
  const drainMs = await until(COUNT, async () => (await market.stats()).accepted, 'what left');
  const rate = (COUNT / drainMs) * 1_000;
  report.say(`  all with the DIP ${(drainMs / 1_000).toFixed(1)} s after it came back (its circuit probes first)`);
  const restMs = await until(COUNT, market.finished, 'what ended');
  report.say(`  all ended ${((drainMs + restMs) / 1_000).toFixed(1)} s after it came back`);
  const failed = (await countOf(engine, SUPPLIER.mpid, engine.apiKey, 'Failed')) + (await countOf(engine, OTHER.mpid, otherKey, 'Failed'));
  const wrong = await overtaken(market, pairs);
  report.line(absolute('outage', rate, 'IF-031/s after the outage', '> 1000', rate > GOAL_PER_SECOND));
  report.line(absolute('outage.failed', failed, 'failed appointments', '0', failed === 0));
  await unanswered(engine, market, report);
  report.line(absolute('outage.order', wrong, `of ${PAIRS} meter points out of order`, '0', wrong === 0));
}

/** The same with a market that takes its time to answer, as the real one does: the engine only sends. */
async function unanswered(engine: EngineProcess, market: Market, report: Reporter): Promise<void> {
  const { accepted } = await market.stats();
  await market.setOutage(true);
  await market.fallSilent();
  await accept(
    engine,
    SUPPLIER.mpid,
    engine.apiKey,
    Array.from({ length: QUIET_COUNT }, (_, index) => seededMpan(COUNT + index)),
  );
  await market.setOutage(false);
  const ms = await until(accepted + QUIET_COUNT, async () => (await market.stats()).accepted, 'what left');
  const rate = (QUIET_COUNT / ms) * 1_000;
  report.line(absolute('outage.unanswered', rate, 'IF-031/s when no answers come beside them', '> 1000', rate > GOAL_PER_SECOND));
}

async function run(report: Reporter): Promise<void> {
  await withFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    await seededInstallation(SEEDED, dataDir);
    const sim = { retainFlows: 2 * COUNT, initialMs: 200, outcomeMs: 600, activeMs: 1_000 };
    const engine = await startLive({ dataDir, httpPort: await freePort(), plain: true, sim, dip: { suppliers: OWN } });
    try {
      await measure(engine, report);
    } finally {
      await engine.stop();
    }
  });
}

export const outage: Bench = { name: 'outage', about: 'the DIP away and back: drain rate, nothing failed, order kept', run };
