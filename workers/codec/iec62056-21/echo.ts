/** Takes back what comes back: an optical head repeats what was sent before the answer. */
import { stripParity } from './octets.ts';

const EMPTY = new Uint8Array(0);

export class EchoFilter {
  #expected: Uint8Array = EMPTY;
  #seen = 0;

  /** What was sent will come back. */
  expect(octets: Uint8Array): void {
    this.#expected = stripParity(octets);
    this.#seen = 0;
  }

  /**
   * The octets that are no echo. Where they turn out to differ from what was sent, those that were held as its echo are given back.
   */
  filter(octets: Uint8Array): Uint8Array {
    const expected = this.#expected;
    if (this.#seen === expected.length) return octets;
    let at = 0;
    while (at < octets.length && this.#seen < expected.length && ((octets[at] ?? 0) & 0x7f) === expected[this.#seen]) {
      at++;
      this.#seen++;
    }
    if (at === octets.length || this.#seen === expected.length) return octets.subarray(at);
    const held = expected.subarray(0, this.#seen);
    this.expect(EMPTY);
    const given = new Uint8Array(held.length + octets.length - at);
    given.set(held);
    given.set(octets.subarray(at), held.length);
    return given;
  }
}
