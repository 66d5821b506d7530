import test from 'ava';
import {
  CEWE_MESSAGES,
  CEWE_REGISTERS,
  ceweErrorName,
  ceweRead,
  ceweWrite,
  decodeCeweClock,
  decodeCeweDate,
  decodeCeweSerialNumber,
  decodeCeweSlide,
  decodeCeweTime,
  encodeCeweClock,
  encodeCeweDate,
  encodeCeweSerialNumber,
  encodeCeweSlide,
  encodeCeweTime,
  isUnsetCeweClock,
} from '../../../../workers/codec/cewe/index.ts';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import fc from '../../../support/fc.ts';

const text = (octets: Uint8Array): string => String.fromCharCode(...octets);
const date = fc.date({ min: new Date('2000-01-01T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true }).map((at) => ({
  year: at.getUTCFullYear(),
  month: at.getUTCMonth() + 1,
  day: at.getUTCDate(),
  hour: at.getUTCHours(),
  minute: at.getUTCMinutes(),
  second: at.getUTCSeconds(),
}));

test('a clock, a date and a time come back', (t) => {
  fc.assert(
    fc.property(date, ({ year, month, day, hour, minute, second }) => {
      const at = { year, month, day, hour, minute, second };
      t.deepEqual(mustDecode(decodeCeweClock(text(must(encodeCeweClock(at))))), at);
      t.deepEqual(mustDecode(decodeCeweDate(text(must(encodeCeweDate({ year, month, day }))))), { year, month, day });
      t.deepEqual(mustDecode(decodeCeweTime(text(must(encodeCeweTime({ hour, minute, second }))))), { hour, minute, second });
    }),
  );
});

test('a clock that was never set is a time that says so', (t) => {
  t.true(isUnsetCeweClock(mustDecode(decodeCeweClock('19700101,000000'))));
  t.false(isUnsetCeweClock(mustDecode(decodeCeweClock('20190102,040215'))));
});

test('values of another form, or outside their range, are refused', (t) => {
  for (const wrong of ['', '1', '20190102', '20191302,000000', '20190230,000000', '20190102,240000']) t.is(decodeCeweClock(wrong).kind, 'bad', wrong);
  for (const wrong of ['', '1901', '191302', '190230']) t.is(decodeCeweDate(wrong).kind, 'bad', wrong);
  for (const wrong of ['', '0402', '240000', '006000', '000060']) t.is(decodeCeweTime(wrong).kind, 'bad', wrong);
  for (const wrong of ['', '5', '28801,40', '-28801,40', '5,0', '5,41', 'a,b']) t.is(decodeCeweSlide(wrong).kind, 'bad', wrong);
  t.is(encodeCeweDate({ year: 1999, month: 1, day: 1 }).kind, 'bad');
  t.is(encodeCeweTime({ hour: 24, minute: 0, second: 0 }).kind, 'bad');
  t.is(encodeCeweClock({ year: 2019, month: 2, day: 30, hour: 0, minute: 0, second: 0 }).kind, 'bad');
});

test('a slide comes back, within its range', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -28_800, max: 28_800 }), fc.integer({ min: 1, max: 40 }), (seconds, rate) => {
      t.deepEqual(mustDecode(decodeCeweSlide(text(must(encodeCeweSlide({ seconds, rate }))))), { seconds, rate });
    }),
  );
  for (const wrong of [
    { seconds: 28_801, rate: 40 },
    { seconds: 0.5, rate: 40 },
    { seconds: 0, rate: 41 },
    { seconds: 0, rate: 0 },
  ]) {
    t.is(encodeCeweSlide(wrong).kind, 'bad');
  }
  t.is(mustDecode(decodeCeweSlide('-0,40')).seconds, 0);
});

test('a serial number of the older meter is a letter and six digits', (t) => {
  t.is(mustDecode(decodeCeweSerialNumber(text(must(encodeCeweSerialNumber('A123456'))))), 'A123456');
  t.is(decodeCeweSerialNumber('123456').kind, 'bad');
  t.is(encodeCeweSerialNumber('AB12345').kind, 'bad');
});

test('reads and writes are commands with the id before the bracket', (t) => {
  t.like(ceweRead(CEWE_MESSAGES.serialNumber), { value: { command: 'R1', data: '108700(1)' } });
  t.like(ceweRead(CEWE_REGISTERS.date, 2), { value: { command: 'R1', data: '0021(2)' } });
  t.like(ceweWrite(CEWE_MESSAGES.slide, '-20,40'), { value: { command: 'W1', data: '108A00(-20,40)' } });
  t.is(ceweRead('12345').kind, 'bad');
  t.is(ceweRead('0021', 17).kind, 'bad');
  t.is(ceweWrite('0021', '1(2').kind, 'bad');
  t.is(ceweWrite('21', '1').kind, 'bad');
});

test('errors have names', (t) => {
  t.deepEqual(['ER:001', 'ER:010', 'ER:008', 'ERR1'].map(ceweErrorName), ['no-such-main-id', 'access-denied', undefined, undefined]);
});
