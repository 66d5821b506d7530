/** `pending`: what a million appointments at rest cost a starting engine: memory, time to serve, time to the first due reminder. */
import { setTimeout as sleep } from 'node:timers/promises';
import { addDue, removePlaces } from './fill/fill.ts';
import { filledInstallation, withStore } from './fill/filled.ts';
import { unreachableDip } from './installation.ts';
import { type EngineProcess, startEngine } from './process/engine.ts';
import { type Memory, memoryOf } from './process/usage.ts';
import { absolute, type Bench, type Reporter } from './report.ts';

export const PENDING = Number(process.env.MW_BENCH_PENDING ?? 1_000_000);
const LOOK_MS = 20;
const FIRE_LIMIT_MS = 60_000;
/** The engine is left alone for so long before its memory is read. */
const REST_MS = 10_000;
const GOAL_BYTES = 300e6;
const GOAL_SERVING_MS = 3_000;
const GOAL_FIRED_MS = 10_000;
const MB = 1e6;

/** What the supplier is shown of one request; its errors hold the warning once the reminder has fired. */
async function hasWarned(engine: EngineProcess, requestId: string): Promise<boolean> {
  const url = `http://127.0.0.1:${engine.httpPort}/requests/v1/SUPX?request_id=${requestId}`;
  const rows = (await (await fetch(url, { headers: { 'x-api-key': engine.apiKey } })).json()) as { metadata: { errors: unknown[] } }[];
  return (rows[0]?.metadata.errors.length ?? 0) > 0;
}

async function run(report: Reporter): Promise<void> {
  const dataDir = await filledInstallation(PENDING, report.say);
  const place = PENDING;
  const requestId = await withStore(dataDir, (fill) => addDue(fill, place, Date.now()));
  try {
    const startedAt = performance.now();
    const engine = await startEngine({ dataDir, flags: ['--no-sim'], config: { dip: await unreachableDip(dataDir) } });
    let peak: Memory = memoryOf(engine.pid);
    const look = (): void => {
      const now = memoryOf(engine.pid);
      if (now.privateBytes > peak.privateBytes) peak = now;
    };
    try {
      while (!(await hasWarned(engine, requestId))) {
        if (performance.now() - startedAt > FIRE_LIMIT_MS) throw new Error('pending: the due reminder did not fire');
        look();
        await sleep(LOOK_MS);
      }
      const firedMs = performance.now() - startedAt;
      for (const until = performance.now() + REST_MS; performance.now() < until; await sleep(200)) look();
      const rest = memoryOf(engine.pid);
      report.say(`  ${PENDING} pending: at rest ${tell(rest)}; most private ${(peak.privateBytes / MB).toFixed(0)} MB`);
      report.line(absolute('pending', rest.privateBytes / MB, 'MB private', '< 300', rest.privateBytes < GOAL_BYTES));
      report.line(absolute('pending.serving', engine.readyMs, 'ms from start to serving', '< 3000', engine.readyMs < GOAL_SERVING_MS));
      report.line(absolute('pending.reminder', firedMs, 'ms from start until the first due reminder has fired', '< 10000', firedMs < GOAL_FIRED_MS));
    } finally {
      await engine.stop();
    }
  } finally {
    await withStore(dataDir, ({ store }) => removePlaces(store, [place]));
  }
}

const tell = ({ privateBytes, mappedBytes }: Memory): string =>
  `${(privateBytes / MB).toFixed(0)} MB private, ${(mappedBytes / MB).toFixed(0)} MB of mapped files`;

export const pending: Bench = { name: 'pending', about: 'a million appointments at rest: memory, time to serve, first due reminder', run };
