import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onPath } from './paths.mjs';
import { run } from './shell.mjs';

/**
 * Downloads a Debian package and unpacks it into a folder. Nothing is installed into the system, and no root is needed.
 * @param {string} name of the package
 * @param {string} work an empty folder for what is only needed meanwhile; whoever made it removes it
 * @param {string} target
 * @param {(pid: number) => void} [started] learns each child's pid at once
 * @returns {Promise<string | undefined>} why not; undefined when done
 */
export async function unpackDebian(name, work, target, started) {
  for (const tool of ['apt-get', 'dpkg-deb']) if (!onPath(tool, process.env.PATH)) return `${tool}: not on this machine`;
  const options = started ? { cwd: work, started } : { cwd: work };
  const download = (/** @type {string[]} */ more) => run('apt-get', [...more, '-q', 'download', name], options);
  let got = await download([]);
  if (!got.ok) {
    // The lists may be missing or old. Fresh ones go to a folder of our own: the system's stay as they are.
    mkdirSync(join(work, 'lists', 'partial'), { recursive: true });
    const lists = ['-o', `Dir::State::Lists=${join(work, 'lists')}`, '-o', 'Dir::Cache::pkgcache=', '-o', 'Dir::Cache::srcpkgcache='];
    const own = [...lists, '-o', 'APT::Sandbox::User='];
    const updated = await run('apt-get', [...own, '-q', 'update'], options);
    got = updated.ok ? await download(own) : updated;
  }
  const file = readdirSync(work).find((entry) => entry.endsWith('.deb'));
  if (!got.ok || file === undefined) return `apt-get download ${name}: ${got.output.trim()}`;
  const unpacked = await run('dpkg-deb', ['-x', join(work, file), target], options);
  return unpacked.ok ? undefined : `dpkg-deb: ${unpacked.output.trim()}`;
}
