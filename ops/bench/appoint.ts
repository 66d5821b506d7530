/** `appoint`: durable POSTs a second against a bare server with the same promise; then with everything on; then the latency below the top rate. */
import { join } from 'node:path';
import { freePort } from '../node/free-ports.ts';
import { seededMpan } from '../sim/market/seed.ts';
import { type Baseline, startBaseline } from './baseline/start.ts';
import { API_PATH, seededInstallation, startLive, startPaused } from './installation.ts';
import { type LoadJob, runLoad } from './load/job.ts';
import type { EngineProcess } from './process/engine.ts';
import { withFolder } from './process/folders.ts';
import { cpuMs } from './process/usage.ts';
import { absolute, against, type Bench, median, type Reporter } from './report.ts';

const ROUNDS = 5;
const PER_ROUND = 12_000;
const WARM_UP = 6_000;
const CONNECTIONS = 128;
const OPEN_SECONDS = 8;
const LIVE_POSTS = 15_000;
const SEEDED = 200_000;
const GOAL_RATIO = 0.5;
const GOAL_P99_MS = 50;
const SHARE_OF_TOP = 0.7;

/** Gives out meter points, each once. */
export function mpanSource(): (count: number) => string[] {
  let next = 0;
  return (count) => Array.from({ length: count }, () => seededMpan(next++));
}

type Job = Omit<LoadJob, 'run' | 'path' | 'connections'>;

let runs = 0;
const post = (job: Job) => runLoad({ path: API_PATH, connections: CONNECTIONS, run: `a${process.pid}-${runs++}`, ...job });

interface Rates {
  readonly engine: number;
  readonly bare: number;
  readonly engineCpuUs: number;
  readonly bareCpuUs: number;
}

/** Both servers in turn, so that what else the machine does falls on both. */
async function alternate(engine: EngineProcess, bare: Baseline, take: (count: number) => string[], report: Reporter): Promise<Rates> {
  const closed = { kind: 'closed' } as const;
  await post({ port: bare.port, apiKey: engine.apiKey, subjects: take(0).concat(Array(WARM_UP).fill(seededMpan(0))), pace: closed });
  await post({ port: engine.httpPort, apiKey: engine.apiKey, subjects: take(WARM_UP), pace: closed });
  const samples = { engine: [] as number[], bare: [] as number[], engineCpuUs: [] as number[], bareCpuUs: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    const mpans = take(PER_ROUND);
    const before = { bare: cpuMs(bare.pid), engine: cpuMs(engine.pid) };
    const other = await post({ port: bare.port, apiKey: engine.apiKey, subjects: mpans, pace: closed });
    const own = await post({ port: engine.httpPort, apiKey: engine.apiKey, subjects: mpans, pace: closed });
    if (own.accepted !== PER_ROUND) throw new Error(`appoint: ${own.accepted} of ${PER_ROUND} accepted: ${JSON.stringify(own.others)}`);
    samples.bare.push(other.perSecond);
    samples.engine.push(own.perSecond);
    samples.bareCpuUs.push(((cpuMs(bare.pid) - before.bare) * 1_000) / PER_ROUND);
    samples.engineCpuUs.push(((cpuMs(engine.pid) - before.engine) * 1_000) / PER_ROUND);
    report.say(`  round ${round + 1}: bare ${Math.round(other.perSecond)}/s, engine ${Math.round(own.perSecond)}/s, p99 ${own.latencyMs.p99.toFixed(1)} ms`);
  }
  return { engine: median(samples.engine), bare: median(samples.bare), engineCpuUs: median(samples.engineCpuUs), bareCpuUs: median(samples.bareCpuUs) };
}

async function run(report: Reporter): Promise<void> {
  await withFolder(async (folder) => {
    const take = mpanSource();
    const dataDir = join(folder, 'paused');
    await seededInstallation(SEEDED, dataDir);
    const engine = await startPaused(dataDir);
    const bare = await startBaseline(join(folder, 'bare.mdb'));
    let top = 0;
    try {
      const rates = await alternate(engine, bare, take, report);
      top = rates.engine;
      report.say(`  CPU a POST: bare ${rates.bareCpuUs.toFixed(0)} µs, engine ${rates.engineCpuUs.toFixed(0)} µs`);
      report.line(against('appoint', rates.engine, 'POST/s', 'bare uWebSockets + LMDB', rates.bare, 'ratio >= 0.5', (ratio) => ratio >= GOAL_RATIO));
      const perSecond = top * SHARE_OF_TOP;
      const mpans = take(Math.round(perSecond * OPEN_SECONDS));
      const { latencyMs } = await post({ port: engine.httpPort, apiKey: engine.apiKey, subjects: mpans, pace: { kind: 'open', perSecond } });
      report.say(`  at ${Math.round(perSecond)}/s: p50 ${latencyMs.p50.toFixed(1)} ms, p95 ${latencyMs.p95.toFixed(1)} ms, max ${latencyMs.max.toFixed(0)} ms`);
      report.line(absolute('appoint.p99', latencyMs.p99, 'ms at 70 % of the top rate', 'p99 < 50 ms', latencyMs.p99 < GOAL_P99_MS));
    } finally {
      await engine.stop();
      await bare.stop();
    }
    await withEverything(folder, take, top, report);
  });
}

/** The same POSTs while the flows that they begin run to their end beside them. */
async function withEverything(folder: string, take: (count: number) => string[], paused: number, report: Reporter): Promise<void> {
  const dataDir = join(folder, 'live');
  await seededInstallation(SEEDED, dataDir);
  const engine = await startLive({ dataDir, httpPort: await freePort(), plain: false });
  try {
    const { perSecond, latencyMs } = await post({ port: engine.httpPort, apiKey: engine.apiKey, subjects: take(LIVE_POSTS), pace: { kind: 'closed' } });
    report.say(`  everything on: ${Math.round(perSecond)}/s, p99 ${latencyMs.p99.toFixed(0)} ms`);
    report.line(against('appoint.everything', perSecond, 'POST/s with flows, HTTPS and events on', 'the same paused', paused, 'stated, no goal', () => true));
  } finally {
    await engine.stop();
  }
}

export const appoint: Bench = { name: 'appoint', about: 'durable POSTs a second against a bare server with the same promise', run };
