import test from 'ava';
import { absolute, against, median, quantile } from '../../../ops/bench/report.ts';

test('a figure against another carries the ratio and whether the goal is reached', (t) => {
  const line = against('appoint', 500, 'POST/s', 'bare', 1_000, 'ratio >= 0.5', (ratio) => ratio >= 0.5);
  t.deepEqual([line.ratio, line.ok, line.baselineValue], [0.5, true, 1_000]);
  t.false(against('appoint', 499, 'POST/s', 'bare', 1_000, 'ratio >= 0.5', (ratio) => ratio >= 0.5).ok);
});

test('an absolute figure has no baseline', (t) => {
  const line = absolute('step', 20, 'µs', '< 30', true);
  t.deepEqual([line.baseline, line.baselineValue, line.ratio], [null, null, null]);
});

test('quantiles are taken from the sorted sample', (t) => {
  const sample = [5, 1, 4, 2, 3];
  t.is(quantile(sample, 0), 1);
  t.is(median(sample), 3);
  t.is(quantile(sample, 1), 5);
  t.true(Number.isNaN(quantile([], 0.5)));
});
