/** The real program (`npm start`) as a child: started with a configuration, asked where it listens, stopped in its own order. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from '../../node/free-ports.ts';
import { readConnect } from '../../process/connect-file.ts';
import { readJson } from '../../process/files.ts';
import { owned } from './cleanup.ts';

const PROGRAM = join(import.meta.dirname, '..', '..', 'node', 'main.ts');
const READY_MS = 120_000;
const ERRORS_KEPT = 4_000;

export interface EngineSetup {
  readonly dataDir: string;
  /** Sections of the configuration file. */
  readonly config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly flags?: readonly string[];
  readonly httpPort?: number;
  /** Of HTTPS. Default: any free one. */
  readonly port?: number;
  /** Modules that are loaded in front of the program. */
  readonly preload?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface EngineProcess {
  readonly pid: number;
  readonly httpPort: number;
  /** From `spawn` until the program said that it is ready, milliseconds. */
  readonly readyMs: number;
  /** Only with the simulator. */
  readonly controlUrl: string;
  readonly apiKey: string;
  readonly adminToken: string;
  /** Children of the engine by name: `nats`, `sim-market`. */
  childPid(name: string): number;
  stop(): Promise<void>;
  /** The power goes: no handler runs. */
  kill9(): Promise<void>;
}

/** Starts the engine; with `MW_BENCH_PROFILE=DIR` under the CPU profiler of Node, which writes its file there at the stop. */
export async function startEngine(setup: EngineSetup): Promise<EngineProcess> {
  const httpPort = setup.httpPort ?? (await freePort());
  const file = join(setup.dataDir, 'bench.json');
  mkdirSync(setup.dataDir, { recursive: true });
  writeFileSync(file, JSON.stringify({ log: { level: 'error' }, ...setup.config }));
  const flags = ['--config', file, '--data', setup.dataDir, '--port', String(setup.port ?? 0), '--http-port', String(httpPort), ...(setup.flags ?? [])];
  const preload = (setup.preload ?? []).flatMap((module) => ['--import', module]);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...process.execArgv, ...nodeFlags(), ...preload, PROGRAM, ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // What is measured shares the machine with no more than it needs.
    env: { MW_SIM_METERS: 'false', ...process.env, ...setup.env },
  });
  const ended = owned(child);
  let errors = '';
  const keep = (line: string): void => {
    errors = `${errors}${line}\n`.slice(-ERRORS_KEPT);
  };
  createInterface({ input: child.stderr }).on('line', keep);
  const lines = createInterface({ input: child.stdout });
  let controlUrl = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`engine: not ready in time\n${errors}`));
    }, READY_MS);
    lines.on('line', (line) => {
      if (line.startsWith('{')) keep(line);
      controlUrl = /control: (http:[^)\s]+)/.exec(line)?.[1] ?? controlUrl;
      // The banner ends with how to try it, or with the place of the data.
      if (!line.startsWith('Meterwright is ready')) return;
      clearTimeout(timer);
      setImmediate(resolve);
    });
    ended.then(() => {
      clearTimeout(timer);
      reject(new Error(`engine: ended before it was ready\n${errors}`));
    });
  });
  const readyMs = performance.now() - startedAt;
  const connect = readConnect(setup.dataDir);
  const secrets = readJson(join(setup.dataDir, 'secrets', 'demo.json')) as { apiKey?: string } | undefined;
  return {
    pid: child.pid ?? 0,
    httpPort,
    readyMs,
    get controlUrl() {
      return controlUrl;
    },
    apiKey: secrets?.apiKey ?? '',
    adminToken: connect.demo?.adminToken ?? '',
    childPid(name) {
      const { children } = readJson(join(setup.dataDir, 'run.json')) as { children: { name: string; pid: number }[] };
      const found = children.find((one) => one.name === name);
      if (!found) throw new Error(`engine: has no child ${name}`);
      return found.pid;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
    async kill9() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** `MW_BENCH_NODE`: further flags of Node for the engine, to try out. */
function nodeFlags(): string[] {
  const { MW_BENCH_PROFILE: folder, MW_BENCH_NODE: more = '' } = process.env;
  return [...more.split(' ').filter((flag) => flag !== ''), ...(folder ? ['--cpu-prof', '--cpu-prof-interval', '500', '--cpu-prof-dir', folder] : [])];
}
