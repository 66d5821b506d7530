import test from 'ava';
import type { RetryOptions } from '../../../actors/dip/options.ts';
import { backoffCeilingMs, classifyStatus, countsAsOutage, parseRetryAfterMs, retryDelayMs, type StatusClass } from '../../../actors/dip/retry.ts';

const policy: RetryOptions = { initialMs: 2_000, factor: 2, capMs: 300_000, jitter: 'full' };

for (const [attempt, ceiling] of [
  [1, 2_000],
  [2, 4_000],
  [3, 8_000],
  [8, 256_000],
  [9, 300_000],
  [1_000_000, 300_000],
] as const) {
  test(`attempt ${attempt} backs off by at most ${ceiling} ms`, (t) => {
    t.is(backoffCeilingMs(policy, attempt), ceiling);
    t.is(retryDelayMs(policy, attempt, 0.999999), Math.floor(ceiling * 0.999999));
    t.is(retryDelayMs(policy, attempt, 0), 0);
  });
}

test('without jitter the delay is the ceiling', (t) => {
  t.is(retryDelayMs({ ...policy, jitter: 'none' }, 3, 0), 8_000);
});

test('Retry-After is the least delay', (t) => {
  t.is(retryDelayMs(policy, 1, 0, 30_000), 30_000);
  t.is(retryDelayMs(policy, 9, 0.5, 30_000), 150_000);
});

const classes: Record<StatusClass, readonly number[]> = {
  accepted: [200, 201, 207],
  credentials: [401],
  retry: [302, 408, 429, 500, 501, 502, 503, 504],
  split: [400, 413, 409, 422],
  final: [403, 404, 405, 406, 505],
};
for (const [kind, statuses] of Object.entries(classes)) {
  for (const status of statuses) test(`status ${status} is ${kind}`, (t) => t.is<string, string>(classifyStatus(status), kind));
}

test('only statuses that say the DIP is unwell count towards an outage', (t) => {
  t.deepEqual([200, 400, 401, 403, 408, 413, 429, 500, 502, 503, 504].filter(countsAsOutage), [408, 500, 502, 503, 504]);
});

const now = Date.parse('2026-03-24T10:00:00Z');
for (const [value, ms] of [
  [undefined, 0],
  ['120', 120_000],
  ['0', 0],
  ['Tue, 24 Mar 2026 10:00:30 GMT', 30_000],
  ['Tue, 24 Mar 2026 09:00:30 GMT', 0],
  ['soon', 0],
  ['999999999', 3_600_000],
  ['-5', 0],
] as const) {
  test(`Retry-After ${value} is ${ms} ms`, (t) => t.is(parseRetryAfterMs(value, now), ms));
}
