import test from 'ava';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEmliteData,
  decodeEmliteFrame,
  type EmliteData,
  encodeEmliteData,
  encodeEmliteFrame,
  MAX_EMLITE_DATA,
  resultName,
} from '../../../../workers/codec/emlite/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const READ = hex('7E1100000000801234560201800800008893');

const header = fc.record({ destination: fc.nat(0xffff_ffff), source: fc.nat(0xffff_ffff), sequence: fc.nat(7), resultCode: fc.nat(31) });

test('every frame comes back', (t) => {
  const law = fc.property(header, fc.uint8Array({ maxLength: MAX_EMLITE_DATA }), (numbers, data) => {
    const wire = must(encodeEmliteFrame(numbers, data));
    const frame = mustDecode(decodeEmliteFrame(wire));
    t.like(frame, { ...numbers, length: data.length + 12 });
    t.deepEqual(Uint8Array.from(frame.data), Uint8Array.from(data));
  });
  t.notThrows(() => fc.assert(law, { numRuns: 200 }));
});

test('every octet too few is incomplete, and the length says how many are wanted', (t) => {
  for (let length = 0; length < READ.length; length++)
    t.deepEqual(decodeEmliteFrame(READ.subarray(0, length)), { kind: 'incomplete', consumed: 0, needs: length < 2 ? 2 : READ.length });
});

test('every flipped bit behind the 7E is refused or incomplete', (t) => {
  for (let at = 1; at < READ.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = READ.slice();
      damaged[at]! ^= 1 << bit;
      t.not(decodeEmliteFrame(damaged).kind, 'good');
    }
  }
});

for (const [what, octets, code, consumed] of [
  ['no 7E', '00007E11', 'unexpected_octet', 2],
  ['no 7E at all', '0000', 'unexpected_octet', 2],
  ['one octet that is none', '11', 'unexpected_octet', 1],
  ['a length of 11', '7E0B', 'bad_length', 1],
  ['a wrong CRC leads to one octet behind the 7E', '7E1100000000801234560201800800008894', 'bad_crc', 1],
] as const) {
  test(`refused: ${what}`, (t) => {
    t.like(decodeEmliteFrame(hex(octets)), { kind: 'bad', error: { code }, consumed });
  });
}

test('octets behind a frame are not used', (t) => {
  t.like(decodeEmliteFrame(Uint8Array.of(...READ, 0x7e, 0x11)), { kind: 'good', consumed: READ.length });
});

test('a frame in the middle of other memory is read at its place', (t) => {
  const around = Uint8Array.of(1, 2, 3, ...READ, 4);
  t.is(mustDecode(decodeEmliteFrame(around.subarray(3, -1))).source, 0x80123456);
});

for (const [what, numbers] of [
  ['sequence 8', { sequence: 8 }],
  ['result code 32', { resultCode: 32 }],
  ['a negative address', { destination: -1 }],
  ['an address of 33 bits', { source: 2 ** 32 }],
] as const) {
  test(`not built: ${what}`, (t) => {
    const head = { destination: 0, source: 1, sequence: 0, resultCode: 0, ...numbers };
    t.like(encodeEmliteFrame(head, hex('00')), { kind: 'bad', error: { code: 'bad_value' } });
  });
}

test('data that the length octet cannot say are not built', (t) => {
  const head = { destination: 0, source: 1, sequence: 0, resultCode: 0 };
  t.like(encodeEmliteFrame(head, new Uint8Array(MAX_EMLITE_DATA + 1)), { kind: 'bad', error: { code: 'too_large' } });
});

test('results have names', (t) => {
  t.deepEqual([0, 1, 5, 7, 9].map(resultName), ['ok', 'checksum-error', 'unknown-object', 'address-error', 'result-9']);
});

const payload = fc.uint8Array({ maxLength: 30 });
const data: fc.Arbitrary<EmliteData> = fc.oneof(
  fc.record({ kind: fc.constant('object' as const), objectId: fc.nat(0xff_ffff), flag: fc.constantFrom('read', 'write'), payload }),
  fc.record({ kind: fc.constant('profile-log' as const), format: fc.constantFrom(3, 4), payload }),
  fc.record({ kind: fc.constant('other' as const), format: fc.integer({ min: 5, max: 255 }), payload }),
  fc.constant({ kind: 'none' as const }),
);
const plain = (value: EmliteData): unknown => JSON.parse(JSON.stringify(value, (_, member) => (member instanceof Uint8Array ? toHex(member) : member)));

test('all data come back', (t) => {
  const law = fc.property(data, (value) => t.deepEqual(plain(mustDecode(decodeEmliteData(must(encodeEmliteData(value))))), plain(value)));
  t.notThrows(() => fc.assert(law, { numRuns: 200 }));
});

for (const [octets, code] of [
  ['01', 'truncated'],
  ['01800800', 'truncated'],
  ['0180080002', 'bad_value'],
] as const) {
  test(`refused data: ${octets}`, (t) => {
    t.like(decodeEmliteData(hex(octets)), { kind: 'bad', error: { code } });
  });
}

test('data of one kind are not built as another', (t) => {
  t.is(encodeEmliteData({ kind: 'other', format: 1, payload: hex('') }).kind, 'bad');
  t.is(encodeEmliteData({ kind: 'other', format: 3, payload: hex('') }).kind, 'bad');
  t.is(encodeEmliteData({ kind: 'profile-log', format: 5, payload: hex('') }).kind, 'bad');
  t.is(encodeEmliteData({ kind: 'object', objectId: 2 ** 24, flag: 'read', payload: hex('') }).kind, 'bad');
});
