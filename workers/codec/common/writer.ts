/** A growing buffer for encoders. It remembers the first value that did not fit its field, and gives that in place of octets. */
import { type CodecError, codecError, type Encoded } from './outcome.ts';

export class Writer {
  #octets: Uint8Array;
  #at = 0;
  #error: CodecError | undefined;

  constructor(size = 128) {
    this.#octets = new Uint8Array(size);
  }

  get length(): number {
    return this.#at;
  }

  get failed(): boolean {
    return this.#error !== undefined;
  }

  /** Remembers that a value cannot be coded; the first failure stays. */
  fail(rule: string, got: string | number): void {
    this.#error ??= codecError('bad_value', 0, rule, got);
  }

  /** Takes over the failure of another encoder. */
  failWith(error: CodecError): void {
    this.#error ??= error;
  }

  u8(value: number): this {
    const at = this.#room(1);
    this.#octets[at] = value;
    return this;
  }

  u16(value: number): this {
    const at = this.#room(2);
    this.#octets[at] = value >>> 8;
    this.#octets[at + 1] = value;
    return this;
  }

  u32(value: number): this {
    const at = this.#room(4);
    this.#octets[at] = value >>> 24;
    this.#octets[at + 1] = value >>> 16;
    this.#octets[at + 2] = value >>> 8;
    this.#octets[at + 3] = value;
    return this;
  }

  put(octets: Uint8Array): this {
    const at = this.#room(octets.length);
    this.#octets.set(octets, at);
    return this;
  }

  /** Characters 00 to FF, one octet each. */
  latin1(text: string): this {
    const at = this.#room(text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 0xff) this.fail('text: characters 00 to FF', `character ${code}`);
      this.#octets[at + index] = code;
    }
    return this;
  }

  /** A BER or A-XDR length in its shortest form. */
  size(count: number): this {
    if (count < 0x80) return this.u8(count);
    if (count < 0x100) return this.u8(0x81).u8(count);
    if (count < 0x1_0000) return this.u8(0x82).u16(count);
    return this.u8(0x84).u32(count);
  }

  /** A whole number of a field with bounds; outside them the writer fails and the field is 0. */
  bounded(field: string, value: number, least: number, most: number): number {
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    this.fail(`${field}: a whole number from ${least} to ${most}`, value);
    return 0;
  }

  /** The octets so far, as a view of their own memory. */
  finish(): Encoded {
    if (this.#error !== undefined) return { kind: 'bad', error: this.#error };
    return { kind: 'good', octets: this.#octets.subarray(0, this.#at) };
  }

  #room(count: number): number {
    const at = this.#at;
    const end = at + count;
    if (end > this.#octets.length) {
      const larger = new Uint8Array(Math.max(end, this.#octets.length * 2));
      larger.set(this.#octets);
      this.#octets = larger;
    }
    this.#at = end;
    return at;
  }
}
