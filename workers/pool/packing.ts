/**
 * How requests and answers lie in shared memory: words of 4 octets, doubles on multiples of 8, octets with their length before
 * them and filled up to a multiple of 4. Both ends are of one program and one machine, so the octet order is the machine's.
 *
 * I1 A `Packer` never writes past its end; it goes on counting, so that `needed` says how much would have done.
 * I2 An `Unpacker` reads only what a `Packer` of the same operation wrote: it checks nothing.
 */

const EMPTY = new Uint8Array(0);

export const aligned8 = (count: number): number => (Math.ceil(count) + 7) & ~7;
const aligned4 = (count: number): number => (count + 3) & ~3;

/** Octets that {@link Packer.octets} takes for so many. */
export const packedOctets = (length: number): number => 4 + aligned4(length);

/** One set of views over a memory; making views for each answer costs more than filling them (bench `pool`). */
export class Views {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly f64: Float64Array;

  constructor(memory: ArrayBufferLike) {
    this.u8 = new Uint8Array(memory);
    this.i32 = new Int32Array(memory, 0, memory.byteLength >> 2);
    this.f64 = new Float64Array(memory, 0, memory.byteLength >> 3);
  }
}

export class Packer {
  readonly #views: Views;
  #start = 0;
  #at = 0;
  #end = 0;

  constructor(views: Views) {
    this.#views = views;
  }

  /** Begins at `at`, a multiple of 8; nothing is written from `end` on. */
  start(at: number, end: number): this {
    this.#start = at;
    this.#at = at;
    this.#end = end;
    return this;
  }

  /** Forgets what was packed from `at` on. */
  restart(at: number): this {
    this.#at = at;
    return this;
  }

  get at(): number {
    return this.#at;
  }

  /** Octets from the start, those that found no room included. */
  get needed(): number {
    return this.#at - this.#start;
  }

  get overflowed(): boolean {
    return this.#at > this.#end;
  }

  word(value: number): this {
    if (this.#take(4)) this.#views.i32[(this.#at >> 2) - 1] = value;
    return this;
  }

  double(value: number): this {
    this.#at = aligned8(this.#at);
    if (this.#take(8)) this.#views.f64[(this.#at >> 3) - 1] = value;
    return this;
  }

  octets(octets: Uint8Array): this {
    this.word(octets.length);
    const at = this.#at;
    if (this.#take(aligned4(octets.length))) this.#views.u8.set(octets, at);
    return this;
  }

  /** Room for octets of their own writer, who then says by {@link fill} how many there are; undefined when there is not so much. */
  room(most: number): Uint8Array | undefined {
    const from = this.#at + 4;
    return from + aligned4(most) <= this.#end ? this.#views.u8.subarray(from, from + most) : undefined;
  }

  fill(length: number): this {
    this.word(length);
    this.#take(aligned4(length));
    return this;
  }

  text(text: string): this {
    return this.octets(Buffer.from(text, 'utf8'));
  }

  /** Any typed array: the count of its octets, then they, on a multiple of 8. */
  array(array: ArrayBufferView): this {
    this.word(array.byteLength);
    this.#at = aligned8(this.#at);
    const at = this.#at;
    if (this.#take(aligned4(array.byteLength))) this.#views.u8.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    return this;
  }

  #take(count: number): boolean {
    this.#at += count;
    return this.#at <= this.#end;
  }
}

export class Unpacker {
  readonly #memory: ArrayBufferLike;
  readonly #views: Views;
  #at = 0;

  constructor(memory: ArrayBufferLike) {
    this.#memory = memory;
    this.#views = new Views(memory);
  }

  start(at: number): this {
    this.#at = at;
    return this;
  }

  /** A signed word. */
  word(): number {
    const value = this.#views.i32[this.#at >> 2] ?? 0;
    this.#at += 4;
    return value;
  }

  double(): number {
    const at = aligned8(this.#at);
    this.#at = at + 8;
    return this.#views.f64[at >> 3] ?? 0;
  }

  /** A view, not a copy. */
  octets(): Uint8Array {
    const length = this.word();
    if (length === 0) return EMPTY;
    const at = this.#at;
    this.#at = at + aligned4(length);
    return new Uint8Array(this.#memory, at, length);
  }

  text(): string {
    const octets = this.octets();
    return Buffer.from(octets.buffer, octets.byteOffset, octets.length).toString('utf8');
  }

  /** A typed view of what {@link Packer.array} packed. */
  array<T>(type: ArrayType<T>): T {
    const length = this.word();
    const at = aligned8(this.#at);
    this.#at = at + aligned4(length);
    return new type(this.#memory, at, length / type.BYTES_PER_ELEMENT);
  }
}

interface ArrayType<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (memory: ArrayBufferLike, at: number, length: number): T;
}
