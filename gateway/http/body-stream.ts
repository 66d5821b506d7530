/**
 * A request body handed on piece by piece. The socket is paused while more than `HIGH_WATER_BYTES` wait to be read, so an
 * upload of any size costs a bounded amount of memory.
 */
const HIGH_WATER_BYTES = 262_144;

/** The other side went away, or the gateway gave the request up, before the body was complete. */
export class BodyAbortedError extends Error {}

export interface Throttle {
  pause(): void;
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
    else if (this.#bytes > HIGH_WATER_BYTES && !this.#paused) {
      this.#paused = true;
      this.#throttle.pause();
    }
    this.#wake?.();
  }

  abort(): void {
    if (this.#end === 'open') this.#end = 'aborted';
    this.#wake?.();
  }

  get complete(): boolean {
    return this.#end === 'complete';
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece) {
        this.#bytes -= piece.byteLength;
        if (this.#paused && this.#bytes <= HIGH_WATER_BYTES / 2) {
          this.#paused = false;
          if (this.#end === 'open') this.#throttle.resume();
        }
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
