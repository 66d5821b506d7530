import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';

const PROJECT = join(import.meta.dirname, '..', '..');
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'ops/compose/README.md',
  ...readdirSync(join(PROJECT, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];

const textOf = (page: string): string => readFileSync(join(PROJECT, page), 'utf8');
/** As pages on the web name a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): ReadonlySet<string> => new Set([...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading ?? '')));

test('every link of a page leads to a file, and to a heading in it', (t) => {
  for (const page of PAGES) {
    for (const [, link = ''] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(link)) continue;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      t.true(existsSync(join(PROJECT, target)), `${page}: ${link}`);
      if (anchor !== undefined && target.endsWith('.md')) t.true(anchorsOf(target).has(anchor), `${page}: ${link}`);
    }
  }
});

test('every file that the pages on guarantees and clusters name exists', (t) => {
  for (const page of ['docs/guarantees.md', 'docs/cluster.md']) {
    for (const [, path = ''] of textOf(page).matchAll(/`((?:test|actors|machines|gateway|ops)\/[^`]+)`/g)) {
      const whole = path.includes('*') ? dirname(path) : path;
      t.true(existsSync(join(PROJECT, whole)), `${page}: ${path}`);
    }
  }
});
