import test from 'ava';
import { fromHex, glimpse, hexOctet, toHex } from '../../../../workers/codec/common/index.ts';
import fc from '../../../support/fc.ts';

test('all octets come back', (t) => {
  const law = fc.property(fc.uint8Array(), (octets) => t.deepEqual(fromHex(toHex(octets)), Uint8Array.from(octets)));
  t.notThrows(() => fc.assert(law));
});

test('digits are upper case, two an octet', (t) => {
  t.is(toHex(Uint8Array.of(0, 0x0a, 0xff)), '000AFF');
  t.is(toHex(new Uint8Array(0)), '');
  t.is(hexOctet(0x0b), '0B');
});

for (const text of ['7e 0A ff', '7E:0A:FF', '7e-0a-ff', '\n7E0AFF\t']) {
  test(`${JSON.stringify(text)} is three octets`, (t) => {
    t.deepEqual(fromHex(text), Uint8Array.of(0x7e, 0x0a, 0xff));
  });
}

for (const text of ['7', '7E0', '0x7E', '7G', '+1', '1.0', '\u0661\u0661']) {
  test(`${JSON.stringify(text)} is no hex`, (t) => {
    t.is(fromHex(text), undefined);
  });
}

test('a glimpse shows some octets and tells of the rest', (t) => {
  t.is(glimpse(Uint8Array.of(1, 2, 3)), '010203');
  t.is(glimpse(new Uint8Array(9)), '0000000000000000… (9 octets)');
  t.is(glimpse(Uint8Array.of(1, 2, 3), 1), '01… (3 octets)');
});
