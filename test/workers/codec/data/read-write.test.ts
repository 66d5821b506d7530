import test from 'ava';
import { must, mustDecode, Reader, toHex, Writer } from '../../../../workers/codec/common/index.ts';
import { type DataValue, dataBudget, decodeData, encodeData, readData, writeData } from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';
import { anyValue, compactArrays, octetsOf, SIMPLE_TYPES, simpleOf } from './values.ts';

for (const type of SIMPLE_TYPES) {
  test(`${type}: what is written is read`, (t) => {
    fc.assert(
      fc.property(simpleOf(type), (value) => {
        const octets = must(encodeData(value));
        const outcome = decodeData(octets);
        t.deepEqual(mustDecode(outcome), value);
        t.true(outcome.kind === 'good' && outcome.consumed === octets.length && outcome.leniencies.length === 0);
      }),
      { numRuns: 60 },
    );
  });
}

test('nested values: what is written is read', (t) => {
  fc.assert(
    fc.property(anyValue, (value) => {
      t.deepEqual(mustDecode(decodeData(must(encodeData(value)))), value);
    }),
    { numRuns: 300 },
  );
});

test('compact arrays: what is written is read', (t) => {
  fc.assert(
    fc.property(compactArrays, (value) => {
      t.deepEqual(mustDecode(decodeData(must(encodeData(value)))), value);
    }),
    { numRuns: 300 },
  );
});

test('every beginning of a value is incomplete', (t) => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const octets = must(encodeData(value));
      for (let end = 0; end < Math.min(octets.length, 200); end++) {
        const outcome = decodeData(octets.subarray(0, end));
        if (outcome.kind !== 'incomplete' || outcome.needs <= end || outcome.needs > octets.length) return false;
      }
      return true;
    }),
    { numRuns: 100 },
  );
  t.pass();
});

test('random octets never throw', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
      const outcome = decodeData(octets);
      return outcome.kind !== 'good' || outcome.consumed <= octets.length;
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

test('any octet but 00 is a true boolean, and true is written 01', (t) => {
  t.deepEqual(mustDecode(decodeData(octetsOf('0300'))), { type: 'boolean', value: false });
  for (const hex of ['0301', '03FF', '0380']) t.deepEqual(mustDecode(decodeData(octetsOf(hex))), { type: 'boolean', value: true });
  t.is(toHex(must(encodeData({ type: 'boolean', value: true }))), '0301');
});

test('numbers are read with their sign and width', (t) => {
  const read = (hex: string) => mustDecode(decodeData(octetsOf(hex)));
  t.deepEqual(read('05FFFFFFFE'), { type: 'double-long', value: -2 });
  t.deepEqual(read('06FFFFFFFE'), { type: 'double-long-unsigned', value: 0xffff_fffe });
  t.deepEqual(read('0FC0'), { type: 'integer', value: -64 });
  t.deepEqual(read('10FF38'), { type: 'long', value: -200 });
  t.deepEqual(read('12FF38'), { type: 'long-unsigned', value: 0xff38 });
  t.deepEqual(read('14FFFFFFFFFFFFFFFF'), { type: 'long64', value: -1n });
  t.deepEqual(read('15FFFFFFFFFFFFFFFF'), { type: 'long64-unsigned', value: 2n ** 64n - 1n });
  t.deepEqual(read('173FC00000'), { type: 'float32', value: 1.5 });
  t.deepEqual(read('18C004000000000000'), { type: 'float64', value: -2.5 });
});

test('lengths are read in any form and written in the shortest', (t) => {
  for (const hex of ['0901AA', '098101AA', '09820001AA', '098400000001AA']) {
    t.deepEqual(mustDecode(decodeData(octetsOf(hex))), { type: 'octet-string', octets: octetsOf('AA') });
  }
  t.is(toHex(must(encodeData({ type: 'octet-string', octets: new Uint8Array(128) }))).slice(0, 6), '098180');
  t.is(toHex(must(encodeData({ type: 'octet-string', octets: new Uint8Array(300) }))).slice(0, 8), '0982012C');
});

test('strings are views of the input', (t) => {
  const octets = octetsOf('0902AABB');
  const value = mustDecode(decodeData(octets));
  t.true(value.type === 'octet-string' && value.octets.buffer === octets.buffer && value.octets.byteOffset === octets.byteOffset + 2);
});

test('octets after the value are let pass by name, or refused where that is turned off', (t) => {
  const octets = octetsOf('11050000');
  const lenient = decodeData(octets);
  t.deepEqual(lenient, { kind: 'good', value: { type: 'unsigned', value: 5 }, consumed: 2, leniencies: ['trailing-octets'] });
  const strict = decodeData(octets, { strict: ['trailing-octets'] });
  t.true(strict.kind === 'bad' && strict.error.code === 'trailing_octets' && strict.error.offset === 2);
});

test('a tag that the standard does not have is refused with its place', (t) => {
  const outcome = decodeData(octetsOf('020211050701'));
  t.true(outcome.kind === 'bad' && outcome.error.code === 'unknown_tag' && outcome.error.offset === 4 && outcome.error.got === '7');
});

test('values that do not fit their type are refused', (t) => {
  const wrong: DataValue[] = [
    { type: 'unsigned', value: 256 },
    { type: 'unsigned', value: -1 },
    { type: 'integer', value: 128 },
    { type: 'long', value: 32_768 },
    { type: 'double-long-unsigned', value: 1.5 },
    { type: 'double-long', value: Number.NaN },
    { type: 'long64', value: 2n ** 63n },
    { type: 'long64-unsigned', value: -1n },
    { type: 'date-time', octets: new Uint8Array(11) },
    { type: 'date', octets: new Uint8Array(6) },
    { type: 'time', octets: new Uint8Array(0) },
    { type: 'bit-string', bits: 9, octets: new Uint8Array(1) },
  ];
  for (const value of wrong) {
    for (const nested of [value, { type: 'structure', items: [value] } as const]) {
      const outcome = encodeData(nested);
      t.true(outcome.kind === 'bad' && outcome.error.code === 'bad_value', value.type);
    }
  }
});

test('a value that holds itself is refused, not followed for ever', (t) => {
  const items: DataValue[] = [];
  const value: DataValue = { type: 'structure', items };
  items.push(value, value);
  t.is(encodeData(value).kind, 'bad');
});

test('several values of an APDU share one budget', (t) => {
  const reader = new Reader(octetsOf('0203110111021103020311011102110311FF'));
  const budget = dataBudget({ maxElements: 8 });
  t.is(readData(reader, budget).type, 'structure');
  t.is(readData(reader, budget).type, 'structure');
  t.false(reader.failed);
  readData(reader, budget);
  t.is(reader.error?.code, 'too_many');
});

test('a value is read and written amid others', (t) => {
  const writer = new Writer().u8(0xc4);
  writeData(writer, { type: 'long', value: -2 });
  const octets = must(writer.u8(0xee).finish());
  const reader = new Reader(octets, 1);
  t.deepEqual(readData(reader), { type: 'long', value: -2 });
  t.is(reader.u8(), 0xee);
});
