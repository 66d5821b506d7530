/**
 * The pages: built from `gateway/web/client` into `<cache>/web/<key>`, where the key is made of everything that goes in. What is there
 * is whole (it appears by rename) and right (another source has another key), so building again is never wrong and seldom needed.
 *
 *   <cache>/web/<key>
 *     ├─ pages/mts-api.html     names the assets by their hashed names
 *     └─ assets/mts-api-XXXX.js, main-XXXX.css, …, each with `.br` beside it where that is smaller
 *
 * `node ops/bootstrap/web.mjs` builds what is missing, for an image that is made once.
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { cacheFolder, PROJECT } from './paths.mjs';
import { failure } from './shell.mjs';

const SOURCES = 'gateway/web/client';
/** What the pages are made with; their versions are part of the key. */
const TOOLS = ['esbuild', 'preact'];
/** Builds that are kept: projects that share a cache have one each. */
const KEPT = 5;
/** Beginning of the name of a build that is not done. */
const WORK = '.work-';
/** One that is older was killed. */
const WORK_MS = 60 * 60_000;
const BROWSERS = ['chrome123', 'firefox121', 'safari17.5'];
/** A file of ours that a page names: `src="./mts-api.tsx"`. */
const REFERENCE = /\b(src|href)="(\.{1,2}\/[^"]+)"/g;

/** @typedef {import('esbuild').Metafile['outputs']} Outputs */

/**
 * Folder of the pages that belong to the sources at hand, built or not.
 * @param {string} project
 * @param {string} cache
 */
export function webFolder(project, cache) {
  const hash = createHash('sha256').update(readFileSync(fileURLToPath(import.meta.url)));
  for (const tool of TOOLS) hash.update(`${tool} ${versionOf(project, tool)}\n`);
  for (const file of filesUnder(join(project, SOURCES)))
    hash.update(`${relative(project, file)}\n`).update(createHash('sha256').update(readFileSync(file)).digest());
  return join(cache, 'web', hash.digest('hex').slice(0, 16));
}

/**
 * Whether the pages are built. To be asked when the packages are there.
 * @param {string} project
 * @param {string} cache
 */
export function webPresent(project, cache) {
  return existsSync(webFolder(project, cache));
}

/**
 * Builds the pages if they are not there.
 * @param {string} project
 * @param {string} cache
 * @returns {Promise<string>} their folder
 * @throws SetupError with what the builder found
 */
export async function buildWeb(project, cache) {
  const folder = webFolder(project, cache);
  if (existsSync(folder)) {
    const now = new Date();
    utimesSync(folder, now, now);
    return folder;
  }
  mkdirSync(join(cache, 'web'), { recursive: true });
  const work = mkdtempSync(join(cache, 'web', WORK));
  mkdirSync(join(work, 'pages'));
  try {
    const pages = filesUnder(join(project, SOURCES)).filter((file) => file.endsWith('.html'));
    const outputs = await bundle(project, pages, join(work, 'assets'));
    for (const page of pages) writeFileSync(join(work, 'pages', basename(page)), linked(project, page, outputs));
    for (const file of filesUnder(join(work, 'assets'))) compress(file);
    // Made for its maker alone; the engine may be another user.
    chmodSync(work, 0o755);
    try {
      renameSync(work, folder);
    } catch (error) {
      // Another process has just built the same.
      if (!existsSync(folder)) throw error;
    }
    prune(join(cache, 'web'));
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/**
 * @param {string} project
 * @param {string} name
 */
function versionOf(project, name) {
  return JSON.parse(readFileSync(join(project, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/**
 * @param {string} folder
 * @returns {readonly string[]} in one order on every machine
 */
function filesUnder(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesUnder(join(folder, entry.name)) : [join(folder, entry.name)]));
}

/**
 * @param {string} page
 * @returns {readonly string[]} the files that it names
 */
function named(page) {
  return [...readFileSync(page, 'utf8').matchAll(REFERENCE)].map((match) => resolve(dirname(page), match[2] ?? ''));
}

/**
 * @param {string} project
 * @param {readonly string[]} pages
 * @param {string} outdir
 * @returns {Promise<Outputs>}
 */
async function bundle(project, pages, outdir) {
  /** @type {typeof import('esbuild')} */
  const { build } = createRequire(join(project, 'package.json'))('esbuild');
  try {
    const { metafile } = await build({
      absWorkingDir: project,
      entryPoints: [...new Set(pages.flatMap(named))],
      outdir,
      entryNames: '[name]-[hash]',
      chunkNames: '[name]-[hash]',
      bundle: true,
      splitting: true,
      format: 'esm',
      minify: true,
      target: BROWSERS,
      charset: 'utf8',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.svg': 'copy' },
      tsconfigRaw: {},
      metafile: true,
      logLevel: 'silent',
    });
    return metafile.outputs;
  } catch (error) {
    throw failure('The pages cannot be built', error instanceof Error ? error.message : String(error));
  }
}

/**
 * The page with the built files' names, and a hint for what its script will import.
 * @param {string} project
 * @param {string} page
 * @param {Outputs} outputs
 */
function linked(project, page, outputs) {
  const entries = Object.entries(outputs).map(([file, { entryPoint, imports }]) => ({ name: basename(file), entryPoint, imports }));
  /** @type {Set<string>} */
  const chunks = new Set();
  const html = readFileSync(page, 'utf8').replaceAll(REFERENCE, (_, attribute, path) => {
    const wanted = relative(project, resolve(dirname(page), path));
    const built = entries.find(
      ({ entryPoint, name }) => entryPoint === wanted || (entryPoint === undefined && wanted.endsWith('.svg') && isCopy(name, wanted)),
    );
    if (built === undefined) throw failure('The pages cannot be built', `${page}: ${path} was not built`);
    for (const { path: chunk, kind } of built.imports) if (kind === 'import-statement') chunks.add(basename(chunk));
    return `${attribute}="/assets/${built.name}"`;
  });
  const hints = [...chunks].map((chunk) => `    <link rel="modulepreload" href="/assets/${chunk}">\n`).join('');
  return html.replace('  </head>', `${hints}  </head>`);
}

/**
 * A file that was only copied is not called an entry.
 * @param {string} name
 * @param {string} source
 */
function isCopy(name, source) {
  return name.replace(/-[0-9A-Z]+(\.\w+)$/, '$1') === basename(source);
}

/** @param {string} file */
function compress(file) {
  const bytes = readFileSync(file);
  const small = brotliCompressSync(bytes);
  if (small.length < bytes.length) writeFileSync(`${file}.br`, small);
}

/** @param {string} folder */
function prune(folder) {
  const found = readdirSync(folder)
    .flatMap((name) => {
      const at = statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs;
      return at === undefined ? [] : [{ name, at }];
    })
    .sort((a, b) => b.at - a.at);
  const whole = found.filter(({ name }) => !name.startsWith(WORK));
  const killed = found.filter(({ name, at }) => name.startsWith(WORK) && at < Date.now() - WORK_MS);
  for (const { name } of [...whole.slice(KEPT), ...killed]) rmSync(join(folder, name), { recursive: true, force: true });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = await buildWeb(PROJECT, cacheFolder(PROJECT, process.env));
  process.stdout.write(`${folder}\n`);
}
