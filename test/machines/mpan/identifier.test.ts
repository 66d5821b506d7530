import test from 'ava';
import { checkDigitOf, hasCheckDigit, parseDipId, parseMpan, parseMpid } from '../../../machines/mpan/index.ts';
import fc from '../../support/fc.ts';

for (const [mpan, valid] of [
  ['2000056535971', true],
  ['1900012374324', true],
  ['1200023305967', true],
  ['1300001498130', true],
  ['2000056500000', true],
  ['1234567890123', false],
  ['2000056535972', false],
] as const) {
  test(`${mpan} ${valid ? 'ends' : 'does not end'} in its check digit`, (t) => t.is(hasCheckDigit(mpan), valid));
}

test('the check digit is asked for only when it is enforced', (t) => {
  t.is(parseMpan('1234567890123').kind, 'ok');
  t.like(parseMpan('1234567890123', { checkDigit: true }), { kind: 'refused', rule: 'mpan_check_digit' });
});

test('an MPAN core has exactly 13 digits', (t) => {
  for (const text of ['', '123456789012', '12345678901234', '123456789012a', ' 234567890123', '１２３４５６７８９０１２３'])
    t.like(parseMpan(text), { rule: 'mpan_length' });
});

test('any twelve digits with their check digit are accepted, and with another are not', (t) => {
  fc.assert(
    fc.property(fc.stringMatching(/^\d{12}$/), fc.integer({ min: 1, max: 9 }), (digits, off) => {
      const digit = checkDigitOf(digits);
      return hasCheckDigit(`${digits}${digit}`) && !hasCheckDigit(`${digits}${(digit + off) % 10}`);
    }),
  );
  t.pass();
});

test('requests take four letters as MPID, stored records letters or digits; both are upper-cased', (t) => {
  t.like(parseMpid('mopx'), { kind: 'ok', value: 'MOPX' });
  t.like(parseMpid('MOP1'), { kind: 'refused', rule: 'mpid_format' });
  t.like(parseMpid('MOP1', 'stored'), { kind: 'ok', value: 'MOP1' });
  t.like(parseMpid('MOPXY', 'stored'), { kind: 'refused', rule: 'mpid_format' });
});

test('a DIP id has ten characters', (t) => {
  t.is(parseDipId('2300000012').kind, 'ok');
  t.like(parseDipId('230000001'), { kind: 'refused', rule: 'dip_id_format' });
});
