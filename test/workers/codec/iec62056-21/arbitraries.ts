import type { Telegram } from '../../../../workers/codec/iec62056-21/index.ts';
import fc from '../../../support/fc.ts';

const charsOf = (text: string, maxLength: number, minLength = 0) => fc.array(fc.constantFrom(...text), { minLength, maxLength }).map((chars) => chars.join(''));

export const PRINTABLE = Array.from({ length: 95 }, (_, index) => String.fromCharCode(0x20 + index))
  .join('')
  .replace(/[/!]/g, '');
const LETTERS = 'ABCXYZabcxyz';
const terminator = fc.constantFrom('ETX' as const, 'EOT' as const);
const data = charsOf(`${PRINTABLE}!\r\n\t`, 60).filter((text) => !text.startsWith('(ER'));
const one = (text: string) => fc.constantFrom(...text);

/** What `encodeTelegram` takes and `decodeTelegram` gives, except `lines`. */
export const telegrams: fc.Arbitrary<Telegram> = fc.oneof(
  fc.record({ type: fc.constant('request' as const), deviceAddress: charsOf(PRINTABLE, 32) }),
  fc.record({
    type: fc.constant('identification' as const),
    manufacturer: charsOf(LETTERS, 3, 3),
    baudChar: one('0123456789ABCDEFGHI- '),
    enhanced: fc.array(one('2@Xa'), { maxLength: 4 }),
    identification: charsOf(PRINTABLE.replace('\\', ''), 16),
  }),
  fc.record({ type: fc.constant('ack-option-select' as const), protocolChar: one('0123'), baudChar: one('0123456A'), optionChar: one('0126789') }),
  fc
    .record({ type: fc.constant('command' as const), command: charsOf('PWREBD0123456', 2, 2), data: fc.option(data), terminator })
    .filter(({ command, data: text }) => command !== 'B0' || text !== null),
  fc.constant({ type: 'break' as const }),
  fc.record({ type: fc.constant('answer' as const), data, terminator }),
  fc.record({ type: fc.constant('error' as const), errorCode: charsOf(' 0123ER:', 6).map((rest) => `ER${rest}`), terminator }),
  fc.constant({ type: 'ack' as const }),
  fc.constant({ type: 'nak' as const }),
);
