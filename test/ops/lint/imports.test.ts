import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { checkFile, checkTree, describe } from '../../../ops/lint/imports.ts';
import { mask } from '../../../ops/lint/mask.ts';

const messages = (path: string, source: string) => checkFile(path, source).map(describe);

const ALLOWED: readonly (readonly [string, string])[] = [
  ['machines/a/machine.ts', "import { setup } from 'xstate';\nimport { b } from '../b/index.ts';"],
  ['actors/engine/a.ts', "import { m } from '../../machines/a/index.ts';\nimport { c } from '../../workers/codec/hdlc.ts';"],
  ['gateway/a.ts', "import { e } from '../actors/engine/face.ts';"],
  ['workers/pool/a.ts', "import { c } from '../codec/hdlc.ts';"],
  ['workers/codec/a.ts', "import { createHash } from 'node:crypto';"],
  ['ops/node/main.ts', "import { g } from '../../gateway/a.ts';\nimport p from '../../package.json' with { type: 'json' };"],
  ['test/gateway/a.test.ts', "import { g } from '../../ops/a.ts';"],
  ['gateway/web/client/a.tsx', "import { render } from 'preact';\nimport type { Scope } from '../../../actors/access/records.ts';"],
  ['gateway/clock.ts', 'export const now = Date.now();'],
  ['actors/store/lmdb/write.ts', 'setImmediate(() => {});'],
  ['actors/a.ts', "const list = Array.from('../gateway/x.ts');"],
  ['actors/ids.ts', "import { v5 as uuidOfName } from 'uuid';"],
  ['actors/b.ts', 'const at = new Date(now);\n// Date.now() is not called\nconst text = "Math.random()";\nconst t = `setTimeout $' + '{Date.parse(x)}`;'],
  ['actors/c.ts', 'clock.setTimeout;\nconst quote = /["\'`]/;\nconst after = 1;'],
];

for (const [path, source] of ALLOWED) {
  test(`allowed: ${path}: ${source.split('\n').at(-1)}`, (t) => {
    t.deepEqual(messages(path, source), []);
  });
}

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['machines/a.ts', "import { e } from '../actors/engine/ports.ts';", "machines/a.ts:1: machines may not import actors ('../actors/engine/ports.ts')"],
  ['machines/a.ts', "import type { E } from '../actors/errors/error.ts';", "machines/a.ts:1: machines may not import actors ('../actors/errors/error.ts')"],
  ['machines/a.ts', "import { readFileSync } from 'node:fs';", "machines/a.ts:1: machines may use only the packages xstate, not 'node:fs'"],
  ['workers/codec/a.ts', "\nexport * from '../pool/a.ts';", "workers/codec/a.ts:2: workers/codec may not import workers ('../pool/a.ts')"],
  ['workers/a.ts', "import { e } from '../actors/a.ts';", "workers/a.ts:1: workers may not import actors ('../actors/a.ts')"],
  ['actors/a.ts', "const g = await import('../gateway/a.ts');", "actors/a.ts:1: actors may not import gateway ('../gateway/a.ts')"],
  ['actors/a.ts', "new Worker(new URL('../ops/w.ts', import.meta.url));", "actors/a.ts:1: actors may not import ops ('../ops/w.ts')"],
  [
    'actors/a.ts',
    "import p from '../package.json' with { type: 'json' };",
    "actors/a.ts:1: actors may not import '../package.json', which is outside the rooms",
  ],
  ['gateway/a.ts', "import { o } from '../ops/a.ts';", "gateway/a.ts:1: gateway may not import ops ('../ops/a.ts')"],
  [
    'gateway/web/client/a.tsx',
    "import { SCOPES } from '../../../actors/access/records.ts';",
    "gateway/web/client/a.tsx:1: gateway/web/client may not import actors ('../../../actors/access/records.ts')",
  ],
  [
    'gateway/web/client/a.tsx',
    "import { join } from 'node:path';",
    "gateway/web/client/a.tsx:1: gateway/web/client may use only the packages preact, not 'node:path'",
  ],
  ['gateway/a.ts', "import { p } from './web/client/a.ts';", "gateway/a.ts:1: gateway may not import gateway/web/client ('./web/client/a.ts')"],
  ['ops/a.ts', "import { h } from '../test/support/h.ts';", "ops/a.ts:1: ops may not import test ('../test/support/h.ts')"],
  ['actors/a.ts', '\n\nconst t = Date.now();', 'actors/a.ts:3: Date.now is not allowed in actors: take it from the Clock port'],
  ['actors/a.ts', 'const t = new Date();', 'actors/a.ts:1: new Date without an argument is not allowed in actors: take it from the Clock port'],
  ['actors/a.ts', 'const t = new Date;', 'actors/a.ts:1: new Date without an argument is not allowed in actors: take it from the Clock port'],
  ['machines/a.ts', 'const t = Date();', 'machines/a.ts:1: Date() is not allowed in machines: take it from the Clock port'],
  ['actors/a.ts', 'setTimeout(f, 1);', 'actors/a.ts:1: setTimeout, setInterval, setImmediate is not allowed in actors: take it from the Clock port'],
  [
    'actors/a.ts',
    'globalThis.setInterval(f, 1);',
    'actors/a.ts:1: setTimeout, setInterval, setImmediate is not allowed in actors: take it from the Clock port',
  ],
  ['actors/a.ts', 'const n = `$' + '{Math.random()}`;', 'actors/a.ts:1: Math.random is not allowed in actors: take it from the Random port'],
  ['actors/a.ts', 'crypto.randomUUID();', 'actors/a.ts:1: randomUUID is not allowed in actors: take it from the Ids port'],
  ['actors/a.ts', "import { v7 } from 'uuid';", "actors/a.ts:1: uuid's v1, v4, v6, v7 are not allowed in actors: take ids from the Ids port"],
  ['actors/a.ts', 'performance.now();', 'actors/a.ts:1: performance.now is not allowed in actors: take it from the Clock port'],
  [
    'actors/a.ts',
    "import { setTimeout as s } from 'node:timers/promises';",
    "actors/a.ts:1: actors may not use 'node:timers/promises': take time and ids from their ports",
  ],
];

for (const [path, source, message] of REFUSED) {
  test(`refused: ${path}: ${source.trim()}`, (t) => {
    t.true(messages(path, source).includes(message), messages(path, source).join('\n'));
  });
}

test('a tree is checked through all rooms, with the line of each breach', (t) => {
  const project = mkdtempSync(join(tmpdir(), 'mw-lint-'));
  t.teardown(() => rmSync(project, { recursive: true }));
  const write = (path: string, source: string) => {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), source);
  };
  write('machines/good/machine.ts', "import { setup } from 'xstate';\n");
  write('machines/bad/machine.ts', "// one\n\nimport { g } from '../../gateway/g.ts';\n");
  write('actors/deep/er/a.ts', 'export const pick = () =>\n  Math.random();\n');
  write('docs/x.ts', 'Date.now();');
  t.deepEqual(checkTree(project).map(describe), [
    "machines/bad/machine.ts:3: machines may not import gateway ('../../gateway/g.ts')",
    'actors/deep/er/a.ts:2: Math.random is not allowed in actors: take it from the Random port',
  ]);
});

test('masking keeps the length and the lines, and the code inside templates', (t) => {
  const source = 'a("x\\"y") /* c\nd */ `t$' + '{b({ c: `n$' + '{e}` })}u` / 2 / f; g = /[/"]\\//; "z"';
  const masked = mask(source);
  t.is(masked.length, source.length);
  t.is(masked.split('\n').length, 2);
  t.is(masked.replace(/\s+/g, ''), 'a("")`$' + '{b({c:`$' + '{e}`})}`/2/f;g=//;""');
});
