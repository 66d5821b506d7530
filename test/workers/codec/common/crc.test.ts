import test from 'ava';
import { crcCcittFalse, crcX25, crcXmodem, X25_START, x25Final, x25Update } from '../../../../workers/codec/common/crc.ts';
import fc from '../../../support/fc.ts';

const CHECK = new TextEncoder().encode('123456789');

/** The definition, a bit at a time. */
function bitwise(octets: Uint8Array, reflected: boolean, start: number, end: number): number {
  let register = start;
  for (const octet of octets) {
    register ^= reflected ? octet : octet << 8;
    for (let bit = 0; bit < 8; bit++) {
      if (reflected) register = register & 1 ? (register >>> 1) ^ 0x8408 : register >>> 1;
      else register = (register & 0x8000 ? (register << 1) ^ 0x1021 : register << 1) & 0xffff;
    }
  }
  return register ^ end;
}

const octets = fc.uint8Array({ maxLength: 300 });

test('the published check values come out', (t) => {
  t.is(crcX25(CHECK), 0x906e);
  t.is(crcXmodem(CHECK), 0x31c3);
  t.is(crcCcittFalse(CHECK), 0x29b1);
});

test('every length gives what the definition gives', (t) => {
  fc.assert(
    fc.property(octets, (some) => {
      t.is(crcX25(some), bitwise(some, true, 0xffff, 0xffff));
      t.is(crcXmodem(some), bitwise(some, false, 0, 0));
      t.is(crcCcittFalse(some), bitwise(some, false, 0xffff, 0));
    }),
  );
});

test('a range gives what its copy gives', (t) => {
  fc.assert(
    fc.property(octets, fc.nat(300), fc.nat(300), (some, from, to) => {
      const copy = some.slice(from, to);
      t.is(crcX25(some, from, to), crcX25(copy));
      t.is(crcXmodem(some, from, to), crcXmodem(copy));
      t.is(crcCcittFalse(some, from, to), crcCcittFalse(copy));
    }),
  );
});

test('a checksum taken in two parts is that of the whole', (t) => {
  fc.assert(
    fc.property(octets, fc.nat(300), (some, cut) => {
      const at = Math.min(cut, some.length);
      t.is(x25Final(x25Update(x25Update(X25_START, some, 0, at), some, at, some.length)), crcX25(some));
      t.is(crcXmodem(some, at, some.length, crcXmodem(some, 0, at)), crcXmodem(some));
      t.is(crcCcittFalse(some, at, some.length, crcCcittFalse(some, 0, at)), crcCcittFalse(some));
    }),
  );
});

test('a range outside the octets is cut to them', (t) => {
  t.is(crcX25(CHECK, -5, 99), 0x906e);
  t.is(crcXmodem(CHECK, -5, 99), 0x31c3);
  t.is(crcX25(CHECK, 7, 3), crcX25(new Uint8Array(0)));
});

test('octets of X-25 with their own check behind them leave the residue F0B8', (t) => {
  fc.assert(
    fc.property(octets, (some) => {
      const crc = crcX25(some);
      t.is(x25Update(X25_START, Uint8Array.from([...some, crc & 0xff, crc >>> 8]), 0, some.length + 2), 0xf0b8);
    }),
  );
});
