/** One telegram from octets (IEC 62056-21, clause 6; meter-protocols 4.1, 4.2). */
import { allows, type Bad, bad, type Decoded, glimpse, good, hexOctet, incomplete, type LeniencyName } from '../common/index.ts';
import { blockExtent, lineExtent } from './extent.ts';
import { decodeLine } from './lines.ts';
import { ACK, bccOf, CR, EOT, isFill, isPrintable, LF, NAK, parityFault, SLASH, SOH, STX, textOf } from './octets.ts';
import type { Telegram, TelegramOptions } from './telegram.ts';

const ACK_TELEGRAM: Telegram = { type: 'ack' };
const NAK_TELEGRAM: Telegram = { type: 'nak' };
/** Octets of an acknowledgement with option select. */
export const SELECT_OCTETS = 6;
/** An answer that is one error and nothing else; a line end behind it changes nothing. */
const ERROR_ANSWER = /^\((ER[^()]*)\)(\r\n|\n)?$/;

/**
 * Decodes the first telegram of the octets. Bit 7 is taken off whatever it holds.
 *
 * Errors: `bad_bcc`, `bad_parity` (only with `parity: 'even'`), `unexpected_octet`, `bad_length`, `too_large`.
 * Leniencies: `leading-noise` (fill octets 00, 7F, CR, LF), `line-ends`, `trailing-line-end`, `long-identification`.
 */
export function decodeTelegram(octets: Uint8Array, options: TelegramOptions = {}): Decoded<Telegram> {
  let start = 0;
  while (start < octets.length && isFill((octets[start] ?? 0) & 0x7f)) start++;
  if (start >= octets.length) return incomplete(start + 1, start);
  if (start > 0 && !allows(options, 'leading-noise')) {
    return bad('unexpected_octet', 0, 'telegram: begins with a slash, SOH, STX, ACK or NAK', glimpse(octets), start);
  }
  const end = telegramEnd(octets, start, options);
  if (typeof end !== 'number') return end;
  if (options.parity === 'even') {
    const fault = parityFault(octets, start, end);
    if (fault >= 0) return bad('bad_parity', fault, 'octet: even parity in bit 7', hexOctet(octets[fault] ?? 0), end);
  }
  return decodeWhole(octets, start, end, start > 0 ? ['leading-noise'] : [], options);
}

/** Behind the last octet of the telegram that begins at `start`, or what to answer in its place. */
function telegramEnd(octets: Uint8Array, start: number, options: TelegramOptions): number | Decoded<never> {
  const first = (octets[start] ?? 0) & 0x7f;
  if (first === NAK) return start + 1;
  if (first === ACK) return acknowledgementEnd(octets, start, options);
  if (first !== SLASH && first !== SOH && first !== STX) {
    return bad('unexpected_octet', start, 'telegram: begins with a slash, SOH, STX, ACK or NAK', hexOctet(first), start + 1);
  }
  const extent = first === SLASH ? lineExtent(octets, start, start, octets.length) : blockExtent(octets, start, start, octets.length, options);
  if (extent.kind === 'whole') return extent.end;
  if (extent.kind === 'more') return incomplete(extent.needs, 0);
  return bad(extent.code, extent.at, extent.rule, extent.at < octets.length ? hexOctet(octets[extent.at] ?? 0) : '', extent.at);
}

function acknowledgementEnd(octets: Uint8Array, start: number, options: TelegramOptions): number | Decoded<never> {
  const acks = options.acks ?? 'either';
  if (acks === 'alone' || (acks === 'either' && octets.length === start + 1)) return start + 1;
  const fits = selectPrefix(octets, start, octets.length);
  if (fits === SELECT_OCTETS) return start + SELECT_OCTETS;
  if (start + fits === octets.length) return incomplete(start + SELECT_OCTETS, 0);
  if (acks === 'either') return start + 1;
  const at = start + fits;
  return bad('unexpected_octet', at, 'option select: three characters, then CR LF', hexOctet(octets[at] ?? 0), at);
}

/** How many octets from an ACK on fit `ACK V Z Y CR LF`. */
export function selectPrefix(octets: Uint8Array, start: number, end: number): number {
  for (let index = 1; index < SELECT_OCTETS; index++) {
    if (start + index >= end) return index;
    const octet = (octets[start + index] ?? 0) & 0x7f;
    const fits = index === 4 ? octet === CR : index === 5 ? octet === LF : octet > 0x20 && octet !== SLASH && isPrintable(octet);
    if (!fits) return index;
  }
  return SELECT_OCTETS;
}

/** Decodes what `extent.ts` has cut: the telegram takes exactly the octets `start` to `end` (and fill behind it). */
function decodeWhole(octets: Uint8Array, start: number, end: number, leniencies: LeniencyName[], options: TelegramOptions): Decoded<Telegram> {
  switch ((octets[start] ?? 0) & 0x7f) {
    case SLASH:
      return decodeLine(octets, start, end, leniencies, options);
    case SOH:
    case STX:
      return decodeChecked(octets, start, end, leniencies, options);
    case NAK:
      return good(NAK_TELEGRAM, end, leniencies);
    default: {
      if (end === start + 1) return good(ACK_TELEGRAM, end, leniencies);
      const [protocolChar = '', baudChar = '', optionChar = ''] = textOf(octets, start + 1, start + 4);
      return good({ type: 'ack-option-select', protocolChar, baudChar, optionChar }, end, leniencies);
    }
  }
}

/** `SOH C D [STX data] ETX|EOT BCC` and `STX data ETX|EOT BCC`. */
function decodeChecked(octets: Uint8Array, start: number, end: number, leniencies: LeniencyName[], options: TelegramOptions): Decoded<Telegram> {
  const bcc = (octets[end - 1] ?? 0) & 0x7f;
  const computed = bccOf(octets, start + 1, end - 1);
  if (bcc !== computed) return bad('bad_bcc', end - 1, `bcc: XOR of the octets behind the start, ${hexOctet(computed)}`, hexOctet(bcc), end);
  const telegram = ((octets[start] ?? 0) & 0x7f) === STX ? answerOf(octets, start, end, bcc) : commandOf(octets, start, end, bcc);
  if (telegram.type === 'bad') return telegram.outcome;
  let consumed = end;
  if (octets.length === end + 2 && ((octets[end] ?? 0) & 0x7f) === CR && ((octets[end + 1] ?? 0) & 0x7f) === LF && allows(options, 'trailing-line-end')) {
    consumed = end + 2;
    leniencies.push('trailing-line-end');
  }
  return good(telegram, consumed, leniencies);
}

const terminatorOf = (octets: Uint8Array, end: number): 'ETX' | 'EOT' => (((octets[end - 2] ?? 0) & 0x7f) === EOT ? 'EOT' : 'ETX');

function answerOf(octets: Uint8Array, start: number, end: number, bcc: number): Telegram {
  const data = textOf(octets, start + 1, end - 2);
  const terminator = terminatorOf(octets, end);
  const [, errorCode, lineEnd] = (data.startsWith('(ER') && ERROR_ANSWER.exec(data)) || [];
  if (errorCode !== undefined) {
    const error = { type: 'error', errorCode, terminator, bcc } as const;
    return lineEnd === '\r\n' || lineEnd === '\n' ? { ...error, lineEnd } : error;
  }
  return { type: 'answer', data, terminator, bcc };
}

function commandOf(octets: Uint8Array, start: number, end: number, bcc: number): Telegram | { readonly type: 'bad'; readonly outcome: Bad } {
  const refuse = (at: number, rule: string) => ({ type: 'bad' as const, outcome: bad('unexpected_octet', at, rule, hexOctet(octets[at] ?? 0), end) });
  for (let at = start + 1; at < start + 3; at++) {
    if (at >= end - 2 || !isPrintable((octets[at] ?? 0) & 0x7f)) return refuse(at, 'command: two printable characters behind SOH');
  }
  const command = textOf(octets, start + 1, start + 3);
  const terminator = terminatorOf(octets, end);
  if (end - 2 === start + 3) {
    return command === 'B0' && terminator === 'ETX' ? { type: 'break', bcc } : { type: 'command', command, data: null, terminator, bcc };
  }
  if (((octets[start + 3] ?? 0) & 0x7f) !== STX) return refuse(start + 3, 'command: STX, ETX or EOT behind the two characters');
  return { type: 'command', command, data: textOf(octets, start + 4, end - 2), terminator, bcc };
}
