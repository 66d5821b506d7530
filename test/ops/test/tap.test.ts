import test from 'ava';
import { needs } from '../../../ops/test/needs.ts';
import { closingLine, readTapLine } from '../../../ops/test/tap.ts';

test('points of TAP are counted by what they say', (t) => {
  t.deepEqual(readTapLine('ok 1 - engine › commits'), { kind: 'passed', title: 'engine › commits' });
  t.deepEqual(readTapLine('not ok 2 - engine › fails'), { kind: 'failed', title: 'engine › fails' });
  t.deepEqual(readTapLine('ok 3 - slow sync (needs compiler: no cc) # SKIP'), { kind: 'skipped', title: 'slow sync (needs compiler: no cc)' });
  t.deepEqual(readTapLine('  message: x'), { kind: 'detail', text: '  message: x' });
  t.is(readTapLine('1..3').kind, 'plan');
});

test('the details of a point go on over blank lines and what the test logged, to their end', (t) => {
  const lines = ['# logged', '  ---', '  message: |', '', '    + 1', '  ...'];
  t.deepEqual(
    lines.map((line) => readTapLine(line).kind),
    ['detail', 'detail', 'detail', 'detail', 'detail', 'details-end'],
  );
});

test('the closing line names skipped tests only when there are some', (t) => {
  t.is(closingLine({ passed: 3, failed: 0, skipped: 0 }), '3 passed, 0 failed');
  t.is(closingLine({ passed: 3, failed: 1, skipped: 2 }), '3 passed, 1 failed, 2 skipped');
});

test('what a test needs and lacks skips it with the reason, unless it is required', (t) => {
  const declared: string[] = [];
  const declare = Object.assign((title: string, _run: () => void) => void declared.push(title), {
    skip: (title: string, _run: () => void) => void declared.push(`skip ${title}`),
  });
  needs(declare, 'compiler', undefined, 'compiler')('a', () => {});
  needs(declare, 'compiler', 'no cc', 'browser')('b', () => {});
  t.deepEqual(declared, ['a', 'skip b (needs compiler: no cc)']);
  t.throws(() => needs(declare, 'compiler', 'no cc', 'browser, compiler'), { message: /MW_REQUIRE names 'compiler'/ });
});
