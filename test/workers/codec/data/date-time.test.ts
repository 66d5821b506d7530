import test from 'ava';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  type ClockStatusFlag,
  clockStatusOf,
  decodeDate,
  decodeDateTime,
  decodeTime,
  encodeDate,
  encodeDateTime,
  encodeTime,
  statusFlagsOf,
} from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';
import { octetsOf } from './values.ts';

const UNSPECIFIED = 'FFFFFFFFFFFFFFFFFF8000FF';

test('every octet pattern is read, written as it was, and read again the same', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 12 }), (octets) => {
      const value = mustDecode(decodeDateTime(octets));
      t.is(toHex(must(encodeDateTime(value))), toHex(octets));
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 5, maxLength: 5 }), (octets) => {
      t.is(toHex(must(encodeDate(mustDecode(decodeDate(octets))))), toHex(octets));
      t.is(toHex(must(encodeTime(mustDecode(decodeTime(octets.subarray(0, 4)))))), toHex(octets.subarray(0, 4)));
    }),
    { numRuns: 500 },
  );
});

test('what is not specified is null in every field', (t) => {
  const outcome = decodeDateTime(octetsOf(UNSPECIFIED));
  t.deepEqual(mustDecode(outcome), {
    year: null,
    month: null,
    day: null,
    dayOfWeek: null,
    hour: null,
    minute: null,
    second: null,
    hundredths: null,
    deviationMinutes: null,
    clockStatus: null,
    statusFlags: [],
  });
  t.true(outcome.kind === 'good' && outcome.leniencies.length === 0);
});

test('the codes FD and FE of month and day stay numbers and are in range', (t) => {
  for (const code of ['FD', 'FE']) {
    const outcome = decodeDateTime(octetsOf(`07E3${code}${code}FFFFFFFFFF800000`));
    t.like(mustDecode(outcome), { month: Number.parseInt(code, 16), day: Number.parseInt(code, 16) });
    t.true(outcome.kind === 'good' && outcome.leniencies.length === 0);
  }
});

const OUT_OF_RANGE: readonly (readonly [field: string, hex: string])[] = [
  ['month', '07E3000107000000FF800000'],
  ['month', '07E30D0107000000FF800000'],
  ['day', '07E3012007000000FF800000'],
  ['day', '07E3010007000000FF800000'],
  ['dayOfWeek', '07E3010100000000FF800000'],
  ['dayOfWeek', '07E3010108000000FF800000'],
  ['hour', '07E3010101180000FF800000'],
  ['minute', '07E30101010C3C00FF800000'],
  ['second', '07E30101010C003CFF800000'],
  ['hundredths', '07E30101010C000064800000'],
  ['deviationMinutes', '07E30101010C000000034900'],
  ['deviationMinutes', '07E30101010C000000FCB700'],
];

for (const [field, hex] of OUT_OF_RANGE) {
  test(`${hex}: ${field} out of its range is given, reported, and refused only where that is asked`, (t) => {
    const lenient = decodeDateTime(octetsOf(hex));
    t.true(lenient.kind === 'good');
    t.deepEqual(lenient.kind === 'good' && lenient.leniencies, ['out-of-range']);
    const strict = decodeDateTime(octetsOf(hex), { strict: 'all' });
    t.true(strict.kind === 'bad' && strict.error.code === 'bad_value' && strict.error.rule.startsWith(field));
  });
}

test('a weekday that does not fit its date is not looked at', (t) => {
  const outcome = decodeDateTime(octetsOf('07E3070207050405000000 00'), { strict: 'all' });
  t.is(outcome.kind, 'good');
});

test('status flags are named in the order of their bits', (t) => {
  t.deepEqual(statusFlagsOf(0x8f), ['invalid', 'doubtful', 'differentClockBase', 'invalidClockStatus', 'daylightSavingActive']);
  t.deepEqual(statusFlagsOf(0x70), []);
  t.deepEqual(statusFlagsOf(null), []);
  const flags: ClockStatusFlag[] = ['doubtful', 'daylightSavingActive'];
  t.is(clockStatusOf(flags), 0x82);
});

test('too few octets are incomplete, more are trailing', (t) => {
  t.deepEqual(decodeDateTime(new Uint8Array(0)), { kind: 'incomplete', consumed: 0, needs: 12 });
  t.deepEqual(decodeDate(new Uint8Array(4)), { kind: 'incomplete', consumed: 0, needs: 5 });
  t.deepEqual(decodeTime(new Uint8Array(3)), { kind: 'incomplete', consumed: 0, needs: 4 });
  const long = octetsOf(`${UNSPECIFIED}00`);
  const outcome = decodeDateTime(long);
  t.true(outcome.kind === 'good' && outcome.consumed === 12 && outcome.leniencies.includes('trailing-octets'));
  t.is(decodeDateTime(long, { strict: ['trailing-octets'] }).kind, 'bad');
});

test('a field that no octet holds is refused', (t) => {
  const fields = mustDecode(decodeDateTime(octetsOf(UNSPECIFIED)));
  for (const wrong of [{ year: 65_536 }, { month: 256 }, { second: -1 }, { hour: 1.5 }, { deviationMinutes: 32_768 }, { clockStatus: 256 }]) {
    const outcome = encodeDateTime({ ...fields, ...wrong });
    t.true(outcome.kind === 'bad' && outcome.error.rule.startsWith(Object.keys(wrong)[0] ?? ''));
  }
});
