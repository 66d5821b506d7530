import test from 'ava';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeAdjust,
  decodeElsterClock,
  decodeItemAnswer,
  decodeItemRead,
  decodeItemWrite,
  decodeSerialNumber,
  elsterErrorName,
  encodeAdjust,
  encodeElsterClock,
  encodeSerialNumber,
  itemAnswer,
  itemRead,
  itemWrite,
  joinElsterIdentification,
  joinItem,
  loginCommands,
  type Made,
  passwordAnswer,
  planItemReads,
  seedCommand,
  seedOf,
  splitElsterIdentification,
} from '../../../../workers/codec/elster/index.ts';
import { clockText } from '../../../../workers/codec/iec62056-21/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
function mustMake<T>(made: Made<T>): T {
  if (made.kind === 'bad') throw new Error(made.error.rule);
  return made.value;
}

const octetsOf = (maxLength: number, minLength = 1) => fc.uint8Array({ minLength, maxLength });
const dataId = fc.array(fc.constantFrom(...'0123456789ABZ'), { minLength: 3, maxLength: 3 }).map((chars) => chars.join(''));
const packet = fc.integer({ min: 1, max: 0xfff });

test('reads and writes of items come back from their telegrams', (t) => {
  fc.assert(
    fc.property(dataId, packet, fc.integer({ min: 1, max: 64 }), octetsOf(64), (id, number, length, octets) => {
      const read = { dataId: id, packet: number, length };
      t.deepEqual(mustDecode(decodeItemRead(mustMake(itemRead(read)).data ?? '')), read);
      const write = { dataId: id, packet: number, octets };
      t.deepEqual(mustDecode(decodeItemWrite(mustMake(itemWrite(write)).data ?? '')), write);
      t.deepEqual(mustDecode(decodeItemAnswer(itemAnswer(octets))), octets);
    }),
  );
});

test('a read asks for 1 to 40 hex octets, a packet from 001', (t) => {
  t.is(mustMake(itemRead({ dataId: '798', packet: 1, length: 64 })).data, '798001(40)');
  for (const wrong of [{ length: 65 }, { length: 0 }, { packet: 0 }, { packet: 0x1000 }, { dataId: '79' }, { dataId: '7(8' }]) {
    t.is(itemRead({ dataId: '798', packet: 1, length: 7, ...wrong }).kind, 'bad', JSON.stringify(wrong));
  }
  for (const wrong of ['798001(41)', '798001(00)', '798001(4)', '79801(10)', '798001', '', '798001(10)x']) t.is(decodeItemRead(wrong).kind, 'bad', wrong);
  for (const wrong of ['861001(123)', '861001()', '861(12)', '861001(GG)']) t.is(decodeItemWrite(wrong).kind, 'bad', wrong);
  t.is(decodeItemAnswer('123').kind, 'bad');
  t.is(itemWrite({ dataId: '861', packet: 1, octets: new Uint8Array(65) }).kind, 'bad');
});

test('a long item is read in full packets and joined in order', (t) => {
  fc.assert(
    fc.property(octetsOf(300), (octets) => {
      const reads = mustMake(planItemReads('550', octets.length));
      const answers = reads.map(({ packet: number, length }) => octets.subarray((number - 1) * 64, (number - 1) * 64 + length));
      t.deepEqual(mustDecode(joinItem(reads, answers)), octets);
      t.is(joinItem(reads, answers.slice(1)).kind === 'good', false);
    }),
  );
  const reads = mustMake(planItemReads('550', 70));
  t.deepEqual(
    reads.map(({ packet: number, length }) => [number, length]),
    [
      [1, 64],
      [2, 6],
    ],
  );
  t.is(joinItem(reads, [new Uint8Array(64)]).kind, 'incomplete');
  t.like(joinItem(reads, [new Uint8Array(64), new Uint8Array(7)]), { kind: 'bad', error: { code: 'bad_length', offset: 1 } });
  t.is(planItemReads('550', 0).kind, 'bad');
});

test('the answer to a seed is the published one', (t) => {
  t.is(mustMake(passwordAnswer(hex('29EDC6D335E59C87'), 'FEDC0003')), '23CB4DDDE2B76317');
});

test('level 1 sends the password plain, 2 the answer, 3 the constant before it', (t) => {
  const seed = hex('29EDC6D335E59C87');
  const sent = (level: 1 | 2 | 3) => mustMake(loginCommands(level, seed, 'FEDC0003')).map(({ command, data }) => `${command}${data}`);
  t.deepEqual(sent(1), ['P1(FEDC0003)']);
  t.deepEqual(sent(2), ['P2(23CB4DDDE2B76317)']);
  t.deepEqual(sent(3), ['P2(0000000000000000)', 'P2(23CB4DDDE2B76317)']);
});

test('a password has exactly 8 printable characters, and no error shows it', (t) => {
  for (const password of ['SECRET', 'SECRET123', 'SECRET\u00e9', '']) {
    const outcome = loginCommands(2, new Uint8Array(8), password);
    t.is(outcome.kind, 'bad');
    t.notRegex(JSON.stringify(outcome), /SECRET/);
  }
  t.is(passwordAnswer(new Uint8Array(7), 'FEDC0003').kind, 'bad');
});

test('a seed comes back from the operand of P0', (t) => {
  const seed = hex('29EDC6D335E59C87');
  t.deepEqual(seedOf(mustMake(seedCommand(seed)).data), seed);
  for (const wrong of [null, '', '(29EDC6D335E59C)', '29EDC6D335E59C87', '(29EDC6D335E59CXX)']) t.is(seedOf(wrong), undefined);
  t.is(seedCommand(new Uint8Array(7)).kind, 'bad');
});

test('a clock comes back, whatever the weekday and the flags of day and month', (t) => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1999-01-01T00:00:00Z'), max: new Date('2098-12-31T23:59:59Z'), noInvalidDate: true }),
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 0, max: 3 }),
      fc.integer({ min: 0, max: 7 }),
      (date, weekday, dayFlags, monthFlags) => {
        const time = {
          year: date.getUTCFullYear(),
          month: date.getUTCMonth() + 1,
          day: date.getUTCDate(),
          hour: date.getUTCHours(),
          minute: date.getUTCMinutes(),
          second: date.getUTCSeconds(),
        };
        const octets = must(encodeElsterClock(time, weekday)).slice();
        t.is(octets[5], weekday);
        octets[3] = (octets[3] ?? 0) | (dayFlags << 6);
        octets[4] = (octets[4] ?? 0) | (monthFlags << 5);
        t.deepEqual(mustDecode(decodeElsterClock(octets)), time);
      },
    ),
  );
});

test('the year 99 is 1999, and the weekday is written 00', (t) => {
  t.is(clockText(mustDecode(decodeElsterClock(hex('00000001010099')))), '1999-01-01T00:00:00');
  t.is(toHex(must(encodeElsterClock({ year: 2019, month: 1, day: 2, hour: 4, minute: 4, second: 5 }))), '05040402010019');
  t.is(encodeElsterClock({ year: 2099, month: 1, day: 1, hour: 0, minute: 0, second: 0 }).kind, 'bad');
});

test('a clock that is no BCD, or no time, is refused at its octet', (t) => {
  t.like(decodeElsterClock(hex('0A040402010019')), { kind: 'bad', error: { code: 'bad_value', offset: 0 } });
  t.like(decodeElsterClock(hex('000000020100FA')), { kind: 'bad', error: { code: 'bad_value', offset: 6 } });
  t.is(decodeElsterClock(hex('05040402010F19')).kind === 'good', true);
  for (const wrong of ['60000001010019', '00600001010019', '00002401010019', '00000032010019', '00000030020019', '00000001130019', '00000000010019']) {
    t.like(decodeElsterClock(hex(wrong)), { kind: 'bad', error: { code: 'bad_value' } }, wrong);
  }
  t.like(decodeElsterClock(hex('000000')), { kind: 'bad', error: { code: 'bad_length' } });
});

test('an adjustment comes back with its sign in bit 15', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: -0x7fff, max: 0x7fff }), (seconds) => {
      t.is(mustDecode(decodeAdjust(must(encodeAdjust(seconds)))), seconds);
    }),
  );
  t.is(toHex(must(encodeAdjust(-5))), '8005');
  t.is(mustDecode(decodeAdjust(hex('8000'))), 0);
  t.is(encodeAdjust(0x8000).kind, 'bad');
  t.is(encodeAdjust(0.5).kind, 'bad');
  t.is(decodeAdjust(hex('80')).kind, 'bad');
});

test('a serial number comes back without its padding', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^[!-~]{1,16}$/), (text) => {
      t.is(mustDecode(decodeSerialNumber(must(encodeSerialNumber(text)))), text);
    }),
  );
  t.is(must(encodeSerialNumber('1', 22)).length, 22);
  t.is(encodeSerialNumber('1'.repeat(17)).kind, 'bad');
  t.is(decodeSerialNumber(hex('31FF')).kind, 'bad');
});

test('an identification has its parts, and is put together from them', (t) => {
  const parts = { unit: '09', productRange: '010', deviceNumber: '010', issue: '04', tail: '00@000' };
  t.deepEqual(splitElsterIdentification('090100100400@000'), parts);
  t.is(mustMake(joinElsterIdentification(parts)), '090100100400@000');
  t.is(splitElsterIdentification('09010'), undefined);
  t.is(joinElsterIdentification({ ...parts, unit: '9' }).kind, 'bad');
});

test('errors have names', (t) => {
  t.deepEqual(['ERR1', 'ERR2', 'ERR3', 'ERR5', 'ERR6', 'ERR4', 'ER02'].map(elsterErrorName), [
    'invalid-command',
    'unknown-id',
    'bad-packet',
    'locked-or-password-timed-out',
    'communication-error',
    undefined,
    undefined,
  ]);
});

test('the room of a serial number is that of one packet', (t) => {
  for (const length of [-1, 65, 2 ** 40, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) t.is(encodeSerialNumber('12345678', length).kind, 'bad');
  t.is(must(encodeSerialNumber('12345678', 64)).length, 64);
});
