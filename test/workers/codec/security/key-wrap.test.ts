import test from 'ava';
import { toHex } from '../../../../workers/codec/common/index.ts';
import { unwrapKey, wrapKey } from '../../../../workers/codec/security/index.ts';
import fc from '../../../support/fc.ts';
import { hex, vectorsOf } from './material.ts';

const KEK = '000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F';
const KEY = '00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F';

const RFC_3394 = [
  { section: '4.1', kek: 16, key: 16, wrapped: '1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5' },
  { section: '4.2', kek: 24, key: 16, wrapped: '96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D' },
  { section: '4.3', kek: 32, key: 16, wrapped: '64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7' },
  { section: '4.4', kek: 24, key: 24, wrapped: '031D33264E15D33268F24EC260743EDCE1C6C7DDEE725A936BA814915C6762D2' },
  { section: '4.5', kek: 32, key: 24, wrapped: 'A8F9BC1612C68B3FF6E6F4FBE30E71E4769C8B80A32CB8958CD5D17D6B254DA1' },
  { section: '4.6', kek: 32, key: 32, wrapped: '28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43BFB988B9B7A02DD21' },
];

for (const { section, kek, key, wrapped } of RFC_3394) {
  test(`RFC 3394, ${section}: wraps and unwraps as published`, (t) => {
    const master = hex(KEK.slice(0, kek * 2));
    const plain = hex(KEY.slice(0, key * 2));
    const out = wrapKey(master, plain);
    t.is(out.kind === 'good' && toHex(out.octets), wrapped);
    const back = unwrapKey(master, hex(wrapped));
    t.is(back.kind === 'good' && toHex(back.value), KEY.slice(0, key * 2));
  });
}

for (const { id, hex: wrapped, decoded } of vectorsOf('dlms-security').filter(({ form }) => form === 'wrap')) {
  test(`vector ${id}: wraps and unwraps`, (t) => {
    const { kek } = decoded.given as { kek: string };
    const out = wrapKey(hex(kek), hex(decoded.key as string));
    t.is(out.kind === 'good' && toHex(out.octets), wrapped);
    const back = unwrapKey(hex(kek), hex(wrapped));
    t.is(back.kind === 'good' && toHex(back.value), decoded.key as string);
  });
}

test('whatever is wrapped unwraps, and a changed octet is refused', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(16, 24, 32).chain((size) => fc.uint8Array({ minLength: size, maxLength: size })),
      fc.integer({ min: 2, max: 12 }).chain((blocks) => fc.uint8Array({ minLength: blocks * 8, maxLength: blocks * 8 })),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (kek, key, place, flip) => {
        const wrapped = wrapKey(kek, key);
        if (wrapped.kind === 'bad') return false;
        const back = unwrapKey(kek, wrapped.octets);
        const damaged = wrapped.octets.slice();
        damaged[place % damaged.length]! ^= flip;
        const refused = unwrapKey(kek, damaged);
        return back.kind === 'good' && toHex(back.value) === toHex(key) && refused.kind === 'bad' && refused.error.code === 'bad_tag';
      },
    ),
  );
  t.pass();
});

test('a master key of a wrong length, or none, is told without its octets', (t) => {
  const none = wrapKey(undefined, new Uint8Array(16));
  t.like(none, { kind: 'bad', error: { code: 'missing_key', rule: 'masterKey: not given' } });
  const short = unwrapKey(hex('C0FFEE'), new Uint8Array(24));
  t.like(short, { kind: 'bad', error: { code: 'bad_value', got: '3 octets' } });
  t.false(JSON.stringify(short).includes('C0FFEE'));
});

test('what is no whole number of 8 octets, or too short, is refused', (t) => {
  const kek = new Uint8Array(16);
  for (const size of [0, 8, 15, 17]) t.like(wrapKey(kek, new Uint8Array(size)), { kind: 'bad', error: { code: 'bad_value', got: `${size} octets` } });
  for (const size of [0, 8, 16, 25]) t.like(unwrapKey(kek, new Uint8Array(size)), { kind: 'bad', error: { code: 'bad_value' }, consumed: size });
});
