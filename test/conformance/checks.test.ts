import { readFile } from 'node:fs/promises';
import test from 'ava';
import { CHECKS, type Checks, LATENESS, ROW_FILES, type Shown } from './checks.ts';

const source = (file: string): Promise<string> => readFile(new URL(`../${file}`, import.meta.url), 'utf8').catch(() => '');

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** As the title is written where the test is made. */
function inSource(title: string): RegExp {
  return new RegExp(title.split('…').map(escaped).join('\\$\\{[^}]*\\}'));
}

async function missing(shown: readonly Shown[]): Promise<readonly Shown[]> {
  const found = await Promise.all(shown.map(async ([file, title]) => inSource(title).test(await source(file))));
  return shown.filter((_, index) => !found[index]);
}

for (const [name, checks] of Object.entries<Checks>({ '11.2 check': CHECKS, '7.6': LATENESS })) {
  for (const [check, shown] of Object.entries(checks)) {
    test(`${name} ${check} has its tests`, async (t) => {
      t.true(shown.length > 0);
      t.deepEqual(await missing(shown), []);
    });
  }
}

test('all checks of 11.2 are here', (t) => {
  t.deepEqual(
    Object.keys(CHECKS).map(Number),
    Array.from({ length: 15 }, (_, index) => index + 1),
  );
});

test('every row of 7.3 has tests that name it', async (t) => {
  const sources = (await Promise.all(ROW_FILES.map(source))).join('\n');
  // Titles of rows 23 and 24 are made of tables whose lines begin with the number.
  for (let row = 1; row <= 30; row++) t.regex(sources, new RegExp(`row ${row}:|^ {2}\\[${row}, 'AWAIT_`, 'm'), `row ${row}`);
});
