/** `flow`: whole flows a second, POST to Success, with the simulated market in a process of its own and events on. */

import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../node/free-ports.ts';
import { SUPPLIER } from '../sim/market/seed.ts';
import { mpanSource } from './appoint.ts';
import { API_PATH, countOf, seededInstallation, startLive } from './installation.ts';
import { openLoad } from './load/job.ts';
import { type Market, openMarket } from './market.ts';
import type { EngineProcess } from './process/engine.ts';
import { withFolder } from './process/folders.ts';
import { cpuMs } from './process/usage.ts';
import { absolute, type Bench, type Reporter } from './report.ts';

const FLOWS = Number(process.env.MW_BENCH_FLOWS ?? 20_000);
const WARM_UP = 4_000;
const SEEDED = 200_000;
const CONNECTIONS = 64;
/** Flows that are begun and not ended; it keeps the flows moving instead of piling up before the first step. */
const WINDOW = 2_000;
const LOOK_MS = 50;
const GOAL_PER_SECOND = 1_000;
const GOAL_ENGINE_MS = 0.6;

const PROCESSES = ['engine', 'simulator', 'nats', 'load'] as const;

interface Sample {
  readonly at: number;
  readonly finished: number;
  readonly cpu: Readonly<Record<(typeof PROCESSES)[number], number>>;
}

export interface FlowRates {
  readonly perSecond: number;
  readonly cpuMsPerFlow: Sample['cpu'];
}

/** Runs flows through a live engine and measures those after the warm-up. */
export async function runFlows(engine: EngineProcess, market: Market, mpans: readonly string[], warmUp: number): Promise<FlowRates> {
  const before = await market.finished();
  const load = openLoad({
    port: engine.httpPort,
    path: API_PATH,
    apiKey: engine.apiKey,
    run: `f${process.pid}-${before}`,
    subjects: mpans,
    connections: CONNECTIONS,
    pace: { kind: 'closed' },
    allowed: WINDOW,
  });
  await load.ready;
  const pids = { engine: engine.pid, simulator: engine.childPid('sim-market'), nats: engine.childPid('nats'), load: load.pid };
  let posted = false;
  let loadCpu = 0;
  const result = load.result.then((value) => {
    posted = true;
    return value;
  });
  const look = async (): Promise<Sample> => {
    const finished = (await market.finished()) - before;
    if (!posted) loadCpu = cpuMs(pids.load);
    return { at: performance.now(), finished, cpu: { engine: cpuMs(pids.engine), simulator: cpuMs(pids.simulator), nats: cpuMs(pids.nats), load: loadCpu } };
  };
  load.start();
  let from: Sample | undefined;
  let now = await look();
  while (now.finished < mpans.length) {
    await Promise.race([sleep(LOOK_MS), result.then(() => sleep(LOOK_MS))]);
    now = await look();
    load.allow(now.finished + WINDOW);
    if (now.finished >= warmUp) from ??= now;
  }
  const { accepted, others } = await result;
  if (accepted !== mpans.length) throw new Error(`flow: ${accepted} of ${mpans.length} accepted: ${JSON.stringify(others)}`);
  const start = from ?? now;
  const flows = now.finished - start.finished;
  const per = (name: (typeof PROCESSES)[number]): number => (now.cpu[name] - start.cpu[name]) / flows;
  return {
    perSecond: (flows / (now.at - start.at)) * 1_000,
    cpuMsPerFlow: { engine: per('engine'), simulator: per('simulator'), nats: per('nats'), load: per('load') },
  };
}

async function measure(name: string, plain: boolean, flows: number, report: Reporter): Promise<FlowRates> {
  return withFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    await seededInstallation(SEEDED, dataDir);
    const engine = await startLive({ dataDir, httpPort: await freePort(), plain });
    try {
      const rates = await runFlows(engine, openMarket(engine.controlUrl), mpanSource()(WARM_UP + flows), WARM_UP);
      const succeeded = await countOf(engine, SUPPLIER.mpid, engine.apiKey, 'Success');
      if (succeeded !== WARM_UP + flows) throw new Error(`flow: ${succeeded} of ${WARM_UP + flows} succeeded`);
      const cpu = PROCESSES.map((process) => `${process} ${rates.cpuMsPerFlow[process].toFixed(2)}`).join(', ');
      report.say(`  ${name}: ${Math.round(rates.perSecond)} flows/s; CPU ms a flow: ${cpu}`);
      return rates;
    } finally {
      await engine.stop();
    }
  });
}

async function run(report: Reporter): Promise<void> {
  const plain = await measure('plain HTTP on loopback', true, FLOWS, report);
  report.line(absolute('flow', plain.perSecond, 'flows/s', '>= 1000 on 2 cores', plain.perSecond >= GOAL_PER_SECOND));
  report.line(absolute('flow.cpu', plain.cpuMsPerFlow.engine, 'ms of engine CPU a flow', '< 0.6', plain.cpuMsPerFlow.engine < GOAL_ENGINE_MS));
  const tls = await measure('HTTPS', false, Math.ceil(FLOWS / 2), report);
  report.line(absolute('flow.https', tls.perSecond, 'flows/s', 'stated, no goal', true));
}

export const flow: Bench = { name: 'flow', about: 'whole flows a second, POST to Success, and what each costs', run };
