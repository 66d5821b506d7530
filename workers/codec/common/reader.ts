/**
 * A bounded cursor over octets that remembers its first failure instead of throwing.
 *
 * I1 No read passes `end`. A read that would gives 0 (or an empty view), sets `needs`, and moves nothing.
 * I2 After the first failure `failed` stays true and every further read gives 0 without moving, so a loop that is bounded by a
 *    count and looks at `failed` ends.
 * I3 Views share memory with the input; nothing is copied.
 */
import type { CodecErrorCode } from './codes.ts';
import { type Bad, bad, type CodecError, codecError, type Incomplete, incomplete } from './outcome.ts';

const EMPTY = new Uint8Array(0);

export class Reader {
  readonly octets: Uint8Array;
  readonly end: number;
  at: number;
  /** The first error that was not mere want of octets. */
  error: CodecError | undefined = undefined;
  /** Total of octets from the start of the input that the first short read needed; 0 when none was short. */
  needs = 0;

  constructor(octets: Uint8Array, at = 0, end = octets.length) {
    this.octets = octets;
    this.end = Math.max(0, Math.min(end, octets.length));
    this.at = Math.min(Math.max(0, at), this.end);
  }

  get failed(): boolean {
    return this.error !== undefined || this.needs !== 0;
  }

  get left(): number {
    return this.end - this.at;
  }

  /** Are `count` octets there? Else the cursor fails as short. */
  has(count: number): boolean {
    if (this.failed) return false;
    if (count >= 0 && count <= this.end - this.at) return true;
    if (count >= 0) this.needs = this.at + count;
    else this.fail('bad_length', 'count: 0 or more octets', count);
    return false;
  }

  /** Fails the cursor; the first failure stays. Returns 0 so that it can end an expression. */
  fail(code: CodecErrorCode, rule: string, got: string | number = '', offset = this.at): 0 {
    if (!this.failed) this.error = codecError(code, offset, rule, got);
    return 0;
  }

  /** The next octet without taking it, -1 at the end. */
  peek(): number {
    return this.failed || this.at >= this.end ? -1 : (this.octets[this.at] ?? -1);
  }

  u8(): number {
    if (!this.has(1)) return 0;
    return this.octets[this.at++] ?? 0;
  }

  u16(): number {
    if (!this.has(2)) return 0;
    const { octets, at } = this;
    this.at = at + 2;
    return ((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0);
  }

  u32(): number {
    if (!this.has(4)) return 0;
    const { octets, at } = this;
    this.at = at + 4;
    return (((octets[at] ?? 0) << 24) | ((octets[at + 1] ?? 0) << 16) | ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0)) >>> 0;
  }

  /** A view of the next `count` octets. */
  view(count: number): Uint8Array {
    if (!this.has(count)) return EMPTY;
    const view = this.octets.subarray(this.at, this.at + count);
    this.at += count;
    return view;
  }

  /** Everything up to the end. */
  rest(): Uint8Array {
    return this.view(this.failed ? 0 : this.left);
  }

  /**
   * A BER or A-XDR length: below 80 one octet, else 80 + n and n octets (n 1 to 4).
   * @param field named in the error
   */
  length(field: string): number {
    const offset = this.at;
    const first = this.u8();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) return this.fail('bad_length', `${field}: a length of 1 to 4 octets after 81 to 84`, `${first}`, offset);
    if (!this.has(count)) return 0;
    let value = 0;
    for (let index = 0; index < count; index++) value = value * 256 + this.u8();
    return value;
  }

  /** What to return when `failed`. Where `end` stands before the end of the octets, more of them would not help: `truncated`. */
  failure(): Bad | Incomplete {
    const { error, octets, end, needs } = this;
    if (error !== undefined) return bad(error.code, error.offset, error.rule, error.got, octets.length);
    if (end < octets.length) return bad('truncated', end, 'value: must end where what holds it ends', `${needs - end} octets too few`, octets.length);
    return incomplete(needs);
  }
}
