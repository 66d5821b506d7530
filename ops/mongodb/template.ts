/** An initialised, empty data folder with the extension made: a new server starts on a copy of it. */
import { appendFileSync, chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from '../bootstrap/shell.mjs';
import { type MongodbFolders, POSTGRES_BIN } from './folders.ts';
import { freePort } from './free-port.ts';
import { postgresIds, startPostgres } from './postgres.ts';
import { MongodbSetupError } from './result.ts';

/** No bind mounts: shared memory is in files, sockets in the root's own folder. */
const CONFIG = `
dynamic_shared_memory_type = mmap
unix_socket_directories = '/tmp'
listen_addresses = '127.0.0.1'
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
max_connections = 200
min_wal_size = 32MB
`;

export async function makeTemplate(folders: MongodbFolders, say: (line: string) => void): Promise<void> {
  if (existsSync(folders.template)) return;
  say('making an empty database');
  const { uid, gid } = postgresIds(folders.root);
  const shm = join(folders.root, 'dev/shm');
  mkdirSync(shm, { recursive: true });
  chmodSync(shm, 0o1777);
  mkdirSync(folders.clusters, { recursive: true });
  chownSync(folders.clusters, uid, gid);
  const draft = join(folders.clusters, `.draft-${process.pid}`);
  rmSync(draft, { recursive: true, force: true });
  const inside = `/clusters/${basename(draft)}`;
  const chroot = [`--userspec=${uid}:${gid}`, folders.root];
  await check('initdb', [
    ...chroot,
    `${POSTGRES_BIN}/initdb`,
    '-D',
    inside,
    '-A',
    'trust',
    '-U',
    'postgres',
    '--no-sync',
    '--locale=C.UTF-8',
    '--encoding=UTF8',
  ]);
  appendFileSync(join(draft, 'postgresql.conf'), CONFIG);
  const port = await freePort();
  const postgres = await startPostgres({ folders, cluster: basename(draft), port, dieWithParent: true });
  try {
    const sql = 'CREATE EXTENSION documentdb CASCADE';
    await check('create extension', [...chroot, `${POSTGRES_BIN}/psql`, '-h', '127.0.0.1', '-p', String(port), '-U', 'postgres', '-c', sql]);
  } finally {
    await postgres.stop();
  }
  renameSync(draft, folders.template);
}

async function check(what: string, args: readonly string[]): Promise<void> {
  const { ok, output } = await run('chroot', args);
  if (!ok) throw new MongodbSetupError(`${what}: failed: ${output.trim().split('\n').slice(-5).join(' | ')}`);
}
