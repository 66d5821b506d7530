/** `sessions`: thousands of time-updates submitted at once, each a session with a simulated meter that takes its time to answer. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ListedMeter } from '../sim/meters/fleet.ts';
import type { SimMeterType } from '../sim/meters/options.ts';
import { runLoad } from './load/job.ts';
import { type EndedAction, type MeterEngine, TIME_UPDATE_PATH, withMeterEngine } from './meters/engine.ts';
import { type Farm, withFarm } from './meters/farm.ts';
import { withFolder } from './process/folders.ts';
import { cpuMs, mainThreadCpuMs, memoryOf } from './process/usage.ts';
import { absolute, type Bench, type Reporter } from './report.ts';

/** The setting `actions.sessionsPerSecond`. */
const PER_SECOND = Number(process.env.MW_BENCH_SESSIONS_PACE ?? 250);
const SESSIONS = Number(process.env.MW_BENCH_SESSIONS ?? 5_000);
const CHOSEN = (process.env.MW_BENCH_METERS ?? '').split(',').filter((name) => name !== '');
const OTHERS = Math.ceil(SESSIONS / 5);
const WARM_UP = Math.min(1_000, SESSIONS);
const REPLY_DELAY_MS = 200;
const CONNECTIONS = 64;
/** Small runs, which only show that all works, do not rest for long. */
const IDLE_MS = Math.min(4_000, SESSIONS);
const LOOK_MS = 250;
/** Without a session that ends for so long the bench gives up. */
const STALL_MS = 30_000;
const GOAL_STALL_MS = 50;
const GOAL_CPU_MS = 2;
const GOAL_BYTES = 50_000;
const MB = 1e6;

interface Kind {
  readonly name: string;
  readonly meterType: SimMeterType;
  readonly count: number;
}

const KINDS: readonly Kind[] = [
  { name: 'dlms', meterType: 'ISKRA_MX37X', count: SESSIONS },
  { name: 'elster', meterType: 'ELSTERA1700', count: OTHERS },
  { name: 'edmi', meterType: 'EDMIATLAS', count: OTHERS },
];

const body = (meter: ListedMeter): string => JSON.stringify({ ...meter, immediate: true });

let runs = 0;

/** Submits them all at once. */
async function submit(engine: MeterEngine, meters: readonly ListedMeter[]): Promise<number> {
  const { accepted, others, perSecond } = await runLoad({
    form: 'time-update',
    port: engine.process.httpPort,
    path: TIME_UPDATE_PATH,
    apiKey: engine.token,
    run: `s${process.pid}-${runs++}`,
    subjects: meters.map(body),
    connections: CONNECTIONS,
    pace: { kind: 'closed' },
  });
  if (accepted !== meters.length) throw new Error(`sessions: ${accepted} of ${meters.length} accepted: ${JSON.stringify(others)}`);
  return perSecond;
}

interface Peak {
  privateBytes: number;
  sessions: number;
}

/** Waits until all have ended, so many in all; what the engine uses most meanwhile. */
async function untilEnded(engine: MeterEngine, farm: Farm, goal: number, peak: Peak): Promise<void> {
  let last = { at: performance.now(), writes: -1 };
  for (;;) {
    const [running, { records: writes }] = await Promise.all([engine.sessions(), farm.stats(), sleep(LOOK_MS)]);
    peak.privateBytes = Math.max(peak.privateBytes, memoryOf(engine.process.pid).privateBytes);
    peak.sessions = Math.max(peak.sessions, running);
    if (writes >= goal && (await engine.allEnded())) return;
    if (writes !== last.writes) last = { at: performance.now(), writes };
    else if (performance.now() - last.at > STALL_MS) throw new Error(`sessions: ${writes} of ${goal} meters were written to, ${running} sessions run`);
  }
}

/** What the idle engine uses. */
async function idle(engine: MeterEngine): Promise<{ readonly cpuMsPerMs: number; readonly privateBytes: number }> {
  await sleep(IDLE_MS);
  const from = { at: performance.now(), cpu: cpuMs(engine.process.pid) };
  await sleep(IDLE_MS);
  return { cpuMsPerMs: (cpuMs(engine.process.pid) - from.cpu) / (performance.now() - from.at), privateBytes: memoryOf(engine.process.pid).privateBytes };
}

interface Setting {
  readonly kind: Kind;
  readonly engine: MeterEngine;
  readonly farm: Farm;
  readonly report: Reporter;
}

/** CPU since, milliseconds a session. */
function cpuSince(engine: MeterEngine, farm: Farm, sessions: number): () => Readonly<Record<'engine' | 'main' | 'farm', number>> {
  const { pid } = engine.process;
  const look = () => ({ engine: cpuMs(pid), main: mainThreadCpuMs(pid), farm: cpuMs(farm.pid) });
  const from = look();
  return () => {
    const to = look();
    return { engine: (to.engine - from.engine) / sessions, main: (to.main - from.main) / sessions, farm: (to.farm - from.farm) / sessions };
  };
}

async function measure({ kind, engine, farm, report }: Setting): Promise<void> {
  const { name, meterType, count } = kind;
  await submit(engine, farm.meters.slice(0, WARM_UP));
  await untilEnded(engine, farm, WARM_UP, { privateBytes: 0, sessions: 0 });
  const rest = await idle(engine);
  const peak: Peak = { privateBytes: 0, sessions: 0 };
  await engine.resetDelay();
  const startedAt = performance.now();
  const used = cpuSince(engine, farm, count);
  const [rate] = await Promise.all([submit(engine, farm.meters.slice(WARM_UP)), untilEnded(engine, farm, count + WARM_UP, peak)]);
  const elapsedMs = performance.now() - startedAt;
  const { engine: whole, main, farm: simulator } = used();
  const delay = await engine.delay();
  const cpu = whole - (rest.cpuMsPerMs * elapsedMs) / count;
  const bytes = peak.privateBytes - rest.privateBytes;
  const ended = await engine.ended();
  const good = ended.filter(isGood).length - WARM_UP;
  for (const one of ended.filter((action) => !isGood(action)).slice(0, 3)) report.say(`  ${JSON.stringify(one)}`);
  report.say(
    `  ${count} ${meterType} in ${(elapsedMs / 1_000).toFixed(1)} s, ${Math.round(rate)} time-updates/s, most at once ${peak.sessions}; ` +
      `loop p50 ${delay.p50.toFixed(0)}, max ${delay.max.toFixed(0)} ms, collector ${delay.collector.ms.toFixed(0)} ms, max ${delay.collector.max.toFixed(0)}; ` +
      `main thread ${main.toFixed(2)} of ${whole.toFixed(2)} ms a session, the meters' process ${simulator.toFixed(2)}; private ${(rest.privateBytes / MB).toFixed(0)} MB idle, ` +
      `${(peak.privateBytes / MB).toFixed(0)} MB at most: ${(bytes / 1_000 / Math.max(1, peak.sessions)).toFixed(0)} KB more for each that ran`,
  );
  report.line(absolute(`sessions.${name}`, good, `of ${count} succeeded at the first attempt`, 'all', good === count));
  report.line(absolute(`sessions.${name}.stall`, delay.p99, 'ms, p99 of the loop', '< 50', delay.p99 < GOAL_STALL_MS));
  report.line(absolute(`sessions.${name}.cpu`, cpu, 'ms of engine CPU a session', '<= 2', cpu <= GOAL_CPU_MS));
  report.line(
    absolute(`sessions.${name}.memory`, bytes / count / 1_000, 'KB at the peak over the idle engine, for each submitted', '< 50', bytes / count < GOAL_BYTES),
  );
}

const isGood = ({ result, attempt }: EndedAction): boolean => result === 'SUCCESS' && attempt === 1;

async function measureIn(folder: string, kind: Kind, report: Reporter): Promise<void> {
  const { name, meterType, count } = kind;
  await withFarm({ count: count + WARM_UP, meterType, faults: { replyDelayMs: REPLY_DELAY_MS }, folder }, (farm) =>
    withMeterEngine(join(folder, name), { actions: { sessionsPerSecond: PER_SECOND } }, (engine) => measure({ kind, engine, farm, report })),
  );
}

async function run(report: Reporter): Promise<void> {
  const chosen = KINDS.filter(({ name }) => CHOSEN.length === 0 || CHOSEN.includes(name));
  for (const kind of chosen) await withFolder((folder) => measureIn(folder, kind, report));
}

export const sessions: Bench = { name: 'sessions', about: 'thousands of meter sessions at once: all succeed, stalls, CPU and memory of one', run };
