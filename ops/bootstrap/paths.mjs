import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const PROJECT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Where what set-up fetches is kept: `MW_CACHE`, default `.cache` in the project.
 * @param {string} project
 * @param {Readonly<Record<string, string | undefined>>} env
 */
export function cacheFolder(project, env) {
  return resolve(project, env.MW_CACHE || '.cache');
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * The first executable of this name on the search path.
 * @param {string} name
 * @param {string | undefined} searchPath
 * @returns {string | undefined}
 */
export function onPath(name, searchPath) {
  return (searchPath ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}
