import test from 'ava';
import {
  addDays,
  BANK_HOLIDAYS,
  createWorkingDays,
  daysBetween,
  formatLondon,
  formatUtc,
  isSettlementDate,
  londonDate,
  londonInstant,
  londonMidnight,
  londonOffsetMs,
  londonTimeOfDayMs,
  parseEffectiveFrom,
  parseInstant,
  settlementDateOf,
} from '../../../machines/calendar/index.ts';
import fc from '../../support/fc.ts';

const HOUR = 3_600_000;
const instants = fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2060, 0, 1) });
const dates = fc.integer({ min: 0, max: 33_000 }).map((day) => new Date(day * 24 * HOUR).toISOString().slice(0, 10));
const zone = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

test('the offset agrees with the time zone data at every instant', (t) => {
  fc.assert(
    fc.property(instants, (at) => {
      t.is(formatLondon(at).slice(0, 19), zone.format(at).replace(' ', 'T'));
    }),
    { numRuns: 300 },
  );
});

test('clocks change in the second that they change', (t) => {
  const spring = Date.UTC(2026, 2, 29, 1);
  t.is(londonOffsetMs(spring - 1), 0);
  t.is(londonOffsetMs(spring), HOUR);
  const autumn = Date.UTC(2026, 9, 25, 1);
  t.is(londonOffsetMs(autumn - 1), HOUR);
  t.is(londonOffsetMs(autumn), 0);
});

test('what is no instant is refused', (t) => {
  t.throws(() => londonOffsetMs(Number.NaN), { instanceOf: RangeError });
});

test('London midnight in the 25-character form, clock changes included', (t) => {
  t.is(londonMidnight('2026-03-30'), '2026-03-30T00:00:00+01:00');
  t.is(londonMidnight('2026-03-29'), '2026-03-29T00:00:00+00:00');
  t.is(londonMidnight('2026-10-25'), '2026-10-25T00:00:00+01:00');
  t.is(londonMidnight('2026-10-26'), '2026-10-26T00:00:00+00:00');
});

test('London midnight goes there and back', (t) => {
  fc.assert(
    fc.property(dates, (date) => {
      const text = londonMidnight(date);
      t.is(text.length, 25);
      t.is(settlementDateOf(text), date);
      t.is(londonDate(londonInstant(date)), date);
      t.is(londonTimeOfDayMs(londonInstant(date)), 0);
      t.is(parseInstant(text), londonInstant(date));
    }),
    { numRuns: 300 },
  );
});

test('midnight of London written in UTC is the same settlement date', (t) => {
  t.is(settlementDateOf('2026-03-29T23:00:00+00:00'), '2026-03-30');
  t.is(settlementDateOf('2026-03-30T00:00:00+00:00'), '2026-03-30');
});

test('a wall-clock time that comes twice is the first, one that is skipped lies after the change', (t) => {
  t.is(londonInstant('2026-10-25', '01:30'), Date.UTC(2026, 9, 25, 0, 30));
  t.is(londonInstant('2026-03-29', '01:30'), Date.UTC(2026, 2, 29, 1, 30));
});

test('instants go through text', (t) => {
  fc.assert(
    fc.property(instants, (at) => {
      const second = Math.floor(at / 1_000) * 1_000;
      t.is(parseInstant(formatUtc(at)), second);
      t.is(parseInstant(formatLondon(at)), second);
    }),
    { numRuns: 300 },
  );
});

test('days are counted by the calendar', (t) => {
  fc.assert(
    fc.property(dates, fc.integer({ min: -5_000, max: 5_000 }), (date, days) => {
      t.is(daysBetween(date, addDays(date, days)), days);
    }),
    { numRuns: 200 },
  );
  t.is(addDays('2026-03-01', -1), '2026-02-28');
  t.false(isSettlementDate('2026-02-29'));
  t.false(isSettlementDate('2026-2-9'));
});

const working = createWorkingDays();

test('working days skip weekends and bank holidays', (t) => {
  t.true(working.isWorkingDay('2026-04-02'));
  for (const date of ['2026-04-03', '2026-04-04', '2026-04-05', '2026-04-06']) t.false(working.isWorkingDay(date), date);
  t.is(working.addWorkingDaysToDate('2026-04-02', 1), '2026-04-07');
  t.is(working.addWorkingDaysToDate('2026-04-07', -1), '2026-04-02');
  t.is(working.addWorkingDaysToDate('2026-12-24', 1), '2026-12-29');
});

test('n WD is the same wall-clock time in London, across a clock change too', (t) => {
  t.is(formatLondon(working.addWorkingDays(londonInstant('2026-03-27', '10:35'), 1)), '2026-03-30T10:35:00+01:00');
  fc.assert(
    fc.property(instants, fc.integer({ min: 1, max: 30 }), (at, count) => {
      const then = working.addWorkingDays(at, count);
      t.true(working.isWorkingDay(londonDate(then)));
      const moved = Math.abs(londonTimeOfDayMs(then) - londonTimeOfDayMs(at));
      t.true(moved === 0 || moved === HOUR);
      t.true(then > at);
    }),
    { numRuns: 200 },
  );
});

test('no working days ahead is now', (t) => {
  t.is(working.addWorkingDays(londonInstant('2026-04-04', '12:00'), 0), londonInstant('2026-04-04', '12:00'));
});

test('the calendar is a setting', (t) => {
  t.is(createWorkingDays([]).addWorkingDaysToDate('2026-04-02', 1), '2026-04-03');
  t.throws(() => createWorkingDays(['2026-02-30']), { message: /bankHolidays/ });
});

/** Easter Sunday by the anonymous Gregorian rule. */
function easter(year: number): string {
  const [a, b, c] = [year % 19, Math.floor(year / 100), year % 100];
  const h = (19 * a + b - Math.floor(b / 4) - Math.floor((b - Math.floor((b + 8) / 25) + 1) / 3) + 15) % 30;
  const l = (32 + 2 * (b % 4) + 2 * Math.floor(c / 4) - h - (c % 4)) % 7;
  const m = Math.floor((a + 11 * h + 22 * l) / 451);
  const n = h + l - 7 * m + 114;
  return `${year}-${String(Math.floor(n / 31)).padStart(2, '0')}-${String((n % 31) + 1).padStart(2, '0')}`;
}

test('the list has eight bank holidays a year, all on weekdays, Easter where it belongs', (t) => {
  for (let year = 2024; year <= 2030; year++) {
    const ofYear = BANK_HOLIDAYS.filter((date) => date.startsWith(`${year}-`));
    t.is(ofYear.length, 8, `${year}`);
    for (const date of ofYear) t.true([1, 2, 3, 4, 5].includes(new Date(date).getUTCDay()), date);
    t.true(ofYear.includes(addDays(easter(year), -2)) && ofYear.includes(addDays(easter(year), 1)), `Easter ${year}`);
  }
});

const now = londonInstant('2026-03-24', '10:35');
const kindOf = (text: string, at = now): string => {
  const parsed = parseEffectiveFrom(text, at);
  return parsed.kind === 'ok' ? parsed.date : parsed.type;
};

test('effective_from: midnight in the supplied offset, the date as written', (t) => {
  for (const text of [
    '2026-03-30T00:00:00+00:00',
    '2026-03-30T00:00:00+01:00',
    '2026-03-30T00:00:00Z',
    '2026-03-30T00:00+01:00',
    '2026-03-30T00:00:00.000-05:00',
  ])
    t.is(kindOf(text), '2026-03-30', text);
  t.is(kindOf('2026-03-29T00:00:00+00:00'), '2026-03-29');
  t.is(kindOf('2026-10-25T00:00:00+01:00', londonInstant('2026-10-20')), '2026-10-25');
});

test('effective_from: 27 days ahead are accepted, 28 refused, counted from today in London', (t) => {
  t.is(kindOf('2026-04-20T00:00:00Z'), '2026-04-20');
  t.is(kindOf('2026-04-21T00:00:00Z'), 'too_far_ahead');
  const lateEvening = Date.UTC(2026, 5, 10, 23, 30);
  t.is(kindOf('2026-07-08T00:00:00+01:00', lateEvening), '2026-07-08');
  t.is(kindOf('2026-07-09T00:00:00+01:00', lateEvening), 'too_far_ahead');
});

test('effective_from: the past is left to the registry', (t) => {
  t.is(kindOf('2020-01-01T00:00:00Z'), '2020-01-01');
});

test('effective_from: no midnight, no zone, no date', (t) => {
  t.is(kindOf('2026-03-30T00:00:01Z'), 'not_midnight');
  t.is(kindOf('2026-03-30T00:00:00.001Z'), 'not_midnight');
  t.is(kindOf('2026-03-30T01:00:00+01:00'), 'not_midnight');
  t.is(kindOf('2026-03-30T00:00:00'), 'datetime_timezone');
  for (const text of [
    '2026-02-30T00:00:00Z',
    '2026-03-30',
    '',
    'soon',
    '2026-03-30T24:00:00Z',
    '2026-03-30T00:00:00+99:00',
    `2026-03-30T00:00:00Z${' '.repeat(100)}`,
  ])
    t.is(kindOf(text), 'datetime_parsing', text);
});

test('effective_from: the horizon holds on any day', (t) => {
  fc.assert(
    fc.property(instants, fc.integer({ min: -40, max: 60 }), (at, ahead) => {
      const date = addDays(londonDate(at), ahead);
      t.is(kindOf(`${date}T00:00:00+00:00`, at), ahead <= 27 ? date : 'too_far_ahead');
    }),
    { numRuns: 200 },
  );
});

test('effective_from never throws', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      t.truthy(parseEffectiveFrom(text, now).kind);
    }),
  );
});
