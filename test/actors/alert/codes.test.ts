import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { ALERT_CODES, ALERT_GROUPS, alertCode, renderAlertsPage } from '../../../actors/alert/index.ts';

const root = new URL('../../../', import.meta.url);

/** Where a code is written beside the word that raises it. */
const USES = [
  /(?:raiseAlert|clearAlert|alert\.raise|alert\.clear)'[^;]{0,120}?code: '([a-z0-9_]+)'/gs,
  /\b(?:raise|clear|raiseAlert|clearAlert)\(\s*(?:\w+,\s*)?'([a-z0-9_]+)'/g,
  /\b(?:ALERT|CONTRADICTION) = '([a-z0-9_]+)'/g,
  /#setAside\([^)]*?'([a-z0-9_]+)'/g,
  /\bwarn\(\s*draft,\s*'([a-z0-9_]+)'/g,
];

async function usedCodes(): Promise<Map<string, string>> {
  const used = new Map<string, string>();
  for (const room of ['machines', 'actors', 'gateway', 'ops']) {
    const files = await readdir(new URL(`${room}/`, root), { recursive: true }).catch(() => []);
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const text = await readFile(new URL(`${room}/${file}`, root), 'utf8');
      for (const use of USES) for (const [, code] of text.matchAll(use)) if (code !== undefined) used.set(code, `${room}/${file}`);
    }
  }
  return used;
}

test('every alert that is raised or cleared anywhere is in the list', async (t) => {
  const used = await usedCodes();
  t.true(used.size > 10);
  t.deepEqual(
    [...used].filter(([code]) => alertCode(code) === undefined),
    [],
  );
});

/** The lists themselves raise nothing. */
const LISTS = new Set(['actors/alert/codes.ts', 'machines/appointment/alerts.ts', 'actors/errors/codes.ts']);

test('every alert of the list is raised somewhere', async (t) => {
  const texts: string[] = [];
  for (const room of ['machines', 'actors', 'gateway', 'ops']) {
    for (const file of await readdir(new URL(`${room}/`, root), { recursive: true })) {
      if (file.endsWith('.ts') && !LISTS.has(`${room}/${file}`)) texts.push(await readFile(new URL(`${room}/${file}`, root), 'utf8'));
    }
  }
  const raises = (code: string): boolean => texts.some((text) => text.includes(`'${code}'`) || text.includes(`${code}:`));
  t.deepEqual(
    ALERT_CODES.filter(({ code }) => !raises(code)).map(({ code }) => code),
    [],
  );
});

test('no code is listed twice, and each has text and remedy', (t) => {
  const codes = ALERT_GROUPS.flatMap((group) => group.codes);
  t.is(new Set(codes.map(({ code }) => code)).size, codes.length);
  for (const { code, text, remedy } of ALERT_CODES) {
    t.regex(code, /^[a-z0-9_]+$/);
    t.regex(text, /\.$/, code);
    t.regex(remedy, /\.$/, code);
  }
});

test('docs/alerts.md is what the list generates', async (t) => {
  t.is(await readFile(new URL('docs/alerts.md', root), 'utf8'), renderAlertsPage());
});
