/**
 * Finds the pad's clear indication among the data of a call, so that data cannot fake it. It counts only when it is framed by CR LF, is
 * *all* that came between two silences, and the reader of the data held no part of a frame when it began. The octets go to the reader all the same.
 */
const MESSAGE = /^\r?\nCLR\b[ -~]*\r\n\*?$/;
const MAX_MESSAGE = 128;

export class ClearWatch {
  readonly #quietMs: number;
  #idle = true;
  #idleAtStart = true;
  #burst = '';
  #lastAtMs = Number.NEGATIVE_INFINITY;

  constructor(quietMs: number) {
    this.#quietMs = quietMs;
  }

  /** Whether the reader of the data holds no part of a frame. */
  set idle(idle: boolean) {
    this.#idle = idle;
  }

  /** The words of the indication. */
  get text(): string {
    return this.#burst.replace(/[\r\n*]/g, '');
  }

  octets(octets: Uint8Array, nowMs: number): void {
    if (nowMs - this.#lastAtMs >= this.#quietMs) {
      this.#burst = '';
      this.#idleAtStart = this.#idle;
    }
    this.#lastAtMs = nowMs;
    // One too many is enough to know that it is something else.
    const room = MAX_MESSAGE + 1 - this.#burst.length;
    for (const octet of octets.subarray(0, Math.max(0, room))) this.#burst += String.fromCharCode(octet & 0x7f);
  }

  /** When silence will have proved that it was the pad; null when it was not. */
  get deadlineMs(): number | null {
    const isClear = this.#idleAtStart && this.#burst.length <= MAX_MESSAGE && MESSAGE.test(this.#burst);
    return isClear ? this.#lastAtMs + this.#quietMs : null;
  }
}
