import test from 'ava';
import { DEFAULT_SUPERVISOR_POLICY, isTooMany, recentRestarts, restartDelayMs } from '../../../machines/supervisor/index.ts';

const policy = { ...DEFAULT_SUPERVISOR_POLICY, maxRestarts: 3, periodMs: 10_000, backoffMinMs: 100, backoffMaxMs: 1_000 };

for (const [failures, random, delay] of [
  [1, 0, 50],
  [1, 0.999_999, 100],
  [2, 0, 100],
  [3, 0.5, 300],
  [4, 0, 400],
  [5, 0, 500],
  [5, 0.999_999, 1_000],
  [500, 0, 500],
] as const) {
  test(`the pause after ${failures} failures in a row at ${random} is ${delay} ms`, (t) => {
    t.is(restartDelayMs(policy, failures, random), delay);
  });
}

for (const [restarts, at, tooMany] of [
  [[], 0, false],
  [[1, 2], 3, false],
  [[1, 2, 3], 4, true],
  [[1, 2, 3], 10_001, false],
  [[1, 5_000, 9_000], 9_500, true],
  [[1, 5_000, 9_000], 10_500, false],
  [[20_000, 20_001, 20_002], 5, false],
] as const) {
  test(`restarts at ${JSON.stringify(restarts)} are ${tooMany ? '' : 'not '}too many for one more at ${at}`, (t) => {
    t.is(isTooMany(policy, restarts, at), tooMany);
  });
}

test('a restart counts for less than the whole period', (t) => {
  t.deepEqual(recentRestarts(policy, [0, 1], 10_000), [1]);
});
