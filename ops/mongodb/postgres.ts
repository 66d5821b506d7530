/** PostgreSQL in its root: one process tree on one data folder. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity, signal } from '../process/identity.ts';
import { type MongodbFolders, POSTGRES_BIN } from './folders.ts';
import { type Program, startProgram, until } from './program.ts';
import { MongodbSetupError } from './result.ts';

export interface PostgresSetup {
  readonly folders: MongodbFolders;
  /** Name of its folder among the clusters. */
  readonly cluster: string;
  readonly port: number;
  /** It ends when this process does, however that ends. */
  readonly dieWithParent: boolean;
}

export interface Postgres {
  readonly who: ProcessIdentity;
  /** All data written, everybody sent away. */
  stop(): Promise<void>;
  /** `kill -9` of the whole tree; resolves when all of it is gone. */
  kill(): Promise<void>;
}

const READY_MS = 60_000;
const STOP_MS = 20_000;

export async function startPostgres({ folders, cluster, port, dieWithParent }: PostgresSetup): Promise<Postgres> {
  const { uid, gid } = postgresIds(folders.root);
  const data = join(folders.clusters, cluster);
  removeStalePid(folders.clusters, cluster);
  const drop = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', ...(dieWithParent ? ['--pdeathsig=KILL'] : [])];
  const program = await startProgram({
    name: 'postgres',
    file: 'chroot',
    args: [folders.root, ...drop, `${POSTGRES_BIN}/postgres`, '-D', `/clusters/${cluster}`, '-p', String(port)],
    logFile: join(folders.base, `${cluster}.postgres.log`),
  });
  await until(program, READY_MS, () => readyIn(data));
  return {
    who: program.who,
    stop: () => program.end('SIGINT', STOP_MS),
    kill: () => killTree(program),
  };
}

/** The eighth line of the pid file is its state. */
function readyIn(data: string): boolean {
  try {
    return readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[7]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** A pid file of an earlier life must not be taken for that of the next. @throws MongodbSetupError when that life goes on */
function removeStalePid(clusters: string, cluster: string): void {
  const pid = runningPostgres(clusters, cluster);
  if (pid !== undefined) throw new MongodbSetupError(`postgres: data folder ${cluster} is in use by process ${pid}`);
  rmSync(join(clusters, cluster, 'postmaster.pid'), { force: true });
}

/** The process that works on a data folder. */
export function runningPostgres(clusters: string, cluster: string): number | undefined {
  const file = join(clusters, cluster, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  return identify(pid) && commandLine(pid).includes(`/clusters/${cluster}`) ? pid : undefined;
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function killTree(program: Program): Promise<void> {
  const children = childrenOf(program.who.pid);
  await program.end('SIGKILL', STOP_MS);
  for (const child of children) signal(child, 'SIGKILL');
  await until(undefined, STOP_MS, () => !children.some(isRunning));
}

function childrenOf(parent: number): readonly ProcessIdentity[] {
  const found: ProcessIdentity[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const who = identifyChild(Number(name), parent);
    if (who) found.push(who);
  }
  return found;
}

function identifyChild(pid: number, parent: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[1]) === parent ? identify(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** The ids of the root's own user `postgres`. */
export function postgresIds(root: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync(join(root, 'etc/passwd'), 'utf8')
    .split('\n')
    .find((one) => one.startsWith('postgres:'));
  const [, , uid, gid] = (line ?? '').split(':');
  if (!uid || !gid) throw new Error(`root: has a user postgres: ${root}`);
  return { uid: Number(uid), gid: Number(gid) };
}
