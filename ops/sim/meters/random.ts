/** Random numbers that a seed repeats (mulberry32). Each meter has its own, so faults of one do not move those of another. */
export class SeededRandom {
  #state: number;

  constructor(seed: number, text = '') {
    let state = seed | 0;
    for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x0100_0193);
    this.#state = state;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** True with this probability; draws nothing for 0, so that a fault that is off changes no later draw. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** 0 to `bound` - 1. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  octets(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** Digits, as serial numbers and passwords have them. */
  digits(count: number): string {
    return Array.from({ length: count }, () => String(this.below(10))).join('');
  }
}
