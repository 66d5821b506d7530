import { join } from 'node:path';
import { lock } from './lock.mjs';
import { fetchNats, presentNats } from './nats.mjs';
import { fetchNode, presentNode } from './node.mjs';
import { installPackages, packagesPresent } from './packages.mjs';
import { cacheFolder } from './paths.mjs';
import { buildWeb, webPresent } from './web.mjs';

/** @typedef {{ node: string, nats: string | undefined }} Tools */

/**
 * What is here already; `undefined` as a whole when something is missing.
 * @param {string} project
 * @param {string} cache
 * @param {{ nats: boolean, web: boolean }} needs
 * @returns {Tools | undefined}
 */
function present(project, cache, needs) {
  const node = presentNode(cache);
  if (node === undefined || !packagesPresent(project)) return undefined;
  const nats = presentNats(cache, process.env.PATH);
  if ((needs.nats && nats === undefined) || (needs.web && !webPresent(project, cache))) return undefined;
  return { node, nats };
}

/**
 * Makes sure that Node, the packages and (where the task needs them) the NATS server and the pages are here. In this order, each step skipped when
 * done; a complete machine takes only the checks, without the lock.
 * @param {string} project
 * @param {{ nats: boolean, web: boolean, say: (line: string) => void }} options
 * @returns {Promise<Tools>}
 * @throws SetupError with a message for people
 */
export async function setUp(project, options) {
  const cache = cacheFolder(project, process.env);
  const here = present(project, cache, options);
  if (here !== undefined) return here;

  // The project's own folder has node_modules, the cache may be shared: one lock each, always in the same order.
  const files = [...new Set([join(project, '.cache'), cache])].sort().map((folder) => join(folder, 'setup.lock'));
  /** @type {Awaited<ReturnType<typeof lock>>[]} */
  const locks = [];
  for (const file of files)
    locks.push(await lock(file, (pid) => options.say(`set-up: waiting for another set-up${pid === undefined ? '' : ` (process ${pid})`}`)));
  const started = (/** @type {number} */ pid) => {
    for (const held of locks) held.note(pid);
  };
  try {
    let node = presentNode(cache);
    if (node === undefined) {
      options.say(`set-up: fetching Node 22 (this one is ${process.versions.node})`);
      node = await fetchNode(cache, started);
    }
    if (!packagesPresent(project)) {
      options.say('set-up: installing the packages of the lock file');
      await installPackages(project, node, started);
    }
    let nats = presentNats(cache, process.env.PATH);
    if (options.nats && nats === undefined) {
      options.say('set-up: fetching nats-server');
      nats = await fetchNats(cache, started);
    }
    if (options.web && !webPresent(project, cache)) {
      options.say('set-up: building the pages');
      await buildWeb(project, cache);
    }
    return { node, nats };
  } finally {
    for (const held of locks.reverse()) held.release();
  }
}
