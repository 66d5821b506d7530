import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { findChromium, whyNoChromium } from '../support/chromium.ts';

test('CHROMIUM names the browser; one that is not there is the reason why its tests are skipped, and no other is taken', (t) => {
  t.is(findChromium({ CHROMIUM: process.execPath, PATH: '' }), process.execPath);
  const env = { CHROMIUM: '/nowhere/chromium', PATH: process.env.PATH };
  t.is(findChromium(env), undefined);
  t.is(whyNoChromium(env), 'CHROMIUM: not a program: /nowhere/chromium');
});

test('without CHROMIUM a browser on PATH is taken', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mw-path-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, 'chromium');
  writeFileSync(program, '');
  chmodSync(program, 0o755);
  t.is(findChromium({ PATH: folder }), program);
});
