/**
 * Telegrams out of octets that arrive in any pieces.
 *
 * I1 What is given does not depend on the pieces (a run of noise may come as several).
 * I2 Each octet is looked at once while a telegram grows, so a readout that comes octet by octet costs no more than in one piece.
 * I3 At most `maxReadout` octets and the last piece are held. What begins like a telegram and is none is given up where the next
 *    slash, SOH or STX may begin one.
 */
import { allows, type CodecError, codecError, type FrameStream, type LeniencyName, type StreamEvent } from '../common/index.ts';
import { decodeTelegram, SELECT_OCTETS, selectPrefix } from './decode.ts';
import { blockExtent, type Extent, lineExtent, linesExtent } from './extent.ts';
import { ACK, ETX, isPrintable, NAK, parityFault, SLASH, SOH, STX, textOf } from './octets.ts';
import type { Telegram, TelegramOptions } from './telegram.ts';

export interface IecStreamOptions extends TelegramOptions {
  /** Printable octets between telegrams begin `lines`: set while a readout without framing may come. Default false. */
  readonly lines?: boolean;
}

const FIRST_SIZE = 512;
/** A buffer above this is given back when it is empty. */
const KEPT_SIZE = 64 * 1024;

export class IecStream implements FrameStream<Telegram> {
  /** As the option; a link sets it as the conversation goes on. */
  acks: NonNullable<TelegramOptions['acks']>;
  /** As the option; a link sets it as the conversation goes on. */
  lines: boolean;
  readonly #options: TelegramOptions;
  #octets = new Uint8Array(FIRST_SIZE);
  #start = 0;
  #end = 0;
  #scanned = 0;
  /** Offset in the stream of the first octet of the buffer. */
  #base = 0;

  constructor(options: IecStreamOptions = {}) {
    this.#options = options;
    this.acks = options.acks ?? 'either';
    this.lines = options.lines ?? false;
  }

  get buffered(): number {
    return this.#end - this.#start;
  }

  push(piece: Uint8Array): void {
    if (this.#end + piece.length > this.#octets.length) this.#makeRoom(piece.length);
    this.#octets.set(piece, this.#end);
    this.#end += piece.length;
  }

  reset(): void {
    this.#base += this.#end;
    this.#start = this.#end = this.#scanned = 0;
  }

  next(): StreamEvent<Telegram> | undefined {
    const octets = this.#octets;
    const start = this.#start;
    let begin = start;
    while (begin < this.#end && !this.#begins((octets[begin] ?? 0) & 0x7f)) begin++;
    if (begin > start) {
      this.#advance(begin);
      return { kind: 'noise', offset: this.#base + start, octets: begin - start };
    }
    if (start === this.#end) return undefined;
    const extent = this.#extent(start);
    if (extent.kind === 'more') {
      this.#scanned = extent.scanned;
      return undefined;
    }
    if (extent.kind === 'broken') return this.#bad(codecError(extent.code, extent.at, extent.rule), extent.at);
    return this.#decode(start, extent.end);
  }

  /**
   * No more octets come: what is held back is given as it stands, a readout without its BCC among it, and the stream is empty.
   * Leniencies: `missing-bcc`.
   */
  finish(): StreamEvent<Telegram> | undefined {
    const start = this.#start;
    const end = this.#end;
    if (start === end) return undefined;
    const first = (this.#octets[start] ?? 0) & 0x7f;
    const last = (this.#octets[end - 1] ?? 0) & 0x7f;
    if (first === STX && last === ETX && allows(this.#options, 'missing-bcc')) {
      const data = textOf(this.#octets, start + 1, end - 1);
      if (/!\r*\n$/.test(data)) return this.#frame({ type: 'answer', data, terminator: 'ETX' }, start, end, ['missing-bcc']);
    }
    if (this.lines && first !== SLASH && first !== SOH && first !== STX && first !== ACK) {
      const data = textOf(this.#octets, start, end);
      if (data.includes(')')) return this.#frame({ type: 'lines', data }, start, end, []);
    }
    const lone = first === ACK && end === start + 1;
    if (lone) return this.#frame({ type: 'ack' }, start, end, []);
    return this.#bad(codecError('truncated', end, 'telegram: ended before its last octet', `${end - start} octets`), end);
  }

  #begins(octet: number): boolean {
    return octet === SLASH || octet === SOH || octet === STX || octet === ACK || octet === NAK || (this.lines && isPrintable(octet));
  }

  #extent(start: number): Extent {
    const { octets, end, scanned } = { octets: this.#octets, end: this.#end, scanned: this.#scanned };
    switch ((octets[start] ?? 0) & 0x7f) {
      case SLASH:
        return lineExtent(octets, start, scanned, end);
      case SOH:
      case STX:
        return blockExtent(octets, start, scanned, end, this.#options);
      case NAK:
        return { kind: 'whole', end: start + 1 };
      case ACK:
        return this.#acknowledgement(start, end);
      default:
        return linesExtent(octets, start, scanned, end, this.#options);
    }
  }

  #acknowledgement(start: number, end: number): Extent {
    if (this.acks === 'alone') return { kind: 'whole', end: start + 1 };
    const fits = selectPrefix(this.#octets, start, end);
    if (fits === SELECT_OCTETS) return { kind: 'whole', end: start + SELECT_OCTETS };
    if (start + fits === end) return { kind: 'more', scanned: start, needs: start + SELECT_OCTETS };
    if (this.acks === 'either') return { kind: 'whole', end: start + 1 };
    return { kind: 'broken', at: start + fits, code: 'unexpected_octet', rule: 'option select: three characters, then CR LF' };
  }

  #decode(start: number, end: number): StreamEvent<Telegram> {
    const whole = this.#octets.subarray(start, end);
    const first = (whole[0] ?? 0) & 0x7f;
    if (first !== SLASH && first !== SOH && first !== STX && first !== ACK && first !== NAK) return this.#lines(start, end);
    const acks = first === ACK ? (end === start + 1 ? 'alone' : 'select') : 'either';
    const outcome = decodeTelegram(whole, { ...this.#options, acks });
    if (outcome.kind === 'good') return this.#frame(outcome.value, start, end, outcome.leniencies);
    const error = outcome.kind === 'bad' ? outcome.error : codecError('truncated', end - start, 'telegram: ended before its last octet');
    return this.#bad({ ...error, offset: error.offset + start }, end);
  }

  #lines(start: number, end: number): StreamEvent<Telegram> {
    const fault = this.#options.parity === 'even' ? parityFault(this.#octets, start, end) : -1;
    if (fault >= 0) return this.#bad(codecError('bad_parity', fault, 'octet: even parity in bit 7'), end);
    return this.#frame({ type: 'lines', data: textOf(this.#octets, start, end) }, start, end, []);
  }

  #frame(frame: Telegram, start: number, end: number, leniencies: readonly LeniencyName[]): StreamEvent<Telegram> {
    this.#advance(end);
    return { kind: 'frame', frame, offset: this.#base + start, leniencies };
  }

  /** @param error its offset counts from the start of the buffer */
  #bad(error: CodecError, to: number): StreamEvent<Telegram> {
    const octets = to - this.#start;
    this.#advance(to);
    return { kind: 'bad', error: { ...error, offset: error.offset + this.#base }, octets };
  }

  #advance(to: number): void {
    this.#start = this.#scanned = to;
  }

  #makeRoom(count: number): void {
    const held = this.#end - this.#start;
    const tooLarge = held === 0 && this.#octets.length > KEPT_SIZE;
    if (held + count > this.#octets.length || tooLarge) {
      const larger = new Uint8Array(Math.max(held + count, tooLarge ? FIRST_SIZE : this.#octets.length * 2));
      larger.set(this.#octets.subarray(this.#start, this.#end));
      this.#octets = larger;
    } else {
      this.#octets.copyWithin(0, this.#start, this.#end);
    }
    this.#base += this.#start;
    this.#scanned -= this.#start;
    this.#end = held;
    this.#start = 0;
  }
}
