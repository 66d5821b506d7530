import test from 'ava';
import { crcXmodem } from '../../../../workers/codec/common/crc.ts';
import { fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { decodeEdmiFrame, encodeEdmiFrame } from '../../../../workers/codec/edmi/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;
const LOGOUT = hex('0258BD9F03');

const address = fc.record({ destination: fc.nat(0xffff_ffff), source: fc.nat(0xffff_ffff), sequence: fc.nat(0xffff) });
/** Rich in octets that are stuffed. */
const octets = fc.array(fc.oneof(fc.constantFrom(0x02, 0x03, 0x10, 0x11, 0x13, 0x42, 0x45, 0x50), fc.nat(255)), { minLength: 1, maxLength: 60 });

test('every command comes back, in both forms', (t) => {
  const law = fc.property(octets, fc.option(address), (list, extended) => {
    const command = Uint8Array.from(list);
    fc.pre(extended !== null || command[0] !== 0x45);
    const wire = must(encodeEdmiFrame(command, extended));
    const frame = mustDecode(decodeEdmiFrame(wire));
    t.deepEqual(Uint8Array.from(frame.command), command);
    t.deepEqual(frame.extended, extended);
  });
  t.notThrows(() => fc.assert(law, { numRuns: 300 }));
});

test('02 03 10 11 13 never stand bare between 02 and 03, but the 10 of an escape', (t) => {
  const wire = must(encodeEdmiFrame(hex('5202031011134210')));
  t.is(toHex(wire.subarray(0, -3)).slice(0, 28), '0252104210431050105110534210'.slice(0, 28));
  const inside = [...wire.subarray(1, -1)];
  t.false(inside.some((octet) => [0x02, 0x03, 0x11, 0x13].includes(octet)));
});

test('a CRC that holds stuffed octets is stuffed too', (t) => {
  let found = 0;
  for (let code = 0; code < 65_536 && found < 20; code++) {
    const command = Uint8Array.of(0x52, code >>> 8, code & 0xff);
    const wire = must(encodeEdmiFrame(command));
    const frame = mustDecode(decodeEdmiFrame(wire));
    t.deepEqual(Uint8Array.from(frame.command), command);
    if ([frame.crc >>> 8, frame.crc & 0xff].some((octet) => [0x02, 0x03, 0x10, 0x11, 0x13].includes(octet))) found++;
  }
  t.is(found, 20);
});

test('every octet too few is incomplete, and asks for more than there is', (t) => {
  for (let length = 0; length < LOGOUT.length; length++) {
    const outcome = decodeEdmiFrame(LOGOUT.subarray(0, length));
    t.true(outcome.kind === 'incomplete' && outcome.needs > length);
  }
});

test('every flipped bit of body and CRC is refused', (t) => {
  for (let at = 1; at < LOGOUT.length - 1; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const damaged = LOGOUT.slice();
      damaged[at]! ^= 1 << bit;
      t.not(decodeEdmiFrame(damaged).kind, 'good');
    }
  }
});

const REFUSED = [
  ['octets before 02', '5802', 'unexpected_octet', 1],
  ['octets without any 02', '5858', 'unexpected_octet', 2],
  ['a second 02 leads to itself', '02580258BD9F03', 'unexpected_octet', 2],
  ['an escape before 03', '025810BD1003', 'unexpected_octet', 6],
  ['an escape of an escape', '0258101003', 'unexpected_octet', 5],
  ['nothing between 02 and 03', '0203', 'bad_length', 2],
  ['a CRC and no body', '02581103', 'bad_length', 4],
  ['a wrong CRC', '0258BD9E03', 'bad_crc', 5],
] as const;

for (const [what, text, code, consumed] of REFUSED) {
  test(`refused: ${what}`, (t) => {
    t.like(decodeEdmiFrame(hex(text)), { kind: 'bad', error: { code }, consumed });
  });
}

test('an extended header without a command is refused', (t) => {
  const header = hex('0245000000010000000400AA');
  const crc = crcXmodem(header, 0, header.length);
  const wire = Uint8Array.of(...header, crc >>> 8, crc & 0xff, 0x03);
  t.like(decodeEdmiFrame(wire), { kind: 'bad', error: { code: 'bad_length' }, consumed: wire.length });
});

test('a simple command that begins like the extended form is not built', (t) => {
  t.is(encodeEdmiFrame(hex('4506')).kind, 'bad');
  t.is(encodeEdmiFrame(hex('')).kind, 'bad');
});

test('a body above the limit is refused before 03 comes, and not built', (t) => {
  const long = new Uint8Array(100).fill(0x41);
  long[0] = 0x02;
  t.like(decodeEdmiFrame(long, { maxBody: 20 }), { kind: 'bad', error: { code: 'too_large' } });
  t.like(encodeEdmiFrame(long.subarray(1), null, { maxBody: 20 }), { kind: 'bad', error: { code: 'too_large' } });
});

test('a body of exactly the limit passes, wholly stuffed', (t) => {
  const body = new Uint8Array(20).fill(0x13);
  const wire = must(encodeEdmiFrame(body, null, { maxBody: 20 }));
  t.deepEqual(Uint8Array.from(mustDecode(decodeEdmiFrame(wire, { maxBody: 20 })).body), body);
});

for (const extended of [
  { destination: -1, source: 0, sequence: 0 },
  { destination: 0, source: 2 ** 32, sequence: 0 },
  { destination: 0, source: 0, sequence: 0x1_0000 },
  { destination: Number.NaN, source: 0, sequence: 0 },
]) {
  test(`not built: ${JSON.stringify(extended)}`, (t) => {
    t.like(encodeEdmiFrame(hex('06'), extended), { kind: 'bad', error: { code: 'bad_value' } });
  });
}

test('where nothing is stuffed the body is a view of the input', (t) => {
  t.is(mustDecode(decodeEdmiFrame(LOGOUT)).body.buffer, LOGOUT.buffer);
});
