import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/*
 * One set-up at a time, also across projects that share a cache. The lock is a file with the holder's pid and start time, and those
 * of the program it runs: a set-up that was killed may leave an npm behind that still writes.
 *
 * I1  The file appears complete (link of a finished file) and only if there is none.
 * I2  A lock is broken only when every process it names is gone.
 * I3  Only one process at a time breaks locks (the guard), and it looks again after it has the guard.
 */

const POLL_MS = 150;
const GUARD_STALE_MS = 10_000;

/** @typedef {{ pid: number, started: string | undefined }} Identity */

/**
 * When a process started, in clock ticks since boot; undefined where the system does not say. Tells a process from a later one with its pid.
 * @param {number} pid
 * @returns {string | undefined}
 */
export function startOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

/** @param {Identity} who */
function lives(who) {
  try {
    process.kill(who.pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return false;
  }
  const started = startOf(who.pid);
  return who.started === undefined || started === undefined || started === who.started;
}

/** @param {number} pid @returns {Identity} */
const identity = (pid) => ({ pid, started: startOf(pid) });

/**
 * @param {string} file
 * @returns {readonly Identity[] | undefined} undefined when there is no lock
 */
function holders(file) {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(read) ? read : [];
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT' ? undefined : [];
  }
}

/** @param {string} file */
function breakStale(file) {
  const guard = `${file}.break`;
  try {
    closeSync(openSync(guard, 'wx'));
  } catch {
    try {
      if (Date.now() - statSync(guard).mtimeMs > GUARD_STALE_MS) rmSync(guard, { force: true });
    } catch {
      // The other one has just finished.
    }
    return;
  }
  try {
    const now = holders(file);
    if (now !== undefined && !now.some(lives)) rmSync(file, { force: true });
  } finally {
    rmSync(guard, { force: true });
  }
}

/**
 * Waits for the lock and takes it.
 * @param {string} file
 * @param {(holder: number | undefined) => void} waiting called once, when another set-up holds it
 * @returns {Promise<{ note: (pid: number) => void, release: () => void }>} `note` adds the program that now works under this lock
 */
export async function lock(file, waiting) {
  mkdirSync(dirname(file), { recursive: true });
  const mine = `${file}.${process.pid}`;
  const self = identity(process.pid);
  writeFileSync(mine, JSON.stringify([self]));
  let told = false;
  try {
    for (;;) {
      try {
        linkSync(mine, file);
        break;
      } catch (error) {
        if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
      }
      const now = holders(file) ?? [];
      if (!now.some(lives)) {
        breakStale(file);
      } else if (!told) {
        told = true;
        waiting(now[0]?.pid);
      }
      await sleep(POLL_MS * (0.5 + Math.random()));
    }
  } finally {
    rmSync(mine, { force: true });
  }
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  return {
    note: (pid) => {
      writeFileSync(mine, JSON.stringify([self, identity(pid)]));
      renameSync(mine, file);
    },
    release: () => {
      process.off('exit', release);
      release();
    },
  };
}
