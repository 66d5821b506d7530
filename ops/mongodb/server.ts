/**
 * A MongoDB-protocol server on free ports of loopback: FerretDB in front of PostgreSQL.
 *
 * I1  `restart` begins only when everything of the life before is gone, and keeps ports and data.
 * I2  With `dieWithParent` both programs end with the process that started them, however that ends.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { run } from '../bootstrap/shell.mjs';
import { identify, type ProcessIdentity } from '../process/identity.ts';
import type { MongodbFolders } from './folders.ts';
import { freePort } from './free-port.ts';
import { type Postgres, runningPostgres, startPostgres } from './postgres.ts';
import { type Program, startProgram, until } from './program.ts';
import { MongodbSetupError } from './result.ts';

export interface MongodbServerSetup {
  readonly folders: MongodbFolders;
  /** Name of a data folder to keep and use again. Absent: a new one, removed by `close`. */
  readonly name?: string;
  /** Default true. */
  readonly dieWithParent?: boolean;
}

export interface MongodbServer {
  readonly url: string;
  readonly port: number;
  readonly postgresPort: number;
  /** Name of its data folder. */
  readonly name: string;
  readonly processes: readonly ProcessIdentity[];
  /** `kill -9` of everything, at once. */
  kill(): Promise<void>;
  /** In order; data stays. */
  stop(): Promise<void>;
  /** Again on the same ports and data, after `kill` or `stop`. */
  restart(): Promise<void>;
  /** Ends it; a data folder of no name is removed. */
  close(): Promise<void>;
}

const READY_MS = 30_000;
const STOP_MS = 10_000;
const PORT_TRIES = 3;

/** About two seconds. @throws MongodbSetupError */
export async function startMongodb(setup: MongodbServerSetup): Promise<MongodbServer> {
  const { folders, dieWithParent = true } = setup;
  const name = setup.name ?? `run-${process.pid}-${randomBytes(4).toString('hex')}`;
  const data = join(folders.clusters, name);
  discardLeft(folders);
  await copyTemplate(folders, data);
  let running: Running | undefined;
  for (let tried = 1; running === undefined; tried++) {
    const ports = { mongodb: await freePort(), postgres: await freePort() };
    try {
      running = await launch(folders, name, ports, dieWithParent);
    } catch (error) {
      // Another process may have taken the port since.
      if (tried < PORT_TRIES && error instanceof MongodbSetupError && /address already in use|could not bind/i.test(error.message)) continue;
      if (setup.name === undefined) discard(folders, name);
      throw error;
    }
  }
  const { ports } = running;
  const end = async (how: 'kill' | 'stop'): Promise<void> => {
    const ended = running;
    running = undefined;
    if (ended) await endAll(ended, how);
  };
  return {
    url: `mongodb://127.0.0.1:${ports.mongodb}/`,
    port: ports.mongodb,
    postgresPort: ports.postgres,
    name,
    get processes() {
      return running ? [running.postgres.who, running.ferretdb.who] : [];
    },
    kill: () => end('kill'),
    stop: () => end('stop'),
    restart: async () => {
      await end('kill');
      running = await launch(folders, name, ports, dieWithParent);
    },
    close: async () => {
      await end(setup.name === undefined ? 'kill' : 'stop');
      if (setup.name === undefined) discard(folders, name);
    },
  };
}

interface Running {
  readonly ports: { readonly mongodb: number; readonly postgres: number };
  readonly postgres: Postgres;
  readonly ferretdb: Program;
}

async function copyTemplate(folders: MongodbFolders, data: string): Promise<void> {
  if (existsSync(data)) return;
  const draft = `${data}.draft`;
  const { ok, output } = await run('sh', ['-c', 'cp -a --reflink=auto "$1" "$2" && mv "$2" "$3"', 'sh', folders.template, draft, data]);
  if (!ok) throw new MongodbSetupError(`data folder: could not be copied: ${output.trim()}`);
}

async function launch(folders: MongodbFolders, cluster: string, ports: Running['ports'], dieWithParent: boolean): Promise<Running> {
  const postgres = await startPostgres({ folders, cluster, port: ports.postgres, dieWithParent });
  const state = join(folders.clusters, `${cluster}.ferretdb`);
  mkdirSync(state, { recursive: true });
  const args = [
    `--listen-addr=127.0.0.1:${ports.mongodb}`,
    `--postgresql-url=postgres://postgres@127.0.0.1:${ports.postgres}/postgres`,
    '--no-auth',
    '--telemetry=disable',
    '--debug-addr=-',
    '--log-level=warn',
    `--state-dir=${state}`,
  ];
  let ferretdb: Program | undefined;
  try {
    ferretdb = await startProgram({
      name: 'ferretdb',
      file: dieWithParent ? 'setpriv' : folders.ferretdb,
      args: dieWithParent ? ['--pdeathsig=KILL', folders.ferretdb, ...args] : args,
      logFile: join(folders.base, `${cluster}.ferretdb.log`),
    });
    await until(ferretdb, READY_MS, () => accepts(ports.mongodb));
    await ping(ports.mongodb);
    return { ports, postgres, ferretdb };
  } catch (error) {
    await ferretdb?.end('SIGKILL', STOP_MS);
    await postgres.kill();
    throw error;
  }
}

async function endAll({ postgres, ferretdb }: Running, how: 'kill' | 'stop'): Promise<void> {
  if (how === 'kill') {
    await Promise.all([ferretdb.end('SIGKILL', STOP_MS), postgres.kill()]);
  } else {
    await ferretdb.end('SIGTERM', STOP_MS);
    await postgres.stop();
  }
}

function discard(folders: MongodbFolders, name: string): void {
  for (const suffix of ['', '.ferretdb']) rmSync(join(folders.clusters, `${name}${suffix}`), { recursive: true, force: true });
  for (const program of ['postgres', 'ferretdb']) rmSync(join(folders.base, `${name}.${program}.log`), { force: true });
}

/** Data folders of no name whose process was killed before it could remove them. */
function discardLeft(folders: MongodbFolders): void {
  for (const left of readdirSync(folders.clusters)) {
    const [, name, pid] = /^(run-(\d+)-[0-9a-f]+)(?:\.draft)?$/.exec(left) ?? [];
    if (name === undefined || identify(Number(pid)) || runningPostgres(folders.clusters, name) !== undefined) continue;
    rmSync(join(folders.clusters, left), { recursive: true, force: true });
    discard(folders, name);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function ping(port: number): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, { serverSelectionTimeoutMS: READY_MS, socketTimeoutMS: READY_MS, directConnection: true });
  try {
    await client.db('admin').command({ ping: 1 });
  } catch (cause) {
    throw new MongodbSetupError(`ferretdb: does not answer: ${String(cause)}`);
  } finally {
    await client.close();
  }
}
