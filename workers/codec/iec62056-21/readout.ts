/**
 * Data readouts, of all modes and as they are found in the field (IEC 62056-21, 6.3.4 and 6.4; meter-protocols 4.2, 4.5).
 *
 * ```
 *   [ echo, noise ]  / X X X Z identification CR LF        optional
 *   [ echo ]         STX lines ! CR LF ETX BCC             with framing, or in blocks: STX lines EOT BCC … STX lines ETX BCC
 *   or               lines ! CR LF                         without
 * ```
 */
import {
  allows,
  bad,
  type CodecErrorCode,
  DEFAULT_LIMITS,
  type Decoded,
  type Encoded,
  glimpse,
  good,
  hexOctet,
  incomplete,
  type LeniencyName,
  type LeniencyOptions,
  type Limits,
} from '../common/index.ts';
import { type DataSetTable, readDataSets } from './data-sets.ts';
import { decodeTelegram } from './decode.ts';
import { type EncodeOptions, encodeTelegram } from './encode.ts';
import { bccOf, EOT, ETX, isFill, isPrintable, LF, parityFault, SLASH, STX, stripParity, textOf } from './octets.ts';
import type { IdentificationTelegram } from './telegram.ts';

const QUESTION = 0x3f;

export interface Readout {
  /** null where the octets begin behind it. */
  readonly identification: IdentificationTelegram | null;
  /** Between STX and ETX, blocks joined; without framing everything behind the identification. */
  readonly text: string;
  readonly dataSets: DataSetTable;
  readonly framed: boolean;
  /** Of the last block, seven bits; null when there was none. */
  readonly bcc: number | null;
}

export interface ReadoutOptions extends LeniencyOptions {
  /** As in `TelegramOptions`. */
  readonly parity?: 'strip' | 'even';
  readonly limits?: Pick<Limits, 'maxElements' | 'maxOctets'>;
}

/**
 * Decodes a whole recording: its end ends the readout, with or without end mark, ETX and BCC. What precedes the last
 * identification gives nothing.
 *
 * Errors: `bad_bcc`, `bad_parity`, `unexpected_octet` (no readout at all), `too_many`, `too_large`.
 * Leniencies: `leading-noise`, `line-ends`, `missing-bcc`, `trailing-octets`, `long-identification`.
 */
export function decodeReadout(octets: Uint8Array, options: ReadoutOptions = {}): Decoded<Readout> {
  const limits = options.limits ?? DEFAULT_LIMITS;
  const refuse = (code: CodecErrorCode, at: number, rule: string, got: string | number = '') => bad(code, at, rule, got, octets.length);
  if (octets.length > limits.maxOctets) return refuse('too_large', 0, 'readout: at most maxOctets', octets.length);
  if (options.parity === 'even') {
    const fault = parityFault(octets);
    if (fault >= 0) return refuse('bad_parity', fault, 'octet: even parity in bit 7', hexOctet(octets[fault] ?? 0));
  }
  const seven = stripParity(octets);
  const found = lastIdentification(seven, options.strict ?? []);
  const leniencies = new Set<LeniencyName>(found?.leniencies);
  if (found !== undefined && found.start > 0) leniencies.add('leading-noise');
  const body = readBody(seven, found?.end ?? 0);
  if (body.kind === 'bad') return refuse('bad_bcc', body.at, `bcc: XOR of the octets behind STX, ${hexOctet(body.computed)}`, hexOctet(seven[body.at] ?? 0));
  for (const leniency of body.leniencies) leniencies.add(leniency);
  const dataSets = readDataSets(body.text, limits);
  if (dataSets.overflowed) return refuse('too_many', 0, 'readout: at most maxElements data sets', limits.maxElements);
  if (found === undefined && !body.framed && dataSets.length === 0) {
    return octets.length === 0 ? incomplete(1) : refuse('unexpected_octet', 0, 'readout: an identification, STX or a data set', glimpse(octets));
  }
  const strict = [...leniencies].find((name) => !allows(options, name));
  if (strict === 'missing-bcc') return incomplete(octets.length + 1);
  if (strict !== undefined) return refuse(strict === 'trailing-octets' ? 'trailing_octets' : 'unexpected_octet', body.end, `readout: ${strict} is turned off`);
  const readout = { identification: found?.identification ?? null, text: body.text, dataSets, framed: body.framed, bcc: body.bcc };
  return good(readout, octets.length, [...leniencies]);
}

interface FoundIdentification {
  readonly identification: IdentificationTelegram;
  readonly start: number;
  readonly end: number;
  readonly leniencies: readonly LeniencyName[];
}

/**
 * The last identification. A slash inside a line counts only where its line holds no brackets: units may hold one (`m3/h`), and a
 * readout that broke off in the middle of a line may be followed by an identification at once.
 */
function lastIdentification(octets: Uint8Array, strict: NonNullable<LeniencyOptions['strict']>): FoundIdentification | undefined {
  for (let start = octets.lastIndexOf(SLASH); start >= 0; start = start === 0 ? -1 : octets.lastIndexOf(SLASH, start - 1)) {
    const outcome = decodeTelegram(octets.subarray(start, start + 128), { strict });
    if (outcome.kind !== 'good' || outcome.value.type !== 'identification') continue;
    const atLineStart = start === 0 || !isPrintable(octets[start - 1] ?? 0);
    const { baudChar, identification } = outcome.value;
    if (!atLineStart && /[()]/.test(baudChar + identification)) continue;
    return { identification: outcome.value, start, end: start + outcome.consumed, leniencies: outcome.leniencies };
  }
  return undefined;
}

type Body =
  | {
      readonly kind: 'good';
      readonly text: string;
      readonly framed: boolean;
      readonly bcc: number | null;
      readonly end: number;
      readonly leniencies: readonly LeniencyName[];
    }
  | { readonly kind: 'bad'; readonly at: number; readonly computed: number };

/** What stands behind the identification, which ends at `from`. */
function readBody(octets: Uint8Array, from: number): Body {
  const stx = firstStart(octets, from);
  if (stx < 0) {
    const text = textOf(octets, behindEcho(octets, from), octets.length);
    return { kind: 'good', text, framed: false, bcc: null, end: octets.length, leniencies: lineEndsOf(text) };
  }
  const leniencies: LeniencyName[] = stx > from ? ['leading-noise'] : [];
  let text = '';
  let start = stx;
  for (;;) {
    const stop = blockEnd(octets, start + 1);
    text += textOf(octets, start + 1, stop);
    if (stop + 1 >= octets.length) {
      leniencies.push('missing-bcc', ...lineEndsOf(text));
      return { kind: 'good', text, framed: true, bcc: null, end: octets.length, leniencies };
    }
    const bcc = octets[stop + 1] ?? 0;
    const computed = bccOf(octets, start + 1, stop + 1);
    if (bcc !== computed) return { kind: 'bad', at: stop + 1, computed };
    const next = octets[stop] === EOT ? firstStart(octets, stop + 2) : -1;
    if (next < 0) {
      if (!onlyFill(octets, stop + 2)) leniencies.push('trailing-octets');
      return { kind: 'good', text, framed: true, bcc, end: stop + 2, leniencies: [...leniencies, ...lineEndsOf(text)] };
    }
    start = next;
  }
}

/** Behind the last line that begins as a request does: its exclamation mark would end the data. */
function behindEcho(octets: Uint8Array, from: number): number {
  for (let at = octets.lastIndexOf(SLASH); at >= from; at = at === 0 ? -1 : octets.lastIndexOf(SLASH, at - 1)) {
    if (octets[at + 1] !== QUESTION) continue;
    const lineEnd = octets.indexOf(LF, at);
    return lineEnd < 0 ? from : lineEnd + 1;
  }
  return from;
}

/** The STX that begins the data; -1 when a bracket comes first, or none is there. An echo of the option select may stand before it. */
function firstStart(octets: Uint8Array, from: number): number {
  for (let at = from; at < octets.length; at++) {
    if (octets[at] === STX) return at;
    if (octets[at] === 0x28) return -1;
  }
  return -1;
}

/** Index of ETX or EOT, or the end of the octets. */
function blockEnd(octets: Uint8Array, from: number): number {
  let at = from;
  while (at < octets.length && octets[at] !== ETX && octets[at] !== EOT) at++;
  return at;
}

function onlyFill(octets: Uint8Array, from: number): boolean {
  for (let at = from; at < octets.length; at++) if (!isFill(octets[at] ?? 0)) return false;
  return true;
}

function lineEndsOf(text: string): LeniencyName[] {
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at - 1) !== 0x0d || text.charCodeAt(at - 2) === 0x0d) return ['line-ends'];
  }
  return [];
}

export interface ReadoutParts {
  readonly identification: IdentificationTelegram | null;
  readonly text: string;
  /** With STX, ETX and BCC. */
  readonly framed: boolean;
}

/** The octets of a readout in one block. Errors as of `encodeTelegram`. */
export function encodeReadout(parts: ReadoutParts, options: EncodeOptions = {}): Encoded {
  const head: Encoded = parts.identification === null ? { kind: 'good', octets: new Uint8Array(0) } : encodeTelegram(parts.identification, options);
  if (head.kind === 'bad') return head;
  const body = encodeTelegram(parts.framed ? { type: 'answer', data: parts.text, terminator: 'ETX' } : { type: 'lines', data: parts.text }, options);
  if (body.kind === 'bad') return body;
  const octets = new Uint8Array(head.octets.length + body.octets.length);
  octets.set(head.octets);
  octets.set(body.octets, head.octets.length);
  return { kind: 'good', octets };
}
