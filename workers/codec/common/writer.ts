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

  /** -128 to 255, negative ones as two's complement. */
  u8(value: number): this {
    if (value !== (value & 0xff)) this.#signed(value, 0x100);
    const at = this.#room(1);
    this.#octets[at] = value;
    return this;
  }

  /** -32,768 to 65,535, high octet first. */
  u16(value: number): this {
    if (value !== (value & 0xffff)) this.#signed(value, 0x1_0000);
    const at = this.#room(2);
    this.#octets[at] = value >>> 8;
    this.#octets[at + 1] = value;
    return this;
  }

  /** -2,147,483,648 to 4,294,967,295, high octet first. */
  u32(value: number): this {
    if (value !== value >>> 0) this.#signed(value, 0x1_0000_0000);
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
    if (!Number.isInteger(count) || count < 0 || count > 0xffff_ffff) this.fail('length: 0 to 4294967295', count);
    if (count < 0x80) return this.u8(count);
    if (count < 0x100) return this.u8(0x81).u8(count);
    if (count < 0x1_0000) return this.u8(0x82).u16(count);
    if (count < 0x100_0000)
      return this.u8(0x83)
        .u8(count >>> 16)
        .u16(count & 0xffff);
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

  /** Not a whole number from 0 to `range` - 1: then it must be one of the lower half below 0. */
  #signed(value: number, range: number): void {
    if (!Number.isInteger(value) || value >= range || value < -range / 2) this.fail(`number: from ${-range / 2} to ${range - 1}`, value);
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
