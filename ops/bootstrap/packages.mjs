import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from './node.mjs';
import { failure, SetupError } from './shell.mjs';

/** @typedef {{ version?: string, integrity?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockEntry */

/** @param {string} project */
const stampFile = (project) => join(project, 'node_modules', '.meterwright-stamp');

/**
 * What `node_modules` was made from: the lock file and the platform (every Node that fits has one ABI).
 * @param {string} project
 */
function wanted(project) {
  const file = join(project, 'package-lock.json');
  if (!existsSync(file)) throw new SetupError(`package-lock.json is missing in ${project}`);
  return `${createHash('sha256').update(readFileSync(file)).digest('hex')} ${process.platform}-${process.arch} node22`;
}

/**
 * Whether a `node_modules` that npm made without us is the one of this lock file. npm keeps its own lock file there, written last.
 * @param {Readonly<Record<string, LockEntry>>} locked packages by path
 * @param {Readonly<Record<string, LockEntry>>} installed
 * @param {{ platform: string, arch: string }} host
 */
export function sameTree(locked, installed, host) {
  const differs = Object.entries(locked).some(([path, entry]) => {
    if (path === '') return false;
    const has = installed[path];
    if (has !== undefined) return has.version !== entry.version || has.integrity !== entry.integrity;
    const forOthers = (entry.os !== undefined && !entry.os.includes(host.platform)) || (entry.cpu !== undefined && !entry.cpu.includes(host.arch));
    return !(entry.optional && (forOthers || entry.libc !== undefined));
  });
  return !differs && Object.keys(installed).every((path) => locked[path] !== undefined);
}

/** @param {string} project */
function adopt(project) {
  try {
    const read = (/** @type {string} */ file) => JSON.parse(readFileSync(join(project, file), 'utf8')).packages;
    return sameTree(read('package-lock.json'), read('node_modules/.package-lock.json'), { platform: process.platform, arch: process.arch });
  } catch {
    return false;
  }
}

/**
 * Whether `node_modules` is complete for this lock file.
 * @param {string} project
 */
export function packagesPresent(project) {
  const want = wanted(project);
  try {
    if (readFileSync(stampFile(project), 'utf8') === want) return true;
  } catch {
    // No stamp: npm may have been run by hand.
  }
  if (!adopt(project)) return false;
  writeFileSync(stampFile(project), want);
  return true;
}

/**
 * `npm ci` under the right Node. No install scripts: every binary comes inside its package.
 * @param {string} project
 * @param {string} node
 * @param {(pid: number) => void} started
 */
export async function installPackages(project, node, started) {
  const want = wanted(project);
  const done = await npm(node, ['ci', '--include=dev', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: project,
    started,
  });
  if (!done.ok) throw failure('The packages could not be installed (npm ci)', done.output);
  writeFileSync(stampFile(project), want);
}
