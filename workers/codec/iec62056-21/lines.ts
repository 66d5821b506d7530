/** The two telegrams that are a line: request and identification (IEC 62056-21, 6.3.1 and 6.3.2; meter-protocols 4.2). */
import { allows, bad, type Decoded, good, type LeniencyName } from '../common/index.ts';
import { CR, LF, textOf } from './octets.ts';
import { MAX_DEVICE_ADDRESS, MAX_IDENTIFICATION, STANDARD_IDENTIFICATION, type Telegram, type TelegramOptions } from './telegram.ts';

/** @param end behind the first LF; a second one (`LF LF`) is taken too where it is there */
export function decodeLine(octets: Uint8Array, start: number, end: number, leniencies: LeniencyName[], options: TelegramOptions): Decoded<Telegram> {
  let textEnd = end - 1;
  while (((octets[textEnd - 1] ?? 0) & 0x7f) === CR) textEnd--;
  let consumed = end;
  if (textEnd !== end - 2) {
    if (!allows(options, 'line-ends')) return bad('unexpected_octet', textEnd, 'line: ends with CR LF', '', end);
    if (textEnd === end - 1 && ((octets[end] ?? 0) & 0x7f) === LF) consumed++;
    leniencies.push('line-ends');
  }
  const text = textOf(octets, start, textEnd);
  return text.startsWith('/?') ? requestOf(text, start, consumed, leniencies) : identificationOf(text, start, consumed, leniencies, options);
}

function requestOf(text: string, start: number, consumed: number, leniencies: LeniencyName[]): Decoded<Telegram> {
  const bang = text.indexOf('!');
  if (bang < 0 || bang !== text.length - 1) {
    return bad('unexpected_octet', start + (bang < 0 ? text.length : bang + 1), 'request: one exclamation mark, at its end', '', consumed);
  }
  const deviceAddress = text.slice(2, bang);
  if (deviceAddress.length > MAX_DEVICE_ADDRESS) {
    return bad('bad_length', start + 2, `deviceAddress: at most ${MAX_DEVICE_ADDRESS} characters`, deviceAddress.length, consumed);
  }
  return good({ type: 'request', deviceAddress }, consumed, leniencies);
}

function identificationOf(text: string, start: number, consumed: number, leniencies: LeniencyName[], options: TelegramOptions): Decoded<Telegram> {
  const manufacturer = text.slice(1, 4);
  if (!/^[A-Za-z]{3}$/.test(manufacturer)) return bad('unexpected_octet', start + 1, 'manufacturer: three letters', manufacturer, consumed);
  if (text.length < 5) return bad('bad_length', start + 4, 'baudChar: one character behind the manufacturer', '', consumed);
  const bang = text.indexOf('!');
  if (bang >= 0) return bad('unexpected_octet', start + bang, 'identification: no exclamation mark', '!', consumed);
  const { enhanced, identification } = splitPairs(text.slice(5));
  if (identification.length > STANDARD_IDENTIFICATION) {
    const most = allows(options, 'long-identification') ? MAX_IDENTIFICATION : STANDARD_IDENTIFICATION;
    const at = start + text.length - identification.length;
    if (identification.length > most) return bad('bad_length', at, `identification: at most ${most} characters`, identification.length, consumed);
    leniencies.push('long-identification');
  }
  return good({ type: 'identification', manufacturer, baudChar: text.charAt(4), enhanced, identification }, consumed, leniencies);
}

/** `\W` pairs, each a capability of its own, and what follows them. */
export function splitPairs(text: string): { readonly enhanced: readonly string[]; readonly identification: string } {
  const enhanced: string[] = [];
  let at = 0;
  while (text.charAt(at) === '\\' && at + 1 < text.length) {
    enhanced.push(text.charAt(at + 1));
    at += 2;
  }
  return { enhanced, identification: text.slice(at) };
}
