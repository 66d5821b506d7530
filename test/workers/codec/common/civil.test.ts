import test from 'ava';
import { civilText, isCivil, parseCivilText, weekdayOf } from '../../../../workers/codec/common/civil.ts';
import fc from '../../../support/fc.ts';

const instant = fc.integer({ min: Date.UTC(1900, 0, 1) / 1000, max: Date.UTC(2999, 11, 31) / 1000 });

test('every second comes back out of its text, and weekdays are those of the calendar', (t) => {
  const law = fc.property(instant, (seconds) => {
    const date = new Date(seconds * 1000);
    const text = date.toISOString().slice(0, 19);
    const time = parseCivilText(text)!;
    t.true(isCivil(time));
    t.is(civilText(time), text);
    t.is(weekdayOf(time), date.getUTCDay());
  });
  t.notThrows(() => fc.assert(law, { numRuns: 500 }));
});

for (const text of ['2023-02-29T00:00:00', '1900-02-29T00:00:00', '2024-04-31T00:00:00', '2024-01-01T24:00:00', '2024-01-01T00:60:00', '2024-01-01T00:00:60']) {
  test(`${text} is no time`, (t) => {
    t.is(parseCivilText(text), undefined);
  });
}

for (const text of ['', '2024-1-1T00:00:00', '2024-01-01 00:00:00', '2024-01-01T00:00:00Z', '2024-00-01T00:00:00', '2024-01-00T00:00:00']) {
  test(`${JSON.stringify(text)} is no text of a time`, (t) => {
    t.is(parseCivilText(text), undefined);
  });
}

test('fractions and what is not a number are no time', (t) => {
  const time = { year: 2024, month: 2, day: 29, hour: 0, minute: 0, second: 0 };
  t.true(isCivil(time));
  t.false(isCivil({ ...time, second: 0.5 }));
  t.false(isCivil({ ...time, year: Number.NaN }));
});
