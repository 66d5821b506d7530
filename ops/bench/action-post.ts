/** `action-post`: durable time-updates a second against durable appointments a second, both through the same engine in turn. */
import { join } from 'node:path';
import { mpanSource } from './appoint.ts';
import { API_PATH, seededInstallation, startPaused } from './installation.ts';
import { type LoadJob, runLoad } from './load/job.ts';
import { type MeterEngine, meterEngine, meterSections, TIME_UPDATE_PATH } from './meters/engine.ts';
import { addressOf } from './meters/seed.ts';
import { windowAt } from './meters/window.ts';
import { withFolder } from './process/folders.ts';
import { cpuMs } from './process/usage.ts';
import { against, type Bench, median, type Reporter } from './report.ts';

/** Of each kind in a round. */
const POSTS = Number(process.env.MW_BENCH_POSTS ?? 12_000);
/** Small runs only show that all works. */
const ROUNDS = POSTS < 1_000 ? 1 : 5;
/** As in `appoint`. */
const CONNECTIONS = 128;
const METER_PORT = 4_059;
/** The night that the overnight ones wait for is far. */
const WINDOW_IN_MS = 6 * 3_600_000;
const GOAL_RATIO = 0.8;
/** A supply of meter points, shared with `appoint` where that is enough. */
const SEEDED = Math.max(POSTS * (ROUNDS + 1), process.env.MW_BENCH_POSTS === undefined ? 200_000 : 0);

const WAYS = ['appoint', 'overnight', 'immediate'] as const;
type Way = (typeof WAYS)[number];

interface Sample {
  readonly perSecond: number;
  readonly cpuUs: number;
}

/** Every one for a meter of its own, as every appointment is for a meter point of its own. */
function bodies(from: number, immediate: boolean): string[] {
  return Array.from({ length: POSTS }, (_, index) =>
    JSON.stringify({
      meterType: 'ISKRA_MX37X',
      remoteAddress: addressOf(from + index, METER_PORT),
      serialNumber: String(40_000_000 + from + index),
      password: '00000000',
      immediate,
    }),
  );
}

/** Gives what the next round of a way posts. */
function jobMaker({ process: engine, token }: MeterEngine): (way: Way) => LoadJob {
  const take = mpanSource();
  let round = 0;
  let meters = 0;
  return (way) => {
    const common = { port: engine.httpPort, run: `p${process.pid}-${round++}`, connections: CONNECTIONS, pace: { kind: 'closed' } } as const;
    if (way === 'appoint') return { ...common, path: API_PATH, apiKey: engine.apiKey, subjects: take(POSTS) };
    const subjects = bodies(meters, way === 'immediate');
    meters += POSTS;
    return { ...common, form: 'time-update', path: TIME_UPDATE_PATH, apiKey: token, subjects };
  };
}

async function measure(engine: MeterEngine, report: Reporter): Promise<Readonly<Record<Way, Sample>>> {
  const { pid } = engine.process;
  const jobOf = jobMaker(engine);
  const samples: Record<Way, Sample[]> = { appoint: [], overnight: [], immediate: [] };
  // The first round warms up. In turn, so that what else the machine does falls on all.
  for (let round = 0; round <= ROUNDS; round++) {
    const said: string[] = [];
    for (const way of WAYS) {
      const job = jobOf(way);
      const before = cpuMs(pid);
      const { accepted, others, perSecond, latencyMs } = await runLoad(job);
      if (accepted !== POSTS) throw new Error(`action-post: ${accepted} of ${POSTS} accepted (${way}): ${JSON.stringify(others)}`);
      said.push(`${way} ${Math.round(perSecond)}/s, p99 ${latencyMs.p99.toFixed(0)} ms`);
      if (round > 0) samples[way].push({ perSecond, cpuUs: ((cpuMs(pid) - before) * 1_000) / POSTS });
    }
    report.say(`  ${round === 0 ? 'to warm up' : `round ${round}`}: ${said.join('; ')}`);
  }
  const middle = (way: Way): Sample => ({
    perSecond: median(samples[way].map(({ perSecond }) => perSecond)),
    cpuUs: median(samples[way].map(({ cpuUs }) => cpuUs)),
  });
  return { appoint: middle('appoint'), overnight: middle('overnight'), immediate: middle('immediate') };
}

async function run(report: Reporter): Promise<void> {
  await withFolder(async (folder) => {
    const dataDir = join(folder, 'data');
    await seededInstallation(SEEDED, dataDir);
    const window = windowAt(Date.now() + WINDOW_IN_MS);
    const process = await startPaused(dataDir, await meterSections(dataDir, { actions: { window } }));
    try {
      const engine = await meterEngine(process, dataDir);
      // As the DIP is out of reach for the appointments: what would go out is written and waits.
      await engine.stopSessions();
      const { appoint, overnight, immediate } = await measure(engine, report);
      report.say(
        `  CPU a POST: appointment ${appoint.cpuUs.toFixed(0)} µs, overnight time-update ${overnight.cpuUs.toFixed(0)} µs, immediate ${immediate.cpuUs.toFixed(0)} µs`,
      );
      const line = (name: string, { perSecond }: Sample): void =>
        report.line(against(name, perSecond, 'POST/s', 'appointments', appoint.perSecond, 'ratio >= 0.8', (ratio) => ratio >= GOAL_RATIO));
      line('action-post', overnight);
      line('action-post.immediate', immediate);
    } finally {
      await process.stop();
    }
  });
}

export const actionPost: Bench = { name: 'action-post', about: 'durable time-updates a second against durable appointments a second', run };
