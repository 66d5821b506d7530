/** Settings of the codec pool. All have defaults, completed once at the border; nothing below looks for undefined. */
import { availableParallelism } from 'node:os';

export interface PoolOptions {
  /**
   * Worker threads, fixed: a worker takes 100 ms and more to start, which no live request should wait for, and an idle one sleeps
   * in `Atomics.wait` and costs memory only. Bulk work never holds the last one, so 2 is the least that keeps live work quick.
   * Default: one less than the processors, at least 2, at most 8.
   */
  readonly threads: number;
  /** Units of the shared ring. Default 16; only those that are used take memory. */
  readonly slots: number;
  /**
   * Octets of a unit, a multiple of 8. A batch with its answers is made to fit one; a large request takes several. Default 1 MiB: a hundred
   * profiles of two days and their indexes. With 64 KiB a batch held six, and the hops cost the main loop more than the decoding saved
   * (bench `pool`). The answers of one batch share a buffer of up to this size.
   */
  readonly slotBytes: number;
  /** Requests of one batch at most. Default 256. */
  readonly batchRequests: number;
  /** Requests in hand (waiting or running) before `pool_busy`. Default 16,384. */
  readonly queueRequests: number;
  /** Octets of the requests in hand before `pool_busy`. Default 64 MiB. */
  readonly queueBytes: number;
  /** How long a request may take from `run` to its answer when the caller gives no `deadlineMs`. Default 30,000. */
  readonly deadlineMs: number;
  /** A worker that shows no progress inside one request for so long is ended. Default 2,000. */
  readonly hangMs: number;
  /** How long a worker may take to start. Default 30,000. */
  readonly bootMs: number;
  /** Bulk work is cut into batches of at most this much run time, by the measured rate of each operation. Default 2. */
  readonly bulkPieceMs: number;
  /**
   * A call whose requests have fewer octets than this together runs inline, at once; 0 sends everything, `Infinity` nothing (and starts
   * no threads). Default {@link INLINE_BELOW_BYTES}.
   */
  readonly inlineBelowBytes: number;
  /** MiB of heap of a worker; one that needs more is ended by V8 and replaced. Default 128. */
  readonly heapMb: number;
  /** Sets of keys at once, one for each ciphered session. Default 8,192. */
  readonly keySlots: number;
  /** How long `close` lets the work in hand go on. Default 5,000. */
  readonly closeMs: number;
}

/**
 * Where a hop begins to pay. A lone request costs the main loop about 20 µs to send and to take back, whatever its size; inline,
 * `decode-data` takes 3 ns an octet, ciphering 2, `decode-columns` 1. So up to 8 KB a request is done before its hop would be, and from
 * there on it is what makes other sessions wait (bench `pool`, lines `threshold`).
 */
export const INLINE_BELOW_BYTES = 8_192;

export function completePoolOptions(given: Partial<PoolOptions> = {}): PoolOptions {
  const options: PoolOptions = {
    threads: Math.min(8, Math.max(2, availableParallelism() - 1)),
    slots: 16,
    slotBytes: 1048576,
    batchRequests: 256,
    queueRequests: 16_384,
    queueBytes: 64 * 1024 * 1024,
    deadlineMs: 30_000,
    hangMs: 2_000,
    bootMs: 30_000,
    bulkPieceMs: 2,
    inlineBelowBytes: INLINE_BELOW_BYTES,
    heapMb: 128,
    keySlots: 8_192,
    closeMs: 5_000,
    ...given,
  };
  for (const [name, value] of Object.entries(options)) {
    const least = name === 'inlineBelowBytes' || name === 'closeMs' ? 0 : Number.MIN_VALUE;
    if (!(value >= least)) throw new RangeError(`${name}: must be a number ${least === 0 ? 'not below' : 'above'} 0: ${value}`);
  }
  for (const name of ['threads', 'slots', 'slotBytes', 'batchRequests', 'keySlots'] as const) {
    if (!Number.isInteger(options[name])) throw new RangeError(`${name}: must be a whole number: ${options[name]}`);
  }
  if (options.slotBytes % 8 !== 0 || options.slotBytes < 1_024) throw new RangeError(`slotBytes: must be a multiple of 8 from 1,024 on: ${options.slotBytes}`);
  return options;
}
