/**
 * Finds the modem's `NO CARRIER` among the data of a call, so that data cannot fake it (meter-protocols 3.2). It counts only when
 *
 * - W1 it is framed by CR LF and is *all* that came between two silences, and
 * - W2 the reader of the data held no part of a frame when it began.
 *
 * The octets are data all the same and go to the reader without delay: this only watches.
 */
const MESSAGE = '\r\nNO CARRIER\r\n';

export class CarrierWatch {
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

  octets(octets: Uint8Array, nowMs: number): void {
    if (nowMs - this.#lastAtMs >= this.#quietMs) {
      this.#burst = '';
      this.#idleAtStart = this.#idle;
    }
    this.#lastAtMs = nowMs;
    // One too many is enough to know that it is something else.
    const room = MESSAGE.length + 1 - this.#burst.length;
    for (const octet of octets.subarray(0, Math.max(0, room))) this.#burst += String.fromCharCode(octet);
  }

  /** When silence will have proved that it was the modem; null when it was not. */
  get deadlineMs(): number | null {
    return this.#idleAtStart && this.#burst === MESSAGE ? this.#lastAtMs + this.#quietMs : null;
  }
}
