/** `overnight`: a million actions wait for the window; it opens, and all slots come into use, while the API goes on answering. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSealer } from '../../actors/secrets/index.ts';
import { lastWindow } from '../../actors/time-update/index.ts';
import { createPasswordSealer } from '../../gateway/mts/index.ts';
import { keptSecret } from '../node/keep.ts';
import { realIds } from '../process/index.ts';
import { completeFleetOptions, planMeters } from '../sim/meters/fleet.ts';
import type { MeterSpec } from '../sim/meters/options.ts';
import { type LoadJob, type LoadResult, openLoad, runLoad } from './load/job.ts';
import { type MeterEngine, STATUS_PATH, startMeterEngine, TIME_UPDATE_PATH, withMeterEngine } from './meters/engine.ts';
import { type Farm, withFarm } from './meters/farm.ts';
import { addressOf, fillWaiting, withStoreOf } from './meters/seed.ts';
import { type Window, windowAt } from './meters/window.ts';
import { copyInstallation, kept, withFolder } from './process/folders.ts';
import { memoryOf } from './process/usage.ts';
import { absolute, type Bench, type Reporter } from './report.ts';
import { openWorld } from './world/engine.ts';

const COUNT = Number(process.env.MW_BENCH_OVERNIGHT ?? 1_000_000);
const SLOTS = Math.min(5_000, Math.ceil(COUNT / 4));
const METERS = 64;
/** Below the ports that the system gives out: addresses of waiting actions must not change. */
const FIRST_PORT = 24_100;
/** A slow network: no session ends before all slots are in use. */
const REPLY_DELAY_MS = 2_500;
/** Before that the engine has done some by day: nobody's first night begins with code that never ran. */
const WARM_UP = 800;
const WARM_UP_DELAY_MS = 20;
/** The engine is up and warm by then. */
const LEAD_MS = 30_000;
const CONNECT_MS = 3_000;
const LOOK_MS = 50;
const FULL_LIMIT_MS = 60_000;
/** The API is asked from the opening of the window for so long. */
const ASKED_SECONDS = 10;
/** An open pace needs a connection for each request that is not answered yet. */
const CONNECTIONS = 48;
const STATUS_PER_SECOND = 100;
const POSTS_PER_SECOND = 50;
const GOAL_FULL_MS = 5_000;
const GOAL_BYTES = 400e6;
/** As in `sessions`. */
const GOAL_SESSION_BYTES = 50_000;
const GOAL_P99_MS = 50;
const MB = 1e6;
const MINUTE_MS = 60_000;

const fleet = { count: METERS, types: ['ISKRA_MX37X' as const], seed: 1 };

function meters(): readonly MeterSpec[] {
  return planMeters(completeFleetOptions(fleet)).map((spec, index) => ({ ...spec, port: FIRST_PORT + index }));
}

/** An installation with so many waiting actions, kept. */
function waitingInstallation(report: Reporter): Promise<string> {
  return kept(`waiting-${COUNT}`, async (folder) => {
    report.say(`  making ${COUNT} waiting actions (kept for the next run) …`);
    const engine = await startMeterEngine(folder);
    await engine.process.stop();
    const sealKey = Buffer.from(readFileSync(join(folder, 'secrets', 'meter-seal'), 'utf8').trim(), 'base64url');
    const sealer = createSealer(sealKey, { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) });
    const passwords = createPasswordSealer(sealer, keptSecret(folder, 'meter-mark'));
    const specs = meters();
    await withStoreOf(folder, (store) =>
      fillWaiting(
        store,
        COUNT,
        specs,
        specs.map(({ password = '' }) => passwords.seal(password)),
      ),
    );
  });
}

interface Opening {
  readonly at: number;
  readonly window: Window;
}

/** The next minute that begins late enough. */
function nextOpening(): Opening {
  const at = Math.ceil((Date.now() + LEAD_MS) / MINUTE_MS) * MINUTE_MS;
  return { at, window: windowAt(at) };
}

/** The actions may have been made before the last window: it was not theirs. */
async function forgetLastWindow(dataDir: string, { window }: Opening): Promise<void> {
  await withStoreOf(dataDir, async (store) => {
    const { engine } = await openWorld(store);
    const payload = { window: lastWindow(Date.now(), window).label };
    await engine.command({ key: 'directory', type: 'action.window-swept', payload, origin: 'caller', id: realIds.uuid() });
  });
}

/** Bodies for meters that are there. @param from number of the address */
function bodies(from: number, count: number, more: object): string[] {
  const specs = meters();
  return Array.from({ length: count }, (_, index) => {
    const { meterType, serialNumber, password, port = 0 } = specs[index % specs.length] as MeterSpec;
    return JSON.stringify({ meterType, remoteAddress: addressOf(from + index, port), serialNumber, password, ...more });
  });
}

async function warmUp({ process, token, allEnded, sessions }: MeterEngine): Promise<void> {
  const subjects = bodies(2 * COUNT, WARM_UP, { immediate: true });
  const job = { form: 'time-update', port: process.httpPort, apiKey: token, run: `w${process.pid}`, path: TIME_UPDATE_PATH, connections: CONNECTIONS } as const;
  await runLoad({ ...job, subjects, pace: { kind: 'closed' } });
  while ((await sessions()) > 0 || !(await allEnded(['queued', 'running']))) await sleep(200);
}

function jobs({ process, token }: MeterEngine): readonly LoadJob[] {
  const job = { port: process.httpPort, apiKey: token, run: `n${process.pid}`, connections: CONNECTIONS };
  const ids = Array.from({ length: STATUS_PER_SECOND * ASKED_SECONDS }, (_, index) => String(1 + ((index * 7_919) % COUNT)));
  return [
    { ...job, form: 'action-status', path: STATUS_PATH, subjects: ids, pace: { kind: 'open', perSecond: STATUS_PER_SECOND } },
    {
      ...job,
      form: 'time-update',
      path: TIME_UPDATE_PATH,
      subjects: bodies(COUNT + 1, POSTS_PER_SECOND * ASKED_SECONDS, {}),
      pace: { kind: 'open', perSecond: POSTS_PER_SECOND },
    },
  ];
}

interface Use {
  /** From the opening, milliseconds. */
  readonly fullMs: number;
  readonly privateBytes: number;
}

/** Until all slots are in use, and a while longer for what the memory does. */
async function untilFull({ process, sessions }: MeterEngine, { at }: Opening, report: Reporter): Promise<Use> {
  let privateBytes = 0;
  let fullMs: number | undefined;
  let told = 0;
  for (;;) {
    const since = Date.now() - at;
    const running = await sessions();
    privateBytes = Math.max(privateBytes, memoryOf(process.pid).privateBytes);
    if (since >= told + 1_000 && fullMs === undefined) {
      told = since;
      report.say(`  ${(since / 1_000).toFixed(1)} s: ${running} sessions`);
    }
    if (running >= SLOTS) fullMs ??= Date.now() - at;
    if (fullMs !== undefined && since >= ASKED_SECONDS * 1_000) return { fullMs, privateBytes };
    if (since > FULL_LIMIT_MS) return { fullMs: Number.POSITIVE_INFINITY, privateBytes };
    await sleep(LOOK_MS);
  }
}

interface Setting {
  readonly engine: MeterEngine;
  readonly farm: Farm;
  readonly opening: Opening;
  readonly report: Reporter;
}

async function measure({ engine, farm, opening, report }: Setting): Promise<void> {
  await warmUp(engine);
  await farm.setFaults({ replyDelayMs: REPLY_DELAY_MS });
  const restMs = opening.at - Date.now();
  if (restMs < CONNECT_MS) throw new Error('overnight: the engine was not up before the window opened');
  // Idle connections are closed after a while.
  await sleep(restMs - CONNECT_MS);
  const loads = jobs(engine).map((job) => openLoad(job));
  await Promise.all(loads.map(({ ready }) => ready));
  if ((await engine.sessions()) > 0) throw new Error('overnight: sessions run before the window');
  const rest = { private: memoryOf(engine.process.pid).privateBytes, kept: await engine.kept() };
  await sleep(opening.at - Date.now());
  await engine.resetDelay();
  for (const load of loads) load.start();
  const { fullMs, privateBytes } = await untilFull(engine, opening, report);
  const delay = await engine.delay();
  const sessions = await engine.sessions();
  const each = sessions === 0 ? Number.POSITIVE_INFINITY : ((await engine.kept()) - rest.kept) / sessions;
  const [status, posts] = (await Promise.all(loads.map(({ result }) => result))) as [LoadResult, LoadResult];
  const p99 = Math.max(status.latencyMs.p99, posts.latencyMs.p99);
  for (const { others } of [status, posts]) if (Object.keys(others).length > 0) report.say(`  other answers: ${JSON.stringify(others)}`);
  report.say(
    `  status p50 ${status.latencyMs.p50.toFixed(1)}, p99 ${status.latencyMs.p99.toFixed(0)}, max ${status.latencyMs.max.toFixed(0)} ms; time-update p50 ${posts.latencyMs.p50.toFixed(1)}, ` +
      `p99 ${posts.latencyMs.p99.toFixed(0)} ms; loop p99 ${delay.p99.toFixed(0)}, max ${delay.max.toFixed(0)} ms; collector ${delay.collector.ms.toFixed(0)} ms; private ${(rest.private / MB).toFixed(0)} MB before`,
  );
  report.line(absolute('overnight', fullMs, `ms from the opening to ${SLOTS} sessions`, '< 5000', fullMs < GOAL_FULL_MS));
  report.line(absolute('overnight.memory', privateBytes / MB, 'MB private at most', '< 400', privateBytes < GOAL_BYTES));
  report.line(absolute('overnight.session', each / 1_000, `KB kept by each of ${sessions} running sessions`, '< 50', each < GOAL_SESSION_BYTES));
  report.line(absolute('overnight.p99', p99, 'ms of an API answer meanwhile', '< 50', p99 < GOAL_P99_MS));
}

async function measureIn(folder: string, report: Reporter): Promise<void> {
  const dataDir = join(folder, 'data');
  copyInstallation(await waitingInstallation(report), dataDir);
  const more = { host: '0.0.0.0', portFrom: FIRST_PORT, seed: fleet.seed };
  await withFarm({ ...fleet, meterType: 'ISKRA_MX37X', faults: { replyDelayMs: WARM_UP_DELAY_MS }, folder, more }, async (farm) => {
    const opening = nextOpening();
    await forgetLastWindow(dataDir, opening);
    const actions = { sessions: SLOTS, sessionsPerSecond: 0, window: opening.window, windowSpreadMs: 0 };
    await withMeterEngine(dataDir, { actions }, (engine) => measure({ engine, farm, opening, report }));
  });
}

async function run(report: Reporter): Promise<void> {
  await withFolder((folder) => measureIn(folder, report));
}

export const overnight: Bench = { name: 'overnight', about: 'a million waiting actions: the window opens, all slots come into use, the API answers', run };
