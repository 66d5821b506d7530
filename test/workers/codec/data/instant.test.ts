import test from 'ava';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  type DateTimeFields,
  decodeDateTime,
  encodeDateTime,
  type FromInstantOptions,
  fromInstant,
  ISKRAEMECO_PRACTICE,
  LANDIS_GYR_PRACTICE,
  toInstant,
} from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';
import { octetsOf } from './values.ts';

const fields = (hex: string) => mustDecode(decodeDateTime(octetsOf(hex)));
const iso = (outcome: ReturnType<typeof toInstant>) => (outcome.kind === 'instant' ? new Date(outcome.epochMs).toISOString() : outcome);

function written(epochMs: number, options?: FromInstantOptions) {
  const outcome = fromInstant(epochMs, options);
  if (outcome.kind === 'bad') throw new Error(outcome.error.rule);
  return outcome.value;
}

test('by the Blue Book local time plus deviation is UTC', (t) => {
  t.is(iso(toInstant(fields('07E307020205040500FFC480'))), '2019-07-02T04:04:05.000Z');
  t.is(iso(toInstant(fields('07E40101FF00030000FF8800'))), '2019-12-31T22:03:00.000Z');
});

test('an inverted deviation counts the other way', (t) => {
  t.is(iso(toInstant(fields('07E40101FF000300 00007800'), { deviationSign: 'inverted' })), '2019-12-31T22:03:00.000Z');
});

test('the configured base counts where the deviation is ignored or not specified, and says so', (t) => {
  const unspecified = fields('07E001040109320A00800000');
  t.deepEqual(toInstant(unspecified), { kind: 'instant', epochMs: Date.UTC(2016, 0, 4, 9, 50, 10), rests: 'base' });
  t.is(iso(toInstant(unspecified, { baseOffsetMinutes: 60 })), '2016-01-04T08:50:10.000Z');
  const given = fields('07E307020205040500FFC480');
  t.deepEqual(toInstant(given, { deviationSign: 'ignore', baseOffsetMinutes: 120 }), {
    kind: 'instant',
    epochMs: Date.UTC(2019, 6, 2, 3, 4, 5),
    rests: 'base',
  });
  t.like(toInstant(given), { rests: 'deviation' });
});

test('a base does not move fields whose deviation is given', (t) => {
  t.is(iso(toInstant(fields('07E307020205040500FFC480'), { baseOffsetMinutes: 600 })), '2019-07-02T04:04:05.000Z');
});

test('hundredths count, and are 0 where not specified', (t) => {
  t.is(iso(toInstant(fields('07E30101FF00000063000000'))), '2019-01-01T00:00:00.990Z');
  t.is(iso(toInstant(fields('07E30101FF000000FF000000'))), '2019-01-01T00:00:00.000Z');
});

const NONE: readonly (readonly [hex: string, reason: string, field: string])[] = [
  ['FFFF0101FF00000000000000', 'not-specified', 'year'],
  ['07E3FF01FF00000000000000', 'not-specified', 'month'],
  ['07E3FE01FF00000000000000', 'not-specified', 'month'],
  ['07E3FD01FF00000000000000', 'not-specified', 'month'],
  ['07E301FFFF00000000000000', 'not-specified', 'day'],
  ['07E301FEFF00000000000000', 'not-specified', 'day'],
  ['07E30101FFFF000000000000', 'not-specified', 'hour'],
  ['07E30101FF00FF0000000000', 'not-specified', 'minute'],
  ['07E30101FF0000FF00000000', 'not-specified', 'second'],
  ['07E30D01FF00000000000000', 'out-of-range', 'month'],
  ['07E30100FF00000000000000', 'out-of-range', 'day'],
  ['07E30101FF18000000000000', 'out-of-range', 'hour'],
  ['07E30101FF003C0000000000', 'out-of-range', 'minute'],
  ['07E30101FF00003C00000000', 'out-of-range', 'second'],
  ['07E30101FF00000064000000', 'out-of-range', 'hundredths'],
  ['07E30101FF00000000100000', 'out-of-range', 'deviationMinutes'],
  ['07E3021DFF00000000000000', 'not-a-date', 'day'],
  ['076C021DFF00000000000000', 'not-a-date', 'day'],
  ['07E3041FFF00000000000000', 'not-a-date', 'day'],
];

for (const [hex, reason, field] of NONE) {
  test(`${hex} is no instant: ${field}, ${reason}`, (t) => {
    t.deepEqual(toInstant(fields(hex)), { kind: 'none', reason, field } as ReturnType<typeof toInstant>);
  });
}

test('29 February is a date of leap years', (t) => {
  t.is(iso(toInstant(fields('07E4021DFF00000000000000'))), '2020-02-29T00:00:00.000Z');
  t.is(iso(toInstant(fields('07D0021DFF173B3B00000000'))), '2000-02-29T23:59:59.000Z');
});

test('a deviation out of range does not matter where it is ignored', (t) => {
  t.is(iso(toInstant(fields('07E30101FF00000000100000'), { deviationSign: 'ignore' })), '2019-01-01T00:00:00.000Z');
});

test('a weekday that fits no date, or is none, does not matter', (t) => {
  t.is(iso(toInstant(fields('07E301010900000000000000'))), '2019-01-01T00:00:00.000Z');
});

test('the calendar agrees with that of the language over four thousand years', (t) => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0001-01-01'), max: new Date('4000-12-31'), noInvalidDate: true }), (date) => {
      const epochMs = Math.floor(date.getTime() / 1000) * 1000;
      const value = written(epochMs);
      const same = new Date(epochMs);
      t.deepEqual(
        [value.year, value.month, value.day, value.hour, value.minute, value.second],
        [same.getUTCFullYear(), same.getUTCMonth() + 1, same.getUTCDate(), same.getUTCHours(), same.getUTCMinutes(), same.getUTCSeconds()],
      );
      t.is(value.dayOfWeek, same.getUTCDay() === 0 ? 7 : same.getUTCDay());
      t.deepEqual(toInstant(value), { kind: 'instant', epochMs, rests: 'deviation' });
    }),
    { numRuns: 500 },
  );
});

test('what is written for an instant is read as that instant, in every practice and sign', (t) => {
  fc.assert(
    fc.property(
      fc.integer({ min: -60_000_000_000, max: 200_000_000_000 }),
      fc.integer({ min: -840, max: 840 }),
      fc.constantFrom('normal' as const, 'inverted' as const),
      fc.constantFrom('given' as const, 'unspecified' as const),
      (hundredths, baseOffsetMinutes, deviationSign, deviation) => {
        const epochMs = hundredths * 10;
        const options = { baseOffsetMinutes, deviationSign, deviation, hundredths: 'filled' } as const;
        const octets = must(encodeDateTime(written(epochMs, options)));
        const read = toInstant(mustDecode(decodeDateTime(octets, { strict: 'all' })), { deviationSign, baseOffsetMinutes });
        t.like(read, { kind: 'instant', epochMs });
      },
    ),
    { numRuns: 500 },
  );
});

const BST = Date.UTC(2019, 6, 2, 4, 4, 5, 678);

test('Iskraemeco: no deviation, weekday filled, status 80 in daylight saving', (t) => {
  const options = { ...ISKRAEMECO_PRACTICE, baseOffsetMinutes: 60, daylightSaving: true };
  t.is(toHex(must(encodeDateTime(written(BST, options)))), '07E307020205040500800080');
  t.is(toHex(must(encodeDateTime(written(BST, ISKRAEMECO_PRACTICE)))), '07E307020204040500800000');
});

test('Landis+Gyr: everything, with the deviation of the zone', (t) => {
  const options = { ...LANDIS_GYR_PRACTICE, baseOffsetMinutes: 60, daylightSaving: true };
  t.is(toHex(must(encodeDateTime(written(BST, options)))), '07E307020205040500FFC480');
  t.is(toHex(must(encodeDateTime(written(BST, { ...options, deviationSign: 'inverted' })))), '07E307020205040500003C80');
});

test('a GMT meter is written deviation 0000, status 00, hundredths 00', (t) => {
  t.is(toHex(must(encodeDateTime(written(BST)))), '07E307020204040500000000');
  t.true(Object.is(written(BST).deviationMinutes, 0));
});

test('weekday, hundredths and status can be left unspecified', (t) => {
  const options = { dayOfWeek: 'unspecified', hundredths: 'unspecified', daylightSaving: null } as const;
  t.is(toHex(must(encodeDateTime(written(BST, options)))), '07E30702FF040405FF0000FF');
  t.is(written(BST, { hundredths: 'filled' }).hundredths, 67);
});

test('the last moment of a day stays in it, the next is 00:00', (t) => {
  t.like(written(Date.UTC(2019, 11, 31, 23, 59, 59, 999)), { year: 2019, month: 12, day: 31, hour: 23, minute: 59, second: 59 });
  t.like(written(Date.UTC(2020, 0, 1)), { year: 2020, month: 1, day: 1, hour: 0, minute: 0, second: 0, dayOfWeek: 3 });
  t.like(written(-1), { year: 1969, month: 12, day: 31, hour: 23, minute: 59, second: 59, dayOfWeek: 3 });
});

test('instants and bases that no field holds are refused', (t) => {
  for (const epochMs of [Number.NaN, Number.POSITIVE_INFINITY, -1e17, 1e17, 8.64e15]) t.is(fromInstant(epochMs).kind, 'bad', `${epochMs}`);
  for (const baseOffsetMinutes of [841, -841, 0.5, Number.NaN]) t.is(fromInstant(0, { baseOffsetMinutes }).kind, 'bad');
});

test('fields built by hand are enough', (t) => {
  const value: DateTimeFields = {
    year: 2000,
    month: 1,
    day: 1,
    dayOfWeek: null,
    hour: 0,
    minute: 0,
    second: 0,
    hundredths: null,
    deviationMinutes: null,
    clockStatus: null,
  };
  t.is(iso(toInstant(value)), '2000-01-01T00:00:00.000Z');
});
