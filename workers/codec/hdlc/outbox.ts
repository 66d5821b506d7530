/**
 * Messages cut into segments, on their way out:
 *
 * ```
 *    acknowledged, forgotten │ outstanding: sent │ waiting: never sent │
 *                            ^ V(A)              ^ V(S)
 * ```
 *
 * I1 At most `window` segments, 7 at most, are outstanding, so a number modulo 8 names one of them.
 * I2 A segment keeps its N(S) until it is acknowledged.
 */
export interface Segment {
  readonly ns: number;
  readonly information: Uint8Array;
  /** More segments of the same message follow. */
  readonly more: boolean;
}

export class Outbox {
  #segments: { readonly information: Uint8Array; readonly more: boolean }[] = [];
  #first = 0;
  #sent = 0;

  /** Sent and not acknowledged. */
  get outstanding(): number {
    return this.#sent;
  }

  get waiting(): number {
    return this.#segments.length - this.#sent;
  }

  /** V(S): the number of the next segment. */
  get next(): number {
    return (this.#first + this.#sent) & 7;
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0;
  }

  /** @param octets at most, of one segment; views of `message` are kept, so it must be the machine's own */
  put(message: Uint8Array, octets: number): void {
    for (let at = 0; at < message.length; at += octets) {
      this.#segments.push({ information: message.subarray(at, at + octets), more: at + octets < message.length });
    }
  }

  /** Takes N(R). How many segments it acknowledges; undefined when it names one that was never sent. */
  acknowledge(nr: number): number | undefined {
    const count = (nr - this.#first) & 7;
    if (count > this.#sent) return undefined;
    if (count > 0) this.#segments = this.#segments.slice(count);
    this.#first = nr;
    this.#sent -= count;
    return count;
  }

  /** All that is outstanding is to be sent again. */
  rewind(): void {
    this.#sent = 0;
  }

  /** Forgets everything that is not acknowledged; its numbers are used again. */
  clear(): void {
    this.#segments = [];
    this.#sent = 0;
  }

  /** The segments that the window has room for; they count as sent. */
  take(window: number): readonly Segment[] {
    const from = this.#sent;
    const taken = this.#segments.slice(from, Math.min(window, 7)).map((segment, index) => ({ ...segment, ns: (this.#first + from + index) & 7 }));
    this.#sent += taken.length;
    return taken;
  }
}
