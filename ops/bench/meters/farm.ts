/** Simulated meters in a process of their own. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Faults } from '../../sim/meters/faults.ts';
import type { ListedMeter } from '../../sim/meters/fleet.ts';
import type { SimMeterType } from '../../sim/meters/options.ts';
import { owned } from '../process/cleanup.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'sim', 'meters', 'main.ts');

export interface FarmSetup {
  readonly count: number;
  readonly meterType: SimMeterType;
  readonly faults: Faults;
  /** Its files go there. */
  readonly folder: string;
  /** Further options of the simulator. */
  readonly more?: Readonly<Record<string, string | number>>;
}

export interface FarmStats {
  readonly connections: number;
  /** Writes that arrived. */
  readonly records: number;
  readonly cpuMs: number;
}

export interface Farm {
  readonly pid: number;
  readonly meters: readonly ListedMeter[];
  stats(): Promise<FarmStats>;
  setFaults(faults: Faults): Promise<void>;
  stop(): Promise<void>;
}

/** Clocks are off by more than is left alone and less than is a matter of zones. One TCP port for each meter. */
export async function startFarm({ count, meterType, faults, folder, more }: FarmSetup): Promise<Farm> {
  const metersFile = join(folder, `meters-${meterType}.json`);
  const options = { count, types: meterType, faults: JSON.stringify(faults), clock: JSON.stringify({ offsetSeconds: 90 }), metersFile, ...more };
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, String(value)]);
  const child = spawn(process.execPath, [...process.execArgv, PROGRAM, ...flags], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = owned(child);
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve);
    ended.then(() => reject(new Error('meters: ended before they were ready')));
  });
  const { controlUrl } = JSON.parse(line) as { controlUrl: string };
  return {
    pid: child.pid ?? 0,
    meters: JSON.parse(readFileSync(metersFile, 'utf8')) as ListedMeter[],
    stats: async () => (await (await fetch(`${controlUrl}/sim/stats`)).json()) as FarmStats,
    async setFaults(given) {
      const answer = await fetch(`${controlUrl}/sim/faults`, { method: 'POST', body: JSON.stringify({ faults: given }) });
      if (!answer.ok) throw new Error(`meters: ${await answer.text()}`);
    },
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Runs with meters; they are gone afterwards whatever happens. */
export async function withFarm<T>(setup: FarmSetup, run: (farm: Farm) => Promise<T>): Promise<T> {
  const farm = await startFarm(setup);
  try {
    return await run(farm);
  } finally {
    await farm.stop();
  }
}
