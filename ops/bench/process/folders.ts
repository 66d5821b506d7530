/** Where benches keep their data: a folder of the run, gone at its end, and a cache for what takes long to make. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { constants, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporary } from './cleanup.ts';

const PROJECT = join(import.meta.dirname, '..', '..', '..');
/** What the form of kept data depends on: when any of it changes, the data is made anew. */
const SHAPED_BY = [
  'actors/store/tree/layout.ts',
  'actors/store/tree/pack.ts',
  'actors/store/lmdb/environment.ts',
  'actors/access/records.ts',
  'actors/access/secret.ts',
  'machines/appointment/context.ts',
  'machines/appointment/migrations.ts',
  'machines/mpan/context.ts',
  'machines/mpan/migrations.ts',
  'machines/time-update/context.ts',
  'machines/time-update/migrations.ts',
  'ops/bench/meters/seed.ts',
  'ops/sim/market/seed.ts',
  'ops/bench/fill',
];

/** Runs with a folder of its own, which is removed whatever happens. */
export async function withFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'mw-bench-'));
  const remove = temporary(folder);
  try {
    return await run(folder);
  } finally {
    remove();
  }
}

/** The folder `name` of the cache, made by `make` when it is missing or was made by other code; older ones of the name go. */
export async function kept(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const root = join(process.env.MW_CACHE ?? join(PROJECT, '.cache'), 'bench');
  const folder = join(root, `${name}-${fingerprint()}`);
  if (existsSync(folder)) return folder;
  mkdirSync(root, { recursive: true });
  for (const other of readdirSync(root)) if (other.startsWith(`${name}-`)) rmSync(join(root, other), { recursive: true, force: true });
  const part = `${folder}.part`;
  const remove = temporary(part);
  try {
    await make(part);
    renameSync(part, folder);
  } finally {
    remove();
  }
  return folder;
}

/** Everything written so far is on the disk: else the kernel would write it back beside the commits that a bench measures. */
export function settleDisk(): void {
  spawnSync('sync');
}

/** A copy of an installation's folder, without what belongs to its last run. */
export function copyInstallation(from: string, to: string): void {
  cpSync(from, to, { recursive: true, mode: constants.COPYFILE_FICLONE });
  for (const name of ['sim', 'nats', 'run.json', 'connect.json', 'engine.lock', 'store/store.lock']) rmSync(join(to, name), { recursive: true, force: true });
  settleDisk();
}

let known: string | undefined;

function fingerprint(): string {
  if (known !== undefined) return known;
  const hash = createHash('sha256');
  for (const name of SHAPED_BY) {
    const path = join(PROJECT, name);
    const files = statSync(path).isFile()
      ? [path]
      : readdirSync(path)
          .sort()
          .map((file) => join(path, file));
    for (const file of files) hash.update(readFileSync(file));
  }
  known = hash.digest('hex').slice(0, 12);
  return known;
}
