/** The blocks of one answer or readout, until the last has come. */
import type { LeniencyName } from '../common/index.ts';

export class Blocks {
  readonly #most: number;
  #parts: string[] = [];
  #octets = 0;
  #leniencies = new Set<LeniencyName>();

  /** @param most octets of all blocks together */
  constructor(most: number) {
    this.#most = most;
  }

  get count(): number {
    return this.#parts.length;
  }

  get text(): string {
    return this.#parts.join('');
  }

  get leniencies(): readonly LeniencyName[] {
    return [...this.#leniencies];
  }

  /** @returns false when there are more octets than allowed; the block is not kept then */
  add(data: string, leniencies: readonly LeniencyName[] = []): boolean {
    if (this.#octets + data.length > this.#most) return false;
    this.#parts.push(data);
    this.#octets += data.length;
    for (const leniency of leniencies) this.#leniencies.add(leniency);
    return true;
  }

  forget(): void {
    this.#parts = [];
    this.#octets = 0;
    this.#leniencies = new Set();
  }
}
