import test from 'ava';
import { landisGyr } from '../../../../ops/vectors/landis-gyr.ts';
import type { JsonObject } from '../../../../ops/vectors/mapping.ts';
import { toHex } from '../../../../workers/codec/common/index.ts';
import { landisGyrResponse } from '../../../../workers/codec/security/index.ts';
import fc from '../../../support/fc.ts';
import { ascii, hex, vectorsOf } from './material.ts';

const form = landisGyr.forms.challenge!;

for (const vector of vectorsOf('landis-gyr')) {
  const decoded = vector.decoded as JsonObject;
  const given = decoded.given as JsonObject;

  test(`vector ${vector.id}: decodes`, (t) => {
    t.like(form.decode(hex(vector.hex), { given }), { kind: 'good', value: { variant: decoded.variant, response: decoded.response } });
  });

  test(`vector ${vector.id}: decodes without what is given`, (t) => {
    t.like(form.decode(hex(vector.hex), {}), { kind: 'good', value: { variant: decoded.variant, response: decoded.response } });
  });

  test(`vector ${vector.id}: encodes`, (t) => {
    const made = form.encode!(decoded, { given });
    t.is(made.kind === 'good' && toHex(made.octets), vector.hex);
  });
}

test('a response that is not the answer to the given challenge is refused', (t) => {
  const given = { password: '1234567', challenge: '8B729272' };
  t.like(form.decode(ascii('9946C403'), { given }), { kind: 'bad', error: { code: 'bad_tag' } });
});

test('a challenge in lower case gives the same answer', (t) => {
  t.deepEqual(landisGyrResponse(ascii('1234567'), ascii('b48fbb85')), landisGyrResponse(ascii('1234567'), ascii('B48FBB85')));
});

test('variants 6 to F are refused', (t) => {
  for (const variant of '6789ABCDEF') {
    t.like(landisGyrResponse(ascii('1234567'), ascii(`0000000${variant}`)), { kind: 'bad', error: { code: 'unsupported', offset: 7 } });
  }
});

test('what is no challenge is refused, whatever the octets', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), (octets) => {
      const made = landisGyrResponse(ascii('1234567'), octets);
      const looksRight = /^[0-9a-fA-F]{7}[0-5]$/.test(String.fromCharCode(...octets));
      return (made.kind === 'good') === looksRight;
    }),
  );
  t.like(landisGyrResponse(ascii('1234567'), ascii('12345G70')), { kind: 'bad', error: { code: 'bad_value', offset: 5 } });
});

test('a password that is not seven digits is refused and not told', (t) => {
  for (const password of ['', '123456', '12345678', 'SECRETS', '12345A7']) {
    const made = landisGyrResponse(ascii(password), ascii('12345670'));
    t.like(made, { kind: 'bad', error: { code: 'bad_value' } });
    t.false(password !== '' && JSON.stringify(made).includes(password));
  }
});

test('the table knows a response from other octets', (t) => {
  t.true(landisGyr.recognise(ascii('12345670')) > 0);
  t.is(landisGyr.recognise(ascii('1234567')), 0);
  t.is(landisGyr.formOf(ascii('12345670')), 'challenge');
});
