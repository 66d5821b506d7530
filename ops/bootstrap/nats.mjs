import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unpackDebian } from './debian.mjs';
import { isExecutable, onPath } from './paths.mjs';
import { NATS_ARCHIVES, NATS_RELEASES } from './pins.mjs';
import { failure, run } from './shell.mjs';

const DOWNLOAD_TIMEOUT_MS = 120_000;

/** @param {string} cache */
export const cachedNats = (cache) => join(cache, 'nats', 'nats-server');

/**
 * A NATS server that is here: on the search path, else in the cache.
 * @param {string} cache
 * @param {string | undefined} searchPath
 * @returns {string | undefined}
 */
export function presentNats(cache, searchPath) {
  return onPath('nats-server', searchPath) ?? (isExecutable(cachedNats(cache)) ? cachedNats(cache) : undefined);
}

/**
 * Fetches the server into the cache: the package manager's package unpacked, else the official release. Nothing is installed into the system.
 * @param {string} cache
 * @param {(pid: number) => void} started
 * @returns {Promise<string>}
 */
export async function fetchNats(cache, started) {
  const work = join(cache, 'nats', `.work-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  try {
    const tries = [];
    for (const way of [unpackFromApt, downloadRelease]) {
      const got = await way(work, started);
      if ('binary' in got) {
        const probe = await run(got.binary, ['--version']);
        if (!probe.ok) throw failure('The fetched nats-server does not run on this machine', probe.output);
        renameSync(got.binary, cachedNats(cache));
        return cachedNats(cache);
      }
      tries.push(got.reason.trim());
    }
    throw failure('nats-server is not on PATH and could not be fetched; install it (2.9 or later) or put it on PATH', tries.join('\n'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** @typedef {{ binary: string } | { reason: string }} Got */

/**
 * @param {string} work
 * @param {(pid: number) => void} started
 * @returns {Promise<Got>}
 */
async function unpackFromApt(work, started) {
  const why = await unpackDebian('nats-server', work, join(work, 'deb'), started);
  if (why !== undefined) return { reason: why };
  const binary = ['usr/sbin', 'usr/bin'].map((folder) => join(work, 'deb', folder, 'nats-server')).find(existsSync);
  return binary === undefined ? { reason: 'apt-get: its package has no nats-server' } : { binary };
}

/**
 * @param {string} work
 * @param {(pid: number) => void} started
 * @returns {Promise<Got>}
 */
async function downloadRelease(work, started) {
  const pin = NATS_ARCHIVES[`${process.platform}-${process.arch}`];
  if (pin === undefined) return { reason: `release: none pinned for ${process.platform}-${process.arch}` };
  const name = `nats-server-v${pin.version}-${pin.target}`;
  const archive = join(work, `${name}.tar.gz`);
  const got = await download(`${NATS_RELEASES}/v${pin.version}/${name}.tar.gz`, archive, pin.sha256);
  if (got !== undefined) return { reason: `release: ${got}` };
  const unpacked = await run('tar', ['-xzf', archive, '-C', work], { started });
  const binary = join(work, name, 'nats-server');
  return unpacked.ok && existsSync(binary) ? { binary } : { reason: `tar: ${unpacked.output}` };
}

/**
 * Downloads a file and keeps it only if its SHA-256 is the pinned one.
 * @param {string} url
 * @param {string} file
 * @param {string} sha256
 * @returns {Promise<string | undefined>} why not; undefined when done
 */
export async function download(url, file, sha256) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS) });
    if (!answer.ok) return `${url}: HTTP ${answer.status}`;
    const bytes = Buffer.from(await answer.arrayBuffer());
    const is = createHash('sha256').update(bytes).digest('hex');
    if (is !== sha256) return `${url}: SHA-256 is ${is}, expected ${sha256}`;
    writeFileSync(file, bytes);
    return undefined;
  } catch (error) {
    const { message, cause } = /** @type {Error} */ (error);
    return `${url}: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
  }
}
