import test from 'ava';
import { fromHex, isCivil, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEdmiClock,
  decodeEdmiDate,
  decodeEdmiText,
  decodeEdmiTime,
  decodeMultiReadAnswers,
  encodeEdmiClock,
  encodeEdmiDate,
  encodeEdmiText,
  encodeEdmiTime,
  encodeMultiReadAnswers,
} from '../../../../workers/codec/edmi/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;

const civil = fc
  .record({
    year: fc.integer({ min: 1950, max: 2049 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
    hour: fc.nat(23),
    minute: fc.nat(59),
    second: fc.nat(59),
  })
  .filter(isCivil);

test('every clock of 1950 to 2049 comes back', (t) => {
  t.notThrows(() => fc.assert(fc.property(civil, (time) => t.deepEqual(mustDecode(decodeEdmiClock(must(encodeEdmiClock(time)))), time))));
});

test('two digits below 50 are 20xx, from 50 on 19xx', (t) => {
  t.is(mustDecode(decodeEdmiClock(hex('010131000000'))).year, 2049);
  t.is(mustDecode(decodeEdmiClock(hex('010132000000'))).year, 1950);
});

for (const [octets, code] of [
  ['0101130402', 'bad_length'],
  ['01011304020F00', 'bad_length'],
  ['1F0213040210', 'bad_value'],
  ['1D0213040210', 'bad_value'],
  ['010113180000', 'bad_value'],
  ['01011300003C', 'bad_value'],
  ['010164000000', 'bad_value'],
  ['000000000000', 'bad_value'],
] as const) {
  test(`no clock: ${octets}`, (t) => {
    t.like(decodeEdmiClock(hex(octets)), { kind: 'bad', error: { code } });
  });
}

test('29 February is one in leap years alone', (t) => {
  const time = { year: 2024, month: 2, day: 29, hour: 0, minute: 0, second: 0 };
  t.is(toHex(must(encodeEdmiClock(time))), '1D0218000000');
  t.is(encodeEdmiClock({ ...time, year: 2023 }).kind, 'bad');
});

test('years that two digits cannot say are not built', (t) => {
  t.is(encodeEdmiClock({ year: 2050, month: 1, day: 1, hour: 0, minute: 0, second: 0 }).kind, 'bad');
});

test('date and time come back apart', (t) => {
  t.is(toHex(must(encodeEdmiDate({ year: 2019, month: 1, day: 2 }))), '020113');
  t.deepEqual(mustDecode(decodeEdmiDate(hex('020113'))), { year: 2019, month: 1, day: 2 });
  t.is(toHex(must(encodeEdmiTime({ hour: 4, minute: 2, second: 15 }))), '04020F');
  t.deepEqual(mustDecode(decodeEdmiTime(hex('04020F'))), { hour: 4, minute: 2, second: 15 });
  t.is(decodeEdmiTime(hex('180000')).kind, 'bad');
  t.is(decodeEdmiDate(hex('000113')).kind, 'bad');
});

test('text ends with 00, and what stands behind it is reported', (t) => {
  t.is(toHex(must(encodeEdmiText('251'))), '32353100');
  t.deepEqual(decodeEdmiText(hex('32353100')), { kind: 'good', value: '251', consumed: 4, leniencies: [] });
  t.like(decodeEdmiText(hex('3235310041')), { value: '251', leniencies: ['trailing-octets'] });
  t.like(decodeEdmiText(hex('323531')), { value: '251', leniencies: [] });
  t.is(encodeEdmiText('a\0b').kind, 'bad');
  t.is(encodeEdmiText('\u20ac').kind, 'bad');
});

test('each answer to several reads has an error octet before it', (t) => {
  const answers = [
    { kind: 'data' as const, data: hex('0102') },
    { kind: 'error' as const, errorCode: 3 },
    { kind: 'data' as const, data: hex('323500') },
  ];
  const octets = must(encodeMultiReadAnswers(answers));
  t.is(toHex(octets), '0001020300323500');
  t.deepEqual(
    mustDecode(decodeMultiReadAnswers(octets, [2, 4, 'text'])).map((answer) => JSON.stringify(answer)),
    answers.map((answer) => JSON.stringify(answer)),
  );
});

for (const [octets, widths, code] of [
  ['', [2], 'truncated'],
  ['0001', [2], 'truncated'],
  ['003132', ['text'], 'truncated'],
  ['00010203', [2], 'trailing_octets'],
  ['0001', [-1], 'truncated'],
  ['0001', [Number.NaN], 'truncated'],
] as const) {
  test(`refused answers: ${octets || 'none'} for ${widths.join()}`, (t) => {
    t.like(decodeMultiReadAnswers(hex(octets), widths), { kind: 'bad', error: { code } });
  });
}

test('the code 00 is no error', (t) => {
  t.is(encodeMultiReadAnswers([{ kind: 'error', errorCode: 0 }]).kind, 'bad');
});

test('the answers of a read of several registers may be of any length', (t) => {
  const data = new Uint8Array(300_000).fill(7);
  t.is(must(encodeMultiReadAnswers([{ kind: 'data', data }])).length, data.length + 1);
});

test('an error code of an answer is from 1 to 255', (t) => {
  for (const errorCode of [0, 256, -1, 1.5, Number.NaN]) t.is(encodeMultiReadAnswers([{ kind: 'error', errorCode }]).kind, 'bad');
});
