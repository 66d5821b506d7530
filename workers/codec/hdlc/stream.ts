/**
 * Frames out of octets that come in any pieces.
 *
 * ```
 *   … noise  7E  A0 1C … FCS  7E  A0 07 … FCS  7E  7E  7E  A8 …
 *            │                │                 fill
 *            opens            ends one frame and opens the next
 * ```
 *
 * I1 Every octet that is pushed ends up in exactly one frame, `bad` or `noise`, is a flag of fill, or is held back.
 * I2 What is held back is less than one frame of `maxFrame`; a lone flag is not held back but remembered.
 * I3 After a `bad` the search goes on at the next flag, also at one inside the frame that was refused: a damaged length does not
 *    swallow the frame behind it.
 * I4 A header with a wrong HCS is refused before the rest of the frame has come.
 */
import { Backlog } from '../common/backlog.ts';
import { errorOf, type FrameStream, type StreamEvent } from '../common/index.ts';
import { decodeBody, type HdlcDecodeOptions } from './decode.ts';
import { FLAG, type HdlcFrame, MAX_FRAME_LENGTH } from './frame.ts';

export class HdlcStream implements FrameStream<HdlcFrame> {
  readonly #backlog = new Backlog();
  readonly #maxFrame: number;
  readonly #maxInformation: number;
  /** A flag stands directly in front of what is held. */
  #open = false;
  /** Held octets with which it is worth looking again. */
  #needs = 1;

  constructor(options?: HdlcDecodeOptions) {
    this.#maxFrame = options?.maxFrame ?? MAX_FRAME_LENGTH;
    this.#maxInformation = options?.maxInformation ?? MAX_FRAME_LENGTH;
  }

  get buffered(): number {
    return this.#backlog.length;
  }

  push(octets: Uint8Array): void {
    this.#backlog.push(octets);
  }

  reset(): void {
    this.#backlog.clear();
    this.#open = false;
    this.#needs = 1;
  }

  next(): StreamEvent<HdlcFrame> | undefined {
    return this.#next(false);
  }

  /**
   * After a silence that no frame may contain: what began like a frame is given up, and a whole frame behind it is found. Call
   * it as `next`, until it gives undefined; then nothing is held back.
   */
  flush(): StreamEvent<HdlcFrame> | undefined {
    const event = this.#next(true);
    if (event === undefined) this.#open = false;
    return event;
  }

  #next(silent: boolean): StreamEvent<HdlcFrame> | undefined {
    const held = this.#backlog;
    if (held.length < (silent ? 1 : this.#needs)) return undefined;
    const octets = held.view();
    if (!this.#open) {
      const flag = octets.indexOf(FLAG);
      if (flag !== 0) return this.#noise(flag < 0 ? octets.length : flag);
      this.#open = true;
    }
    let body = 0;
    while (octets[body] === FLAG) body++;
    if (body === octets.length) return this.#wait(body, body + 1);

    const offset = held.offset;
    const outcome = decodeBody(octets, body, this.#maxFrame, this.#maxInformation);
    if (outcome.kind === 'good') {
      held.take(outcome.consumed);
      this.#needs = 1;
      return { kind: 'frame', frame: outcome.value, offset: offset + body - 1, leniencies: outcome.leniencies };
    }
    if (outcome.kind === 'incomplete' && !silent) return this.#wait(body, outcome.needs);
    const error = outcome.kind === 'bad' ? outcome.error : errorOf(outcome, octets.length);
    const next = octets.indexOf(FLAG, body);
    const octetsLost = (next < 0 ? octets.length : next) - body;
    held.take(body);
    // No frame has this format, so the flag opened nothing.
    if (error.code === 'unexpected_octet' && error.offset === body) return this.#noise(octetsLost);
    this.#drop(octetsLost);
    return { kind: 'bad', error: { ...error, offset: offset + error.offset }, octets: octetsLost };
  }

  /** The flags in front of a body are not held back; `needs` counts them. */
  #wait(flags: number, needs: number): undefined {
    if (flags > 0) this.#backlog.take(flags);
    this.#needs = needs - flags;
    return undefined;
  }

  #noise(octets: number): StreamEvent<HdlcFrame> {
    return { kind: 'noise', offset: this.#drop(octets), octets };
  }

  #drop(octets: number): number {
    const offset = this.#backlog.offset;
    this.#backlog.take(octets);
    this.#open = false;
    this.#needs = 1;
    return offset;
  }
}
