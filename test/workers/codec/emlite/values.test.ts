import test from 'ava';
import { fromHex, isCivil, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEmliteClock,
  decodeEmliteNumber,
  decodeEmliteSignal,
  decodeEmliteText,
  EMLITE_NUMBERS,
  encodeEmliteClock,
  encodeEmliteNumber,
  encodeEmliteSignal,
  encodeEmliteText,
} from '../../../../workers/codec/emlite/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const SUNDAY = { year: 2023, month: 8, day: 6, hour: 21, minute: 0, second: 1 };

const civil = fc
  .record({
    year: fc.integer({ min: 2000, max: 2099 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 31 }),
    hour: fc.nat(23),
    minute: fc.nat(59),
    second: fc.nat(59),
  })
  .filter(isCivil);

test('every clock of 2000 to 2099 comes back', (t) => {
  const law = fc.property(civil, (time) => {
    const { time: back, dayOctet } = mustDecode(decodeEmliteClock(must(encodeEmliteClock(time))));
    t.deepEqual(back, time);
    t.is(dayOctet, new Date(Date.UTC(time.year, time.month - 1, time.day)).getUTCDay());
  });
  t.notThrows(() => fc.assert(law));
});

test('Sunday is written as 0, or as 6 where the week starts on Monday', (t) => {
  t.is(toHex(must(encodeEmliteClock(SUNDAY))), '17080615000100');
  t.is(toHex(must(encodeEmliteClock(SUNDAY, { weekStart: 'monday' }))), '17080615000106');
  t.is(toHex(must(encodeEmliteClock({ ...SUNDAY, day: 7 }, { weekStart: 'monday' }))), '17080715000100');
});

test('the day octet is not looked at on read', (t) => {
  t.deepEqual(mustDecode(decodeEmliteClock(hex('170806150001FF'))), { time: SUNDAY, dayOctet: 255 });
});

for (const [octets, code] of [
  ['170806150001', 'bad_length'],
  ['1708061500010000', 'bad_length'],
  ['170806180001FF', 'bad_value'],
  ['17021D15000100', 'bad_value'],
  ['64080615000100', 'bad_value'],
  ['17000615000100', 'bad_value'],
] as const) {
  test(`no clock: ${octets}`, (t) => {
    t.like(decodeEmliteClock(hex(octets)), { kind: 'bad', error: { code } });
  });
}

test('clocks that the octets cannot say are not built', (t) => {
  t.is(encodeEmliteClock({ ...SUNDAY, year: 1999 }).kind, 'bad');
  t.is(encodeEmliteClock({ ...SUNDAY, year: 2100 }).kind, 'bad');
  t.is(encodeEmliteClock({ ...SUNDAY, day: 32 }).kind, 'bad');
  t.is(encodeEmliteClock({ ...SUNDAY, second: 0.5 }).kind, 'bad');
  t.is(encodeEmliteClock(SUNDAY, { dayOctet: 256 }).kind, 'bad');
});

test('text is padded with blanks to 16, and comes back without', (t) => {
  t.is(toHex(must(encodeEmliteText('EML 1'))), '454D4C20312020202020202020202020');
  t.is(mustDecode(decodeEmliteText(hex('454D4C20312020202020202020202020'))), 'EML 1');
  t.is(mustDecode(decodeEmliteText(hex('20202020'))), '');
  t.is(encodeEmliteText('12345678901234567').kind, 'bad');
  t.is(encodeEmliteText('\u20ac').kind, 'bad');
});

test('every signal comes back', (t) => {
  for (let octet = 0; octet < 256; octet++) t.is(must(encodeEmliteSignal(mustDecode(decodeEmliteSignal(Uint8Array.of(octet)))))[0], octet);
  t.is(encodeEmliteSignal({ csq: 32, operator: 0 }).kind, 'bad');
  t.is(encodeEmliteSignal({ csq: 0, operator: 8 }).kind, 'bad');
  t.is(decodeEmliteSignal(hex('0102')).kind, 'bad');
});

for (const [name, form] of Object.entries(EMLITE_NUMBERS)) {
  test(`every ${name} comes back, and those outside its octets are not built`, (t) => {
    const range = 2 ** (8 * form.octets);
    const least = form.signed ? -range / 2 : 0;
    const most = least + range - 1;
    const law = fc.property(fc.integer({ min: least, max: most }), (value) =>
      t.is(mustDecode(decodeEmliteNumber(must(encodeEmliteNumber(value, form)), form)), value),
    );
    t.notThrows(() => fc.assert(law, { examples: [[least], [most], [0]] }));
    for (const value of [least - 1, most + 1, 0.5, Number.NaN]) t.is(encodeEmliteNumber(value, form).kind, 'bad');
    t.is(decodeEmliteNumber(new Uint8Array(3), form).kind, 'bad');
  });
}
