import {
  allows,
  type Bad,
  bad,
  type CodecErrorCode,
  type Decoded,
  good,
  hexOctet,
  incomplete,
  type LeniencyOptions,
  X25_START,
  x25Final,
  x25Update,
} from '../common/index.ts';
import { readAddress } from './address.ts';
import { CONTROLS } from './control.ts';
import { FLAG, type HdlcFrame, type HdlcLimits, MAX_FRAME_LENGTH } from './frame.ts';

export interface HdlcDecodeOptions extends HdlcLimits, LeniencyOptions {}

const NONE = new Uint8Array(0);
/** Format, one octet each for the addresses, control, FCS. */
const LEAST_LENGTH = 7;
/** With so many octets of a body its HCS has come, whatever the size of its addresses. */
const LONGEST_HEAD = 2 + 4 + 4 + 1 + 2;

/**
 * The first frame of `octets`, which begin at a flag, or with noise in front of one (leniency `leading-noise`). Flags that fill
 * the line are skipped. `consumed` ends behind the closing flag; octets behind it are left alone.
 *
 * Errors: `unexpected_octet` (no flag, format or control of a frame), `bad_length`, `bad_hcs`, `bad_fcs`, `too_large`; offsets
 * from the start of `octets`. IEC 62056-46, 6.4; meter-protocols 5.1.
 */
export function decodeHdlcFrame(octets: Uint8Array, options?: HdlcDecodeOptions): Decoded<HdlcFrame> {
  const flag = octets.indexOf(FLAG);
  if (flag !== 0 && octets.length > 0 && !allows(options, 'leading-noise')) {
    return bad('unexpected_octet', 0, 'flag: 7E', hexOctet(octets[0] ?? 0), flag < 0 ? octets.length : flag);
  }
  if (flag < 0) return incomplete(octets.length + 1, octets.length);
  let body = flag + 1;
  while (octets[body] === FLAG) body++;
  const outcome = decodeBody(octets, body, options?.maxFrame ?? MAX_FRAME_LENGTH, options?.maxInformation ?? MAX_FRAME_LENGTH);
  if (outcome.kind === 'incomplete') return incomplete(outcome.needs, body - 1);
  if (outcome.kind === 'good') return flag === 0 ? outcome : good(outcome.value, outcome.consumed, ['leading-noise']);
  const next = octets.indexOf(FLAG, body);
  return { ...outcome, consumed: next < 0 ? octets.length : next };
}

/**
 * The frame whose format field is at `body`. All counts and offsets are from the start of `octets`. A header whose HCS is wrong
 * is refused before the rest has come, so a false start in noise does not swallow what follows.
 *
 * The register of the HCS goes on into the FCS, so every octet is looked at once: bench `codec`.
 */
export function decodeBody(octets: Uint8Array, body: number, maxFrame: number, maxInformation: number): Decoded<HdlcFrame> {
  const there = octets.length - body;
  if (there >= 1 && ((octets[body] as number) & 0xf0) !== 0xa0) {
    return refuse('unexpected_octet', body, 'format: A in its upper four bits', hexOctet(octets[body] as number));
  }
  if (there < 2) return incomplete(body + 2);
  const format = octets[body] as number;
  const length = ((format & 7) << 8) | (octets[body + 1] as number);
  if (length < LEAST_LENGTH) return refuse('bad_length', body, `length: at least ${LEAST_LENGTH}`, length);
  if (length > maxFrame) return refuse('too_large', body, `length: at most maxFrame ${maxFrame}`, length);
  const close = body + length;
  const complete = close < octets.length;
  if (!complete && there < LONGEST_HEAD) return incomplete(Math.min(close + 1, body + LONGEST_HEAD));

  let at = body + 2;
  const destination = readAddress(octets, at);
  if (destination === undefined) return refuse('unexpected_octet', at, 'destination: one, two or four octets');
  at += destination.size;
  const source = readAddress(octets, at);
  if (source === undefined) return refuse('unexpected_octet', at, 'source: one, two or four octets');
  at += source.size;
  const control = octets[at++] as number;
  const rest = close - 2 - at;
  if (rest < 0 || rest === 1 || rest === 2) return refuse('bad_length', body, 'length: room for addresses, control and checks', length);

  let register = x25Update(X25_START, octets, body, at);
  let hcs: number | undefined;
  if (rest > 0) {
    hcs = (octets[at] as number) | ((octets[at + 1] as number) << 8);
    if (x25Final(register) !== hcs) return refuse('bad_hcs', at, 'HCS: the X-25 of the header', hex16(hcs));
  }
  if (!complete) return incomplete(close + 1);
  if (octets[close] !== FLAG) return refuse('bad_length', close, `length: a flag after ${length} octets`, hexOctet(octets[close] as number));
  register = x25Update(register, octets, at, close - 2);
  const fcs = (octets[close - 2] as number) | ((octets[close - 1] as number) << 8);
  if (x25Final(register) !== fcs) return refuse('bad_fcs', close - 2, 'FCS: the X-25 of the frame', hex16(fcs));

  const said = CONTROLS[control];
  if (said === undefined) return refuse('unexpected_octet', at - 1, 'control: a known type of frame', hexOctet(control));
  if (rest - 2 > maxInformation) return refuse('too_large', at + 2, `information: at most maxInformation ${maxInformation}`, rest - 2);
  const information = rest === 0 ? NONE : octets.subarray(at + 2, close - 2);
  const segmented = (format & 8) !== 0;
  const { type, ns, nr, pf } = said;
  const end = close + 1;
  if (type === 'I') return good({ type, segmented, destination, source, pf, ns, nr, information, length, control, hcs, fcs }, end);
  if (type === 'RR' || type === 'RNR') return good({ type, segmented, destination, source, pf, nr, information, length, control, hcs, fcs }, end);
  return good({ type, segmented, destination, source, pf, information, length, control, hcs, fcs }, end);
}

const refuse = (code: CodecErrorCode, offset: number, rule: string, got: string | number = ''): Bad => bad(code, offset, rule, got, offset + 1);

const hex16 = (check: number): string => hexOctet(check) + hexOctet(check >>> 8);
