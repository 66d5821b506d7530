import test from 'ava';
import { type CodecErrorCode, fromHex, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { baudOf, command, decodeTelegram, encodeTelegram, modeOf, type Telegram } from '../../../../workers/codec/iec62056-21/index.ts';
import fc from '../../../support/fc.ts';
import { telegrams } from './arbitraries.ts';

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const refused = (text: string, options = {}): CodecErrorCode | undefined => {
  const outcome = decodeTelegram(ascii(text), options);
  return outcome.kind === 'bad' ? outcome.error.code : undefined;
};

test('every telegram comes back from its own octets', (t) => {
  fc.assert(
    fc.property(telegrams, (telegram) => {
      const octets = must(encodeTelegram(telegram));
      const outcome = decodeTelegram(octets);
      if (outcome.kind !== 'good') return false;
      t.is(outcome.consumed, octets.length);
      const { bcc: _, ...value } = { bcc: 0, ...outcome.value };
      t.deepEqual<object, object>(value, telegram);
      return true;
    }),
    { numRuns: 500 },
  );
});

test('even parity is put on and checked, and does not change the telegram', (t) => {
  fc.assert(
    fc.property(telegrams, (telegram) => {
      const plain = must(encodeTelegram(telegram));
      const even = must(encodeTelegram(telegram, { evenParity: true }));
      t.deepEqual(mustDecode(decodeTelegram(even, { parity: 'even' })), mustDecode(decodeTelegram(plain)));
      t.deepEqual(mustDecode(decodeTelegram(even)), mustDecode(decodeTelegram(plain)));
    }),
  );
});

test('an octet of odd parity is refused only where parity is asked for', (t) => {
  const octets = must(encodeTelegram({ type: 'break' }, { evenParity: true }));
  octets[1] = (octets[1] ?? 0) ^ 0x80;
  const outcome = decodeTelegram(octets, { parity: 'even' });
  t.like(outcome, { kind: 'bad', error: { code: 'bad_parity', offset: 1 } });
  t.is(decodeTelegram(octets).kind, 'good');
});

test('every cut of a telegram is incomplete', (t) => {
  fc.assert(
    fc.property(telegrams, (telegram) => {
      const octets = must(encodeTelegram(telegram));
      for (let length = 0; length < octets.length; length++) {
        const outcome = decodeTelegram(octets.subarray(0, length), { acks: 'select' });
        if (telegram.type === 'ack' && length === 1) continue;
        t.is(outcome.kind, 'incomplete', toHex(octets.subarray(0, length)));
        if (outcome.kind === 'incomplete') t.true(outcome.needs > length && outcome.needs <= Math.max(octets.length, 6));
      }
    }),
    { numRuns: 60 },
  );
});

test('the octet behind ETX is the BCC whatever its value', (t) => {
  for (let wanted = 0; wanted < 0x80; wanted++) {
    const filler = wanted ^ 0x03 ^ 0x41;
    const data = String.fromCharCode(filler, 0x41);
    const outcome = encodeTelegram({ type: 'answer', data, terminator: 'ETX' });
    if (outcome.kind === 'bad') continue;
    t.is(outcome.octets.at(-1), wanted);
    t.like(mustDecode(decodeTelegram(outcome.octets)), { type: 'answer', data, bcc: wanted });
  }
});

test('a wrong BCC is refused at its offset, and the whole telegram is given up', (t) => {
  const octets = fromHex('02284552523129037602')!;
  octets[8] = 0x77;
  t.like(decodeTelegram(octets), { kind: 'bad', error: { code: 'bad_bcc', offset: 8 }, consumed: 9 });
});

test('an ACK is alone or begins an option select by what follows it', (t) => {
  const select = ascii('\x06051\r\n');
  t.like(mustDecode(decodeTelegram(select)), { type: 'ack-option-select', baudChar: '5', optionChar: '1' });
  t.like(decodeTelegram(select, { acks: 'alone' }), { value: { type: 'ack' }, consumed: 1 });
  t.like(decodeTelegram(ascii('\x06')), { value: { type: 'ack' }, consumed: 1 });
  t.like(decodeTelegram(ascii('\x06'), { acks: 'select' }), { kind: 'incomplete', needs: 6 });
  t.like(decodeTelegram(ascii('\x06\x01B0\x03q')), { value: { type: 'ack' }, consumed: 1 });
});

test('an error may have a line end behind its bracket', (t) => {
  for (const end of ['', '\r\n', '\n'] as const) {
    const octets = must(encodeTelegram({ type: 'answer', data: `(ERR1)${end}`, terminator: 'ETX' }));
    const telegram = mustDecode(decodeTelegram(octets));
    t.like(telegram, { type: 'error', errorCode: 'ERR1' });
    t.deepEqual(must(encodeTelegram(telegram)), octets);
  }
});

test('fill before a telegram is let pass as leading-noise, or refused', (t) => {
  t.like(decodeTelegram(ascii('\0\x7f\r\n/?!\r\n')), { leniencies: ['leading-noise'], consumed: 9 });
  t.is(refused('\0/?!\r\n', { strict: ['leading-noise'] }), 'unexpected_octet');
});

test('other line ends are let pass as line-ends, or refused', (t) => {
  for (const end of ['\n', '\n\n', '\r\r\n']) {
    t.like(decodeTelegram(ascii(`/?!${end}`)), { kind: 'good', leniencies: ['line-ends'], consumed: 3 + end.length });
    t.is(refused(`/?!${end}`, { strict: 'all' }), 'unexpected_octet');
  }
});

test('CR LF behind a telegram is let pass as trailing-line-end, or left over', (t) => {
  t.like(decodeTelegram(ascii('\x01B0\x03q\r\n')), { leniencies: ['trailing-line-end'], consumed: 7 });
  t.like(decodeTelegram(ascii('\x01B0\x03q\r\n'), { strict: ['trailing-line-end'] }), { leniencies: [], consumed: 5 });
});

test('a long identification is let pass as long-identification, or refused', (t) => {
  t.like(decodeTelegram(ascii(`/LGZ5${'X'.repeat(17)}\r\n`)), { kind: 'good', leniencies: ['long-identification'] });
  t.is(refused(`/LGZ5${'X'.repeat(17)}\r\n`, { strict: 'all' }), 'bad_length');
  t.is(refused(`/LGZ5${'X'.repeat(65)}\r\n`), 'bad_length');
});

test('what is no telegram is refused with the rule', (t) => {
  t.is(refused('X'), 'unexpected_octet');
  t.is(refused('/12!\r\n'), 'unexpected_octet');
  t.is(refused('/LGZ\r\n'), 'bad_length');
  t.is(refused('/?12!3\r\n'), 'unexpected_octet');
  t.is(refused(`/?${'1'.repeat(33)}!\r\n`), 'bad_length');
  t.is(refused(`/LGZ${'X'.repeat(200)}`), 'too_large');
  t.is(refused('\x02(1\x01B0\x03q'), 'unexpected_octet');
  t.is(refused(`\x01W1\x02${'1'.repeat(50)}`, { maxTelegram: 40 }), 'too_large');
  t.is(refused(`\x02${'1'.repeat(50)}`, { maxReadout: 40 }), 'too_large');
});

test('a value that does not fit its field is not coded', (t) => {
  const wrong: Telegram[] = [
    { type: 'request', deviceAddress: '1'.repeat(33) },
    { type: 'request', deviceAddress: '1/2' },
    { type: 'identification', manufacturer: 'LG1', baudChar: '5', enhanced: [], identification: '' },
    { type: 'identification', manufacturer: 'LGZ', baudChar: '', enhanced: [], identification: '' },
    { type: 'identification', manufacturer: 'LGZ', baudChar: '5', enhanced: ['22'], identification: '' },
    { type: 'identification', manufacturer: 'LGZ', baudChar: '5', enhanced: [], identification: '\\2' },
    { type: 'identification', manufacturer: 'LGZ', baudChar: '5', enhanced: [], identification: 'a!' },
    { type: 'ack-option-select', protocolChar: '0', baudChar: '55', optionChar: '1' },
    command('R', '1'),
    command('R1', '\x03'),
    command('R1', '\u00e9'),
    { type: 'answer', data: '1(2)\r\n/x', terminator: 'ETX' },
    { type: 'error', errorCode: '1', terminator: 'ETX' },
  ];
  for (const telegram of wrong) t.like(encodeTelegram(telegram), { kind: 'bad', error: { code: 'bad_value' } }, JSON.stringify(telegram));
});

test('the error of a command that does not fit does not show its data', (t) => {
  const outcome = encodeTelegram(command('P1', '(SECRET\x03)'));
  t.is(outcome.kind, 'bad');
  t.notRegex(JSON.stringify(outcome), /SECRET/);
});

test('modes and speeds follow from the baud character and the pairs', (t) => {
  t.deepEqual(['0', '6', 'A', 'F', '7', 'G', '?'].map(baudOf), [300, 19200, 600, 19200, null, null, null]);
  t.deepEqual(
    ['0', 'E', '7', 'I', ' '].map((char) => modeOf(char, [])),
    ['C', 'B', 'A', 'A', 'A'],
  );
  t.is(modeOf('5', ['@', '2']), 'E');
  t.is(modeOf('A', ['2']), 'B');
});

test('any octets give an outcome within their bounds', (t) => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.constantFrom(1, 2, 3, 4, 6, 13, 10, 0x21, 0x2f, 0x3f), fc.integer({ min: 0, max: 255 })), { maxLength: 40 }), (list) => {
      const octets = Uint8Array.from(list);
      const outcome = decodeTelegram(octets);
      t.true(outcome.consumed <= octets.length);
      if (outcome.kind === 'bad') t.true(outcome.consumed > 0 && outcome.error.offset <= octets.length);
      if (outcome.kind === 'incomplete') t.true(outcome.needs > octets.length);
    }),
    { numRuns: 3000 },
  );
});
