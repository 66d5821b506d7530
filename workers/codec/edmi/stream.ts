/**
 * Frames of the EDMI command language out of octets in any pieces.
 *
 * ```
 *            02                     03
 *   outside ────► in a frame ───────────► outside    a frame, or `bad`
 *      ▲               │ 02: `bad`, and in a frame again
 *      └───────────────┘ too long: `bad`, and outside
 * ```
 */
import { Backlog } from '../common/backlog.ts';
import { codecError, type FrameStream, type StreamEvent } from '../common/index.ts';
import { decodeEdmiFrame, type EdmiFrame, type EdmiFrameOptions, ETX, longestOnWire, MAX_EDMI_BODY, STX } from './frame.ts';
import { type EdmiWake, encodeEdmiWake, wakeAt } from './wake.ts';

/** What a stream gives: a frame, or a wake-up signal where it looks for them. */
export type EdmiUnit = { readonly kind: 'frame'; readonly frame: EdmiFrame } | { readonly kind: 'wake'; readonly wake: EdmiWake };

export interface EdmiStreamOptions extends EdmiFrameOptions {
  /** Look for wake-up signals outside frames, as a meter does; else they are noise. Default false. */
  readonly wakes?: boolean;
}

export class EdmiStream implements FrameStream<EdmiUnit> {
  readonly #held = new Backlog();
  readonly #maxBody: number;
  readonly #wakes: boolean;
  /** Octets of the frame in hand that were looked at. */
  #scanned = 1;

  constructor(options: EdmiStreamOptions = {}) {
    this.#maxBody = options.maxBody ?? MAX_EDMI_BODY;
    this.#wakes = options.wakes ?? false;
  }

  get buffered(): number {
    return this.#held.length;
  }

  push(octets: Uint8Array): void {
    this.#held.push(octets);
  }

  reset(): void {
    this.#held.clear();
    this.#scanned = 1;
  }

  next(): StreamEvent<EdmiUnit> | undefined {
    if (this.#held.length === 0) return undefined;
    return this.#held.peek(0) === STX ? this.#inside() : this.#outside();
  }

  #inside(): StreamEvent<EdmiUnit> | undefined {
    const octets = this.#held.view();
    const most = longestOnWire(this.#maxBody);
    const last = Math.min(octets.length, most);
    let at = this.#scanned;
    while (at < last && octets[at] !== STX && octets[at] !== ETX) at++;
    this.#scanned = at;
    if (at < last) return octets[at] === STX ? this.#drop(at) : this.#frame(at + 1);
    return octets.length >= most ? this.#drop(most) : undefined;
  }

  #frame(length: number): StreamEvent<EdmiUnit> {
    if (this.#wakes && length === 2) return this.#wake('stx-etx');
    const offset = this.#held.offset;
    const decoded = decodeEdmiFrame(this.#held.view().subarray(0, length), { maxBody: this.#maxBody });
    if (decoded.kind !== 'good') return this.#drop(length);
    this.#advance(length);
    return { kind: 'frame', frame: { kind: 'frame', frame: decoded.value }, offset, leniencies: decoded.leniencies };
  }

  /** Gives up what began like a frame. */
  #drop(length: number): StreamEvent<EdmiUnit> {
    const offset = this.#held.offset;
    // With the 02 that cut it short, so that the error says what was wrong.
    const decoded = decodeEdmiFrame(this.#held.view().subarray(0, length + 1), { maxBody: this.#maxBody });
    this.#advance(length);
    const error = decoded.kind === 'bad' ? decoded.error : codecError('unexpected_octet', length, 'frame: is none');
    return { kind: 'bad', error: { ...error, offset: offset + error.offset }, octets: length };
  }

  #outside(): StreamEvent<EdmiUnit> | undefined {
    const octets = this.#held.view();
    let end = 0;
    for (; end < octets.length && octets[end] !== STX; end++) {
      const wake = this.#wakes ? wakeAt(octets, end) : undefined;
      if (wake === undefined) continue;
      if (end > 0) break;
      return wake === 'begun' ? undefined : this.#wake(wake);
    }
    const offset = this.#held.offset;
    this.#advance(end);
    return { kind: 'noise', offset, octets: end };
  }

  #wake(wake: EdmiWake): StreamEvent<EdmiUnit> {
    const offset = this.#held.offset;
    this.#advance(encodeEdmiWake(wake).length);
    return { kind: 'frame', frame: { kind: 'wake', wake }, offset, leniencies: [] };
  }

  #advance(count: number): void {
    this.#held.take(count);
    this.#scanned = 1;
  }
}
