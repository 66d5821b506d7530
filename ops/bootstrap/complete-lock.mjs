/**
 * `node ops/bootstrap/complete-lock.mjs [--check]`: adds to the lock file the packages of other platforms that a registry mirror did
 * not know when the lock was made. npm drops those silently, and then `npm ci` refuses its own file. Run it after every change of
 * the dependencies; `--check` only tells, exit 1 when something is missing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROJECT } from './paths.mjs';

const SYSTEMS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const PROCESSORS = ['x64', 'arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el'];

/** @typedef {{ version?: string, optionalDependencies?: Record<string, string>, dev?: boolean, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Entry */

/**
 * The entries that are missing, by path. System and processor are read from the name, the habit of all packages that carry binaries.
 * @param {Readonly<Record<string, Entry>>} packages of a lock file
 * @returns {Readonly<Record<string, Entry>>}
 */
export function missingEntries(packages) {
  /** @type {Record<string, Entry>} */
  const missing = {};
  for (const [path, entry] of Object.entries(packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const known = [`${path}/node_modules/${name}`, `node_modules/${name}`].some((place) => packages[place] !== undefined);
      if (known || !/^\d/.test(version)) continue;
      const words = name.slice(name.lastIndexOf('/') + 1).split(/[-_]/);
      const os = words.filter((word) => SYSTEMS.includes(word));
      const cpu = words.filter((word) => PROCESSORS.includes(word));
      missing[`node_modules/${name}`] = {
        version,
        ...(cpu.length > 0 && { cpu }),
        ...(entry.dev && { dev: true }),
        ...(words.includes('musl') && { libc: ['musl'] }),
        optional: true,
        ...(os.length > 0 && { os }),
      };
    }
  }
  return missing;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = join(PROJECT, 'package-lock.json');
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingEntries(lock.packages);
  for (const path of Object.keys(missing)) process.stderr.write(`${path}\n`);
  if (process.argv.includes('--check')) process.exitCode = Object.keys(missing).length === 0 ? 0 : 1;
  else {
    const all = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1));
    writeFileSync(file, `${JSON.stringify({ ...lock, packages: Object.fromEntries(all) }, null, 2)}\n`);
  }
}
