import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { loadSite } from '../../../gateway/web/site.ts';
import { PROJECT } from '../../../ops/bootstrap/paths.mjs';
import { buildWeb, webFolder, webPresent } from '../../../ops/bootstrap/web.mjs';

const CLIENT = 'gateway/web/client';

interface Copy {
  readonly project: string;
  readonly cache: string;
  /** Puts a file among the sources. */
  put(file: string, text: string): void;
}

/** The sources of the pages in a folder of their own. */
function copied(t: ExecutionContext): Copy {
  const base = mkdtempSync(join(tmpdir(), 'mw-web-'));
  t.teardown(() => rmSync(base, { recursive: true, force: true }));
  const project = join(base, 'project');
  cpSync(join(PROJECT, CLIENT), join(project, CLIENT), { recursive: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(project, 'node_modules'));
  symlinkSync(join(PROJECT, 'package.json'), join(project, 'package.json'));
  return { project, cache: join(base, 'cache'), put: (file, text) => writeFileSync(join(project, CLIENT, file), text) };
}

test('pages name their assets by hashed names, and every asset that is named is there', async (t) => {
  const { project, cache } = copied(t);
  const { pages, assets } = loadSite(await buildWeb(project, cache));
  t.deepEqual([...pages.keys()].sort(), ['mts-api', 'start']);
  for (const [name, { bytes }] of pages) {
    const html = Buffer.from(bytes).toString();
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    t.true(named.length >= 4, name);
    for (const path of named) {
      t.regex(path, /^\/assets\/[\w-]+-[0-9A-Z]{8}\.(js|css|svg)$/);
      t.true(assets.has(path.slice('/assets/'.length)), path);
    }
    t.false(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/.test(html), `${name}: nothing inline, which the policy would refuse`);
  }
});

test('what is kept compressed is the file itself', async (t) => {
  const { project, cache } = copied(t);
  const { assets } = loadSite(await buildWeb(project, cache));
  const packed = [...assets.values()].filter(({ brotli }) => brotli !== undefined);
  t.true(packed.length >= 4);
  for (const { bytes, brotli } of packed) t.deepEqual(brotliDecompressSync(brotli as Uint8Array), Buffer.from(bytes));
});

test('what is built is built once; another source is another build', async (t) => {
  const { project, cache, put } = copied(t);
  t.false(webPresent(project, cache));
  const first = await buildWeb(project, cache);
  t.true(webPresent(project, cache));
  const script = join(first, 'assets', readdirSync(join(first, 'assets'))[0] ?? '');
  const before = statSync(script).mtimeMs;
  t.is(await buildWeb(project, cache), first);
  t.is(statSync(script).mtimeMs, before);
  put('design/tokens.css', `${readFileSync(join(project, CLIENT, 'design/tokens.css'), 'utf8')}\n:root { --new: 1; }\n`);
  t.false(webPresent(project, cache));
  const second = await buildWeb(project, cache);
  t.not(second, first);
  t.true(existsSync(first), 'an engine of the older source may still start from it');
});

test('two set-ups at once leave one whole build and nothing half done', async (t) => {
  const { project, cache } = copied(t);
  const folders = await Promise.all([buildWeb(project, cache), buildWeb(project, join(cache))]);
  t.is(folders[0], folders[1]);
  t.deepEqual(readdirSync(join(cache, 'web')), [webFolder(project, cache).split('/').at(-1)]);
  t.is(loadSite(folders[0]).pages.size, 2);
});

test('a source that is wrong is an error for people, and leaves nothing behind', async (t) => {
  const { project, cache, put } = copied(t);
  put('start/start.tsx', 'const a = ;');
  await t.throwsAsync(buildWeb(project, cache), { message: /The pages cannot be built:[\s\S]*start\.tsx:1:10/ });
  t.false(webPresent(project, cache));
  t.deepEqual(readdirSync(join(cache, 'web')), []);
});

test('of many builds the latest few are kept', async (t) => {
  const { project, cache, put } = copied(t);
  const built: string[] = [];
  for (let n = 0; n < 7; n++) {
    put('start/start.tsx', `export const n = ${n};`);
    built.push(await buildWeb(project, cache));
  }
  t.deepEqual(built.filter(existsSync), built.slice(-5));
});
