/**
 * A request body handed on piece by piece. The socket is paused while more than `HIGH_WATER_BYTES` wait to be read, so an
 * upload of any size costs a bounded amount of memory.
 *
 * The library has one set of poll flags for both directions: pausing or resuming while an answer waits to be drained would
 * lose the event of its draining. So a pause may be refused, and then at most `MAX_WAITING_BYTES` are taken.
 */
const HIGH_WATER_BYTES = 262_144;
const MAX_WAITING_BYTES = 67_108_864;

/** The other side went away, or the gateway gave the request up, before the body was complete. */
export class BodyAbortedError extends Error {}

export interface Throttle {
  /** False: not now. */
  pause(): boolean;
  resume(): void;
}

export class BodyStream implements AsyncIterable<Uint8Array> {
  readonly #throttle: Throttle;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #paused = false;
  #end: 'open' | 'complete' | 'aborted' = 'open';
  #wake: (() => void) | undefined;

  constructor(throttle: Throttle) {
    this.#throttle = throttle;
  }

  /** `piece` is kept: it must be a copy. */
  push(piece: Uint8Array, last: boolean): void {
    if (piece.byteLength > 0) {
      this.#waiting.push(piece);
      this.#bytes += piece.byteLength;
    }
    if (last) this.#end = 'complete';
    else if (this.#bytes > HIGH_WATER_BYTES && !this.#paused) this.#paused = this.#throttle.pause();
    this.#wake?.();
  }

  abort(): void {
    if (this.#end === 'open') this.#end = 'aborted';
    this.#wake?.();
  }

  /** Take the pause back: room again, or the answer is about to end and the connection goes on. */
  release(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#throttle.resume();
  }

  /** More waits than may. */
  get overflowed(): boolean {
    return this.#bytes > MAX_WAITING_BYTES;
  }

  get complete(): boolean {
    return this.#end === 'complete';
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece) {
        this.#bytes -= piece.byteLength;
        if (this.#bytes <= HIGH_WATER_BYTES / 2) this.release();
        yield piece;
        continue;
      }
      if (this.#end === 'complete') return;
      if (this.#end === 'aborted') throw new BodyAbortedError('the request body ended before it was complete');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
  }
}
