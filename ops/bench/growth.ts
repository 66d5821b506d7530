/** `growth`: what an appointment costs with few and with many stored, its meter point and key anywhere among them. */
import { join } from 'node:path';
import { fillRecords, removePlaces, scatteredMpan } from './fill/fill.ts';
import { filledCopy, filledInstallation, withStore } from './fill/filled.ts';
import { API_PATH, startPaused } from './installation.ts';
import { runLoad } from './load/job.ts';
import { PENDING } from './pending.ts';
import type { EngineProcess } from './process/engine.ts';
import { settleDisk, withFolder } from './process/folders.ts';
import { cpuMs } from './process/usage.ts';
import { against, type Bench, median, type Reporter } from './report.ts';

const SIZES = [10_000, 100_000, PENDING];
const ROUNDS = 6;
const PER_ROUND = 2_000;
const CONNECTIONS = 64;
const GOAL_RATIO = 1.5;

interface Measured {
  readonly size: number;
  readonly dataDir: string;
  readonly engine: EngineProcess;
  readonly cpuUs: number[];
  readonly wallUs: number[];
}

async function round(one: Measured, number: number): Promise<void> {
  const mpans = Array.from({ length: PER_ROUND }, (_, index) => scatteredMpan(one.size + number * PER_ROUND + index));
  const before = cpuMs(one.engine.pid);
  const { engine } = one;
  const job = { port: engine.httpPort, path: API_PATH, apiKey: engine.apiKey, run: `g${process.pid}-${one.size}-${number}` };
  const result = await runLoad({ ...job, subjects: mpans, connections: CONNECTIONS, pace: { kind: 'closed' } });
  if (result.accepted !== PER_ROUND) throw new Error(`growth: ${result.accepted} of ${PER_ROUND} accepted: ${JSON.stringify(result.others)}`);
  // The first round warms up.
  if (number === 0) return;
  one.cpuUs.push(((cpuMs(engine.pid) - before) * 1_000) / PER_ROUND);
  one.wallUs.push((result.elapsedMs * 1_000) / PER_ROUND);
}

async function measure(folder: string, opened: Measured[], report: Reporter): Promise<void> {
  for (const size of SIZES) {
    const kept = size === PENDING;
    const dataDir = kept ? await filledInstallation(size, report.say) : join(folder, String(size));
    if (!kept) await filledCopy(size, dataDir, report.say);
    await withStore(dataDir, (fill) => fillRecords(fill, size, (ROUNDS + 1) * PER_ROUND));
    opened.push({ size, dataDir, engine: await startPaused(dataDir), cpuUs: [], wallUs: [] });
  }
  settleDisk();
  // In turn, so that what else the machine does falls on all.
  for (let number = 0; number <= ROUNDS; number++) for (const one of opened) await round(one, number);
  const [first, ...others] = opened.map((one) => ({ size: one.size, cpuUs: median(one.cpuUs), wallUs: median(one.wallUs) }));
  if (!first) return;
  for (const { size, cpuUs, wallUs } of [first, ...others]) report.say(`  ${size} stored: ${cpuUs.toFixed(0)} µs of CPU, ${wallUs.toFixed(0)} µs of wall`);
  for (const { size, cpuUs, wallUs } of others) {
    const few = `with ${first.size} stored`;
    report.line(against(`growth.cpu.${size}`, cpuUs, 'µs of engine CPU', few, first.cpuUs, 'flat within 1.5x', (ratio) => ratio <= GOAL_RATIO));
    report.line(against(`growth.wall.${size}`, wallUs, 'µs of wall', few, first.wallUs, 'flat within 1.5x', (ratio) => ratio <= GOAL_RATIO));
  }
}

async function run(report: Reporter): Promise<void> {
  await withFolder(async (folder) => {
    const opened: Measured[] = [];
    try {
      await measure(folder, opened, report);
    } finally {
      await Promise.all(opened.map(({ engine }) => engine.stop()));
      // The kept one is left as it was found.
      const places = Array.from({ length: (ROUNDS + 1) * PER_ROUND }, (_, index) => PENDING + index);
      await withStore(await filledInstallation(PENDING, report.say), ({ store }) => removePlaces(store, places));
    }
  });
}

export const growth: Bench = { name: 'growth', about: 'cost of an appointment with few and with many stored', run };
