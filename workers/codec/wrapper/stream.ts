/**
 * Wrapper frames out of a TCP stream.
 *
 * The wrapper has no flag and no checksum: where a header is wrong, nothing says where the next one begins. The stream then looks
 * for the next plausible header: version 0001, a length within bounds and not 0, and ports of the connection where they were given.
 *
 * ```
 *   memory   ├──── given out ────┼──── held back ────┼─ free ─┤
 *            0                   at                  end
 * ```
 *
 * I1 What is held back after `next` gave undefined is the beginning of one frame: less than a header and `maxOctets`.
 * I2 What is held back lies in memory of the stream's own; a piece may be used again after `next` gave undefined.
 */
import { type CodecError, codecError, type FrameStream, type StreamEvent } from '../common/index.ts';
import { decodeWrapperFrame, mostOctets, WRAPPER_HEADER, type WrapperFrame, type WrapperOptions } from './frame.ts';

export interface WrapperStreamOptions extends WrapperOptions {
  /** The wPorts of the connection. They make the search after damage sure: without them noise may look like a header. Frames in order may have any ports. */
  readonly wPorts?: readonly number[];
}

const NOTHING = new Uint8Array(0);

export class WrapperStream implements FrameStream<WrapperFrame> {
  readonly #options: WrapperStreamOptions;
  readonly #most: number;
  #memory: Uint8Array = NOTHING;
  #isOwn = false;
  #at = 0;
  #end = 0;
  /** Offset in the stream of the first octet of the memory. */
  #base = 0;
  /** The octet at the cursor follows a frame, or is the first. */
  #inStep = true;

  constructor(options: WrapperStreamOptions = {}) {
    this.#options = options;
    this.#most = mostOctets(options);
  }

  get buffered(): number {
    return this.#end - this.#at;
  }

  reset(): void {
    this.#base += this.#end;
    this.#memory = NOTHING;
    this.#isOwn = false;
    this.#at = 0;
    this.#end = 0;
    this.#inStep = true;
  }

  push(octets: Uint8Array): void {
    if (this.buffered === 0) {
      this.#base += this.#end;
      this.#memory = octets;
      this.#isOwn = false;
      this.#at = 0;
      this.#end = octets.length;
      return;
    }
    this.#reserve(octets.length);
    this.#memory.set(octets, this.#end);
    this.#end += octets.length;
  }

  next(): StreamEvent<WrapperFrame> | undefined {
    if (this.buffered === 0) return undefined;
    const error = this.#faultAt(this.#at, this.#inStep);
    if (error !== undefined) return this.#skip(error);
    const offset = this.#base + this.#at;
    const outcome = decodeWrapperFrame(this.#memory.subarray(this.#at, this.#end), this.#options);
    if (outcome.kind !== 'good') {
      this.#reserve(0);
      return undefined;
    }
    this.#at += outcome.consumed;
    this.#inStep = true;
    return { kind: 'frame', frame: outcome.value, offset, leniencies: outcome.leniencies };
  }

  /** Goes on to the next place where a frame may begin. */
  #skip(error: CodecError): StreamEvent<WrapperFrame> {
    const from = this.#at;
    let at = from + 1;
    while (at < this.#end && this.#faultAt(at, false) !== undefined) at++;
    this.#at = at;
    const octets = at - from;
    if (!this.#inStep) return { kind: 'noise', offset: this.#base + from, octets };
    this.#inStep = false;
    return { kind: 'bad', error, octets };
  }

  /** What speaks against a header here, as far as its octets are there. */
  #faultAt(at: number, inStep: boolean): CodecError | undefined {
    const offset = this.#base + at;
    const left = this.#end - at;
    const first = this.#memory[at] ?? 0;
    const version = left > 1 ? this.#word(at) : 1;
    if (first !== 0 || version !== 1) return codecError('bad_version', offset, 'version: 1', left > 1 ? version : first);
    const { wPorts } = this.#options;
    if (!inStep && wPorts !== undefined) {
      for (const place of [2, 4]) {
        if (left >= place + 2 && !wPorts.includes(this.#word(at + place))) {
          return codecError('bad_value', offset + place, 'wPorts: those of the connection', this.#word(at + place));
        }
      }
    }
    if (left < WRAPPER_HEADER) return undefined;
    const length = this.#word(at + 6);
    if (length > this.#most) return codecError('too_large', offset + 6, `length: at most ${this.#most} octets (maxOctets)`, length);
    return !inStep && length === 0 ? codecError('bad_length', offset + 6, 'length: above 0', length) : undefined;
  }

  #word(at: number): number {
    return ((this.#memory[at] ?? 0) << 8) | (this.#memory[at + 1] ?? 0);
  }

  /** Takes what is held back into memory of our own, with room for more behind it. */
  #reserve(more: number): void {
    const held = this.buffered;
    if (this.#isOwn && this.#end + more <= this.#memory.length) return;
    this.#base += this.#at;
    if (this.#isOwn && held + more <= this.#memory.length) {
      this.#memory.copyWithin(0, this.#at, this.#end);
    } else {
      const memory = new Uint8Array(Math.max(256, (held + more) * 2));
      memory.set(this.#memory.subarray(this.#at, this.#end));
      this.#memory = memory;
      this.#isOwn = true;
    }
    this.#at = 0;
    this.#end = held;
  }
}
