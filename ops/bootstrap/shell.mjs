import { spawn } from 'node:child_process';

/** A step of set-up failed. The message is for people: what, why, what to do. */
export class SetupError extends Error {
  /** @param {string} message */
  constructor(message) {
    super(message);
    this.name = 'SetupError';
  }
}

/** What went wrong stands first with npm, last with apt. */
const HEAD_LINES = 10;
const TAIL_LINES = 5;
const NO_NETWORK =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENOTCACHED|Could not resolve|Temporary failure resolving|fetch failed/;

/**
 * Runs a program quietly: what it prints is shown only when it fails, so warnings of a newer npm or apt disturb nobody.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, started?: (pid: number) => void }} [options] `started` learns the child's pid at once
 * @returns {Promise<{ ok: boolean, output: string }>}
 */
export function run(file, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) options.started?.(child.pid);
    let output = '';
    const keep = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk.toString()).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output }));
  });
}

/**
 * A clear error from what a failed program printed.
 * @param {string} what
 * @param {string} output
 */
export function failure(what, output) {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('npm warn'));
  const shown = lines.length <= HEAD_LINES + TAIL_LINES ? lines : [...lines.slice(0, HEAD_LINES), '…', ...lines.slice(-TAIL_LINES)];
  const hint = NO_NETWORK.test(output)
    ? '\nThe network cannot be reached. A machine without network starts with the cache folder and node_modules of one that has been set up.'
    : '';
  return new SetupError(`${what}:\n  ${shown.join('\n  ')}${hint}`);
}
