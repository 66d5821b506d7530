import { globSync, readFileSync } from 'node:fs';
import test from 'ava';
import { DETAIL_TYPES, ERROR_GROUPS } from '../../../actors/errors/codes.ts';
import { renderErrorsPage } from '../../../actors/errors/page.ts';

const root = new URL('../../../', import.meta.url);
const sources = globSync('{actors,gateway,ops,machines,workers}/**/*.ts', { cwd: root }).filter(
  (path) => !path.startsWith('actors/errors/') && !/^workers\/.*\/codes\.ts$/.test(path),
);
const code = sources.map((path) => readFileSync(new URL(path, root), 'utf8')).join('\n');
const listed = ERROR_GROUPS.flatMap(({ codes }) => codes.map((entry) => entry.code));

const found = (pattern: RegExp): string[] => [...new Set([...code.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();

test('docs/errors.md is what the list of codes says', (t) => {
  t.is(readFileSync(new URL('docs/errors.md', root), 'utf8'), renderErrorsPage());
});

test('no code is listed twice', (t) => {
  t.is(new Set(listed).size, listed.length);
});

test('every code that is thrown or answered is listed', (t) => {
  const thrown = found(/new (?:Meterwright|Refused|Store|Bus)Error\(\s*'([a-z_]+)'/g);
  const fixed = found(/super\(\s*'([a-z]+(?:_[a-z]+)+)'/g);
  const answered = found(/(?:problem|refuse)\(\s*\d{3},\s*'([a-z_]+)'/g);
  t.deepEqual(
    [...thrown, ...fixed, ...answered].filter((name) => !listed.includes(name)),
    [],
  );
});

test('every listed code is used somewhere', (t) => {
  const own = readFileSync(new URL('actors/errors/error.ts', root), 'utf8');
  t.deepEqual(
    listed.filter((name) => !code.includes(`'${name}'`) && !own.includes(`'${name}'`)),
    [],
  );
});

test('every listed type of a 422 is used somewhere', (t) => {
  t.deepEqual(
    DETAIL_TYPES.map(({ type }) => type).filter((name) => !code.includes(`'${name}'`)),
    [],
  );
});
