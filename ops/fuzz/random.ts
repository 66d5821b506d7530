/** Random numbers that a seed repeats exactly (sfc32, of 128 bits). Every input has its own, made of seed and index. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #count = 1;

  constructor(seed: number, index = 0) {
    this.#a = seed | 0;
    this.#b = index | 0;
    this.#c = (seed / 0x1_0000_0000) | 0 || 0x9e3779b9;
    for (let round = 0; round < 12; round++) this.next();
  }

  /** 0 to 2^32 - 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#count++) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** 0 to `bound` - 1; 0 when the bound is 0. */
  below(bound: number): number {
    return bound <= 1 ? 0 : Math.floor((this.next() / 0x1_0000_0000) * bound);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }

  octets(count: number): Uint8Array {
    const octets = new Uint8Array(count);
    for (let index = 0; index < count; index++) octets[index] = this.next();
    return octets;
  }
}
