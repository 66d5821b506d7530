/**
 * Sets up a MongoDB-protocol server in the cache folder: FerretDB, built from the Go module proxy, on PostgreSQL with the
 * DocumentDB extension, in a Debian folder of its own. Nothing is installed into the system. Each step is skipped when done.
 * Package mirrors are those that the tools are configured for; `MW_DEBIAN_MIRROR` names another for the root.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebian } from '../bootstrap/debian.mjs';
import { isExecutable, onPath } from '../bootstrap/paths.mjs';
import { run } from '../bootstrap/shell.mjs';
import { type MongodbFolders, mongodbFolders } from './folders.ts';
import { MongodbSetupError, type MongodbUnavailable, unavailable } from './result.ts';
import { holdSetup } from './setup-lock.ts';
import { makeTemplate } from './template.ts';

const FERRETDB = 'github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v2.7.0';
const SUITE = 'sid';
const PACKAGES = 'postgresql-18,postgresql-18-documentdb';
/** What only takes space in a root that runs one program. */
const SPARE = ['var/cache/apt/archives', 'var/lib/apt/lists', 'usr/share/doc', 'usr/share/man', 'usr/share/locale'];

export type MongodbSetup = { readonly kind: 'ready'; readonly folders: MongodbFolders } | MongodbUnavailable;

/** What is set up already; says why it cannot be used. Starts nothing and fetches nothing. */
export function presentMongodb(folders = mongodbFolders()): MongodbSetup {
  const cannot = whyNot();
  if (cannot !== undefined) return unavailable(cannot);
  if (isExecutable(folders.ferretdb) && existsSync(folders.template)) return { kind: 'ready', folders };
  return unavailable('it is not set up: npm run -s mongodb -- setup');
}

/** Does what is missing. @param say one line per step */
export async function setUpMongodb(say: (line: string) => void, folders = mongodbFolders()): Promise<MongodbSetup> {
  const cannot = whyNot();
  if (cannot !== undefined) return unavailable(cannot);
  mkdirSync(folders.base, { recursive: true });
  const release = await holdSetup(folders.base, say);
  try {
    await ferretdb(folders, say);
    await root(folders, say);
    await makeTemplate(folders, say);
    return { kind: 'ready', folders };
  } catch (error) {
    if (error instanceof MongodbSetupError) return unavailable(error.message);
    throw error;
  } finally {
    release();
  }
}

function whyNot(): string | undefined {
  if (process.platform !== 'linux') return `it is for Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'it needs root (chroot)';
  return undefined;
}

async function ferretdb({ base, ferretdb: program }: MongodbFolders, say: (line: string) => void): Promise<void> {
  if (isExecutable(program)) return;
  if (!onPath('go', process.env.PATH)) throw new MongodbSetupError('go: is on PATH, to build FerretDB');
  say('building FerretDB');
  const work = join(base, `.go-${process.pid}`);
  await step('go install', 'go', ['install', FERRETDB], { GOBIN: work });
  renameSync(join(work, 'ferretdb'), program);
  rmSync(work, { recursive: true, force: true });
}

async function root(folders: MongodbFolders, say: (line: string) => void): Promise<void> {
  if (existsSync(folders.root)) return;
  const { program, env } = await debootstrap(folders, say);
  say('making a Debian folder with PostgreSQL and DocumentDB');
  const draft = join(folders.base, 'root.draft');
  await discardRoot(draft);
  const mirror = process.env.MW_DEBIAN_MIRROR;
  await step('debootstrap', program, ['--variant=minbase', `--include=${PACKAGES}`, SUITE, draft, ...(mirror ? [mirror] : [])], env);
  await unmountBelow(draft);
  for (const spare of SPARE) rmSync(join(draft, spare), { recursive: true, force: true });
  renameSync(draft, folders.root);
}

async function debootstrap(folders: MongodbFolders, say: (line: string) => void): Promise<{ program: string; env: Record<string, string> }> {
  const installed = onPath('debootstrap', `${process.env.PATH ?? ''}:/usr/sbin:/sbin`);
  if (installed) return { program: installed, env: {} };
  const program = join(folders.debootstrap, 'usr/sbin/debootstrap');
  if (!isExecutable(program)) {
    say('fetching debootstrap');
    await fetchDebootstrap(folders);
  }
  return { program, env: { DEBOOTSTRAP_DIR: join(folders.debootstrap, 'usr/share/debootstrap') } };
}

async function fetchDebootstrap({ base, debootstrap: target }: MongodbFolders): Promise<void> {
  const work = join(base, `.apt-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const why = await unpackDebian('debootstrap', work, target);
    if (why !== undefined) throw new MongodbSetupError(lastLines(why));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Removes what an earlier try left. What is still mounted there is let go of first: never removed through. */
async function discardRoot(draft: string): Promise<void> {
  await unmountBelow(draft);
  rmSync(draft, { recursive: true, force: true });
}

async function unmountBelow(folder: string): Promise<void> {
  const below = (): string[] =>
    readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '')
      .filter((at) => at.startsWith(`${folder}/`))
      .reverse();
  for (const at of below()) await step('umount', 'umount', [at]);
  const left = below();
  if (left.length > 0) throw new MongodbSetupError(`umount: still mounted: ${left.join(', ')}`);
}

async function step(what: string, file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const { ok, output } = await run(file, args, { env: { ...process.env, ...env } });
  if (!ok) throw new MongodbSetupError(`${what}: failed: ${lastLines(output)}`);
}

function lastLines(output: string): string {
  return output.trim().split('\n').slice(-5).join(' | ');
}
