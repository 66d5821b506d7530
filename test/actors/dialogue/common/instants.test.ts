import test from 'ava';
import { civilOf, instantOf, untilWholeSecond } from '../../../../actors/dialogue/common/instants.ts';
import fc from '../../../support/fc.ts';

const BASES = fc.integer({ min: -840, max: 840 });
const SECONDS = fc.integer({ min: Date.UTC(2000, 0, 1) / 1_000, max: Date.UTC(2048, 0, 1) / 1_000 });

test('a whole second comes back from what the meter shows, whatever its base', (t) => {
  fc.assert(
    fc.property(SECONDS, BASES, (second, base) => {
      t.is(instantOf(civilOf(second * 1_000, base), base), second * 1_000);
    }),
  );
});

test('a meter in the east shows later than UTC, and the nearest whole second', (t) => {
  t.deepEqual(civilOf(Date.UTC(2024, 1, 29, 23, 59, 59, 600), 60), { year: 2024, month: 3, day: 1, hour: 1, minute: 0, second: 0 });
});

test('a write is held until it arrives on a whole second', (t) => {
  t.is(untilWholeSecond(10_000, 9_700), 300);
  t.is(untilWholeSecond(10_000, 10_300), 700);
  t.is(untilWholeSecond(10_000, 10_000), 0);
});

test('a value that is not of now is not waited for', (t) => {
  t.is(untilWholeSecond(10_000, 5_000), 0);
  t.is(untilWholeSecond(10_000, 50_000), 0);
});
