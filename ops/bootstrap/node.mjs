import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { onPath } from './paths.mjs';
import { NODE_PACKAGES, NODE_RANGE } from './pins.mjs';
import { failure, run, SetupError } from './shell.mjs';

/**
 * Whether this Node can run the project.
 * @param {string} version like `22.20.0`
 */
export function nodeFits(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const atLeast = (/** @type {readonly number[]} */ [wantMajor = 0, wantMinor = 0]) => major > wantMajor || (major === wantMajor && minor >= wantMinor);
  return atLeast(NODE_RANGE.from) && !atLeast(NODE_RANGE.below);
}

/**
 * How npm is called: by its script where that can be found, so that a Node of our choice runs it; else the program `npm`.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} execPath
 * @returns {{ script: string } | { program: string } | undefined}
 */
export function findNpm(env, execPath) {
  const program = onPath('npm', env.PATH);
  const real = program === undefined ? undefined : realpathSync(program);
  const prefix = dirname(dirname(execPath));
  const candidates = [
    env.npm_execpath,
    real,
    program && join(dirname(dirname(program)), 'lib/node_modules/npm/bin/npm-cli.js'),
    join(prefix, 'lib/node_modules/npm/bin/npm-cli.js'),
    '/usr/share/nodejs/npm/bin/npm-cli.js',
  ];
  const script = candidates.find((file) => file?.endsWith('npm-cli.js') && existsSync(file));
  if (script) return { script };
  return program === undefined ? undefined : { program };
}

/**
 * Runs npm under the given Node. `NODE` and the search path follow, for whatever npm starts.
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ cwd: string, started?: (pid: number) => void }} options
 */
export function npm(node, args, options) {
  const found = findNpm(process.env, process.execPath);
  if (found === undefined) throw new SetupError('npm was not found beside Node or on PATH; install Node 18 or later together with npm');
  const env = { ...process.env, NODE: node, npm_node_execpath: node, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
  return 'script' in found ? run(node, [found.script, ...args], { ...options, env }) : run(found.program, args, { ...options, env });
}

/** @param {string} cache */
function cachedNode(cache) {
  const pin = NODE_PACKAGES[`${process.platform}-${process.arch}`];
  if (pin === undefined) return undefined;
  const folder = join(cache, 'node', pin.name);
  return { ...pin, folder, binary: join(folder, 'bin/node') };
}

/**
 * A Node that fits and is here: the running one, else the one in the cache.
 * @param {string} cache
 * @returns {string | undefined}
 */
export function presentNode(cache) {
  if (nodeFits(process.versions.node)) return process.execPath;
  const cached = cachedNode(cache);
  if (cached === undefined || !existsSync(cached.binary)) return undefined;
  try {
    return nodeFits(JSON.parse(readFileSync(join(cached.folder, 'package.json'), 'utf8')).version) ? cached.binary : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Fetches Node into the cache.
 * @param {string} cache
 * @param {(pid: number) => void} started
 * @returns {Promise<string>} its binary
 */
export async function fetchNode(cache, started) {
  const cached = cachedNode(cache);
  if (cached === undefined) {
    throw new SetupError(
      `Node ${process.versions.node} does not fit (22.20 or later, below 23) and there is no package of it for ${process.platform}-${process.arch}`,
    );
  }
  const work = join(cache, 'node', `.work-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    // A project of its own, so that npm does not look for one further up.
    writeFileSync(join(work, 'package.json'), '{"private":true}');
    const args = [
      'install',
      `${cached.name}@${cached.version}`,
      '--no-save',
      '--no-package-lock',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
    ];
    const got = await npm(process.execPath, args, { cwd: work, started });
    if (!got.ok) throw failure(`Node ${cached.version} (package ${cached.name}) could not be fetched`, got.output);
    const fresh = join(work, 'node_modules', cached.name);
    const probe = await run(join(fresh, 'bin/node'), ['--version']);
    if (!probe.ok) throw failure(`The fetched Node ${cached.version} does not run on this machine (it needs glibc)`, probe.output);
    rmSync(cached.folder, { recursive: true, force: true });
    renameSync(fresh, cached.folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return cached.binary;
}
