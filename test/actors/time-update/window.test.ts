import test from 'ava';
import { bucketOpensAt, bucketsOpen, lastWindow, nextWindow, openWindow } from '../../../actors/time-update/window.ts';

const NIGHT = { from: '00:30', to: '05:30' };
const at = (text: string): number => Date.parse(text);
const iso = (instant: number): string => new Date(instant).toISOString();

test('in winter the window is that of GMT', (t) => {
  t.is(openWindow(at('2026-01-14T00:29:59Z'), NIGHT), undefined);
  const window = openWindow(at('2026-01-14T00:30:00Z'), NIGHT);
  t.is(window?.label, '2026-01-14');
  t.is(openWindow(at('2026-01-14T05:29:59Z'), NIGHT)?.label, '2026-01-14');
  t.is(openWindow(at('2026-01-14T05:30:00Z'), NIGHT), undefined);
});

test('in summer it is an hour earlier by UTC', (t) => {
  const window = openWindow(at('2026-07-13T23:30:00Z'), NIGHT);
  t.is(window?.label, '2026-07-14');
  t.is(iso(window?.endAt ?? 0), '2026-07-14T04:30:00.000Z');
});

test('in the night when the clocks go forward it lasts four hours', (t) => {
  const window = openWindow(at('2026-03-29T00:30:00Z'), NIGHT);
  t.deepEqual([iso(window?.startAt ?? 0), iso(window?.endAt ?? 0)], ['2026-03-29T00:30:00.000Z', '2026-03-29T04:30:00.000Z']);
});

test('in the night when the clocks go back it lasts six hours', (t) => {
  const window = openWindow(at('2026-10-25T03:00:00Z'), NIGHT);
  t.deepEqual([iso(window?.startAt ?? 0), iso(window?.endAt ?? 0)], ['2026-10-24T23:30:00.000Z', '2026-10-25T05:30:00.000Z']);
});

test('a window over midnight belongs to the day on which it opens', (t) => {
  const late = { from: '22:00', to: '04:00' };
  t.is(openWindow(at('2026-01-15T03:59:00Z'), late)?.label, '2026-01-14');
  t.is(nextWindow(at('2026-01-15T03:59:00Z'), late).label, '2026-01-15');
  t.is(lastWindow(at('2026-01-15T03:59:00Z'), late).label, '2026-01-13');
});

test('the next and the last window are those beside the open one', (t) => {
  const now = at('2026-01-14T02:00:00Z');
  t.is(nextWindow(now, NIGHT).label, '2026-01-15');
  t.is(lastWindow(now, NIGHT).label, '2026-01-13');
  t.is(lastWindow(at('2026-01-14T05:30:00Z'), NIGHT).label, '2026-01-14');
});

test('buckets open one after the other over the spread, and never outside the window', (t) => {
  const window = openWindow(at('2026-01-14T01:00:00Z'), NIGHT);
  if (!window) return t.fail();
  const spread = 1_800_000;
  t.is(bucketsOpen(window.startAt - 1, window, spread, 60), 0);
  t.is(bucketsOpen(window.startAt, window, spread, 60), 1);
  t.is(bucketsOpen(window.startAt + 900_000, window, spread, 60), 31);
  t.is(bucketsOpen(window.startAt + spread, window, spread, 60), 60);
  t.is(bucketsOpen(window.endAt, window, spread, 60), 0);
  for (let bucket = 0; bucket < 60; bucket++) {
    const opens = bucketOpensAt(bucket, window, spread, 60);
    t.true(bucketsOpen(opens, window, spread, 60) > bucket);
    t.true(bucketsOpen(opens - 1, window, spread, 60) <= bucket);
  }
});

test('without a spread all buckets open at once', (t) => {
  const window = openWindow(at('2026-01-14T00:30:00Z'), NIGHT);
  t.is(window && bucketsOpen(window.startAt, window, 0, 60), 60);
});
