/**
 * Simulated meters as a process: `node ops/sim/meters/main.ts --count N --types A,B --port-from P --seed S --meters-file FILE`, or
 * `--config FILE` with the same options and, if wanted, `meters`, each as it shall be. It prints one JSON line when it is ready, and
 * ends when its standard input closes, so it never outlives the process that started it.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { startMeters } from './farm.ts';
import { completeFleetOptions, FleetOptionsSchema, listMeters, planMeters } from './fleet.ts';
import { FarmOptionsSchema, type MeterSpec } from './options.ts';

const FILES = ['metersFile', 'directoryFile'] as const;
const NAMES = [...new Set([...Object.keys(FleetOptionsSchema.properties), ...Object.keys(FarmOptionsSchema.properties), ...FILES, 'meters'])];
const TEXTS = new Set<string>([...FILES, 'host', 'recordsFile', 'numbersFrom', 'framing', 'parity']);

const USAGE = `usage: node ops/sim/meters/main.ts [--config FILE] [--option value …] [--detached]
options: ${NAMES.join(', ')}
Values are JSON, or text where they are not; types may be A,B,C. --detached: do not end when standard input closes.
metersFile: the meters as a request to the engine names them. directoryFile: telephone numbers and what answers them, for the modem bank.
`;

interface Given {
  readonly options: Readonly<Record<string, unknown>>;
  readonly detached: boolean;
}

function readFlags(flags: readonly string[]): Given | null {
  const options: Record<string, unknown> = {};
  let detached = false;
  for (let index = 0; index < flags.length; index += 1) {
    const flag = flags[index] ?? '';
    if (flag === '--detached') {
      detached = true;
      continue;
    }
    index += 1;
    const value = flags[index];
    if (!flag.startsWith('--') || value === undefined) return null;
    const name = flag.slice(2).replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (name === 'config') Object.assign(options, JSON.parse(readFileSync(value, 'utf8')));
    else if (NAMES.includes(name)) options[name] = TEXTS.has(name) ? value : toValue(name, value);
    else return null;
  }
  return { options, detached };
}

function toValue(name: string, text: string): unknown {
  if (name === 'types' && !text.startsWith('[')) return text.split(',');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pick(options: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.includes(name)));
}

/** Whole or not at all: who waits for the file may read it at once. Passwords are in it. */
function putJson(file: unknown, value: unknown): void {
  if (typeof file !== 'string') return;
  writeFileSync(`${file}.part`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.part`, file);
}

async function main(): Promise<void> {
  const given = readFlags(process.argv.slice(2));
  if (given === null) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  const { options } = given;
  const fleet = completeFleetOptions(pick(options, Object.keys(FleetOptionsSchema.properties)));
  const specs = Array.isArray(options.meters) ? (options.meters as readonly MeterSpec[]) : planMeters(fleet);
  const farm = await startMeters(pick(options, Object.keys(FarmOptionsSchema.properties)), specs);
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    farm.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (!given.detached) process.stdin.on('end', stop).on('close', stop).on('error', stop).resume();
  const { listed, directory } = listMeters(farm.meters, fleet.numbersFrom);
  putJson(options.metersFile, listed);
  putJson(options.directoryFile, directory);
  const { metersFile = null, directoryFile = null } = options;
  const ready = { ready: true, meters: listed.length, controlUrl: farm.controlUrl, metersFile, directoryFile, pid: process.pid };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
