/** One chaos run, from seed to verdict. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.ts';
import { findingsOf } from './checks/index.ts';
import { Client } from './client.ts';
import { collect } from './collect.ts';
import { drain } from './drain.ts';
import type { Evidence, Finding } from './evidence.ts';
import { describe } from './faults.ts';
import { Listener } from './listener.ts';
import { type Happened, Performer } from './perform.ts';
import { scheduleOf } from './schedule.ts';
import { seedWorld } from './seed.ts';
import { startWorld } from './world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly minutes: number;
  /** The NATS server's program; default the one that set-up found. */
  readonly natsProgram: string | undefined;
  /** Keep the folder also when nothing is wrong. */
  readonly keep: boolean;
  readonly say: (text: string) => void;
  /** Ends it early: no verdict, everything is cleaned up. */
  readonly signal: AbortSignal;
}

export interface Verdict {
  readonly findings: readonly Finding[];
  readonly evidence: Evidence;
  readonly happened: readonly Happened[];
  /** Of the evidence; removed when nothing is wrong. */
  readonly folder: string;
}

const SETTLE_MS = 120_000;
/** Of each supplier, a minute; more than are used. */
const MPANS_PER_MINUTE = 300;
const METERS_PER_MINUTE = 60;
const PACE = { parallel: 2, paceMs: 500, meterPaceMs: 1_500 };

/** @throws when the world cannot be started, or the run is ended early */
export async function runChaos({ seed, minutes, natsProgram, keep, say, signal }: RunOptions): Promise<Verdict> {
  const schedule = scheduleOf(seed, minutes);
  const folder = mkdtempSync(join(tmpdir(), `mw-chaos-${seed}-`));
  writeFileSync(
    join(folder, 'schedule.json'),
    JSON.stringify(
      schedule.faults.map((one) => ({ ...one, is: describe(one.fault) })),
      null,
      1,
    ),
  );
  let good = false;
  const mpans = Math.ceil(minutes * MPANS_PER_MINUTE) + 50;
  const meters = Math.ceil(minutes * METERS_PER_MINUTE) + 5;
  say(`evidence in ${folder}`);
  try {
    const beganAt = Date.now();
    const world = await startWorld({ folder, seedMpans: mpans * 2, meters, natsProgram, say });
    const listener = new Listener(world.nats.url);
    const api = new Api(world.url, world.caFile);
    try {
      const credentials = await seedWorld(api, folder, mpans);
      await listener.start();
      say('load and faults begin');
      const listed = JSON.parse(readFileSync(world.meters.listed, 'utf8')) as ConstructorParameters<typeof Client>[0]['meters'];
      const client = new Client({ api, seed, meters: listed, ...credentials, ...PACE });
      const performer = new Performer(world, (engine) => drain(api, credentials.opsToken, engine), say);
      await performer.run(schedule, signal);
      signal.throwIfAborted();
      say('everything is healed');
      await client.stop();
      const evidence = await collect({ world, client, listener, api, credentials, beganAt, wrong: performer.wrong }, SETTLE_MS, say);
      const findings = findingsOf(evidence);
      good = findings.length === 0;
      if (!good || keep) {
        writeFileSync(join(folder, 'evidence.json'), JSON.stringify(evidence, null, 1));
        writeFileSync(join(folder, 'findings.json'), JSON.stringify(findings, null, 1));
        writeFileSync(join(folder, 'happened.json'), JSON.stringify(performer.happened, null, 1));
      }
      return { findings, evidence, happened: performer.happened, folder };
    } finally {
      await listener.stop();
      await api.close();
      await world.close();
    }
  } finally {
    if ((good && !keep) || signal.aborted) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
