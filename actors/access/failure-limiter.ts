/**
 * Slows down whoever guesses: failures are counted per source address. Good credentials pass at all times, so nobody can lock
 * out others behind the same address; only what failed anyway is answered 429 instead of 401.
 */
import { TokenBucket } from './token-bucket.ts';

export interface FailureLimits {
  readonly perSecond: number;
  readonly burst: number;
  /** Sources remembered; the one seen longest ago is forgotten first. */
  readonly sources: number;
}

export class FailureLimiter {
  readonly #limits: FailureLimits;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(limits: FailureLimits) {
    this.#limits = limits;
  }

  /** Note one failure. 0: answer it as such; else milliseconds that the source is told to wait. */
  failed(address: string, nowMs: number): number {
    const source = networkOf(address);
    let bucket = this.#buckets.get(source);
    if (bucket) this.#buckets.delete(source);
    else bucket = new TokenBucket(this.#limits.perSecond, this.#limits.burst, nowMs);
    this.#buckets.set(source, bucket);
    if (this.#buckets.size > this.#limits.sources) {
      const oldest = this.#buckets.keys().next();
      if (!oldest.done) this.#buckets.delete(oldest.value);
    }
    return bucket.take(nowMs);
  }

  /** One that was noted as a failure before it was known was none. */
  forgive(address: string, nowMs: number): void {
    this.#buckets.get(networkOf(address))?.give(nowMs);
  }
}

const MAPPED_IPV4 = /^0000:0000:0000:0000:0000:ffff:/;

/** Whoever has one IPv6 address has its whole /64: that counts as one source. Addresses are written out in full. */
function networkOf(address: string): string {
  return address.length === 39 && !MAPPED_IPV4.test(address) ? address.slice(0, 19) : address;
}
