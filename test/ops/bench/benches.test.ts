import { readFileSync } from 'node:fs';
import test from 'ava';
import { benches } from '../../../ops/bench/benches.ts';

test('every bench has a name of its own, says what it is about, and has its figures kept', (t) => {
  const names = benches.map(({ name }) => name);
  t.is(new Set(names).size, names.length);
  const page = readFileSync(new URL('../../../docs/benchmarks.md', import.meta.url), 'utf8');
  for (const name of names) t.true(page.includes(`\`${name}`), `docs/benchmarks.md has figures of ${name}`);
  for (const { about } of benches) t.true(about.length > 10);
});
