/** How long each operation takes, learnt from what the workers measured: batches are cut by it. */

/** 100 MB/s, until something was measured. */
const FIRST_NS_PER_OCTET = 10;
/** What a request costs besides its octets, as octets. */
const BASE_OCTETS = 64;
const SHARE_OF_NEW = 1 / 16;

export class Rates {
  readonly #nsPerOctet: Float64Array;

  constructor(operations: number) {
    this.#nsPerOctet = new Float64Array(operations).fill(FIRST_NS_PER_OCTET);
  }

  estimateNs(code: number, octets: number): number {
    return (this.#nsPerOctet[code] ?? FIRST_NS_PER_OCTET) * (octets + BASE_OCTETS);
  }

  learn(code: number, octets: number, runNs: number): void {
    const before = this.#nsPerOctet[code] ?? FIRST_NS_PER_OCTET;
    this.#nsPerOctet[code] = before + (runNs / (octets + BASE_OCTETS) - before) * SHARE_OF_NEW;
  }
}
