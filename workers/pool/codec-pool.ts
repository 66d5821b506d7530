/** The pool of the codecs. */
import { fileURLToPath } from 'node:url';
import type { RunOptions } from './dispatcher.ts';
import { type CodecAnswer, type CodecRequest, OPERATIONS } from './operations.ts';
import type { PoolOptions } from './options.ts';
import { openPool, type Pool } from './pool.ts';

export interface CodecPool extends Omit<Pool, 'run'> {
  /**
   * An answer for each request, in their order; never rejects. Answers of large requests share memory with others of their batch: copy
   * what is kept for long.
   *
   * @throws TypeError for an unknown `op`
   */
  run<const R extends readonly CodecRequest[]>(requests: R, options: RunOptions): Promise<{ -readonly [Index in keyof R]: CodecAnswer<R[Index]> }>;
}

const ENTRY = fileURLToPath(new URL('./worker.ts', import.meta.url));

/** Starts the threads, unless `inlineBelowBytes` is Infinity. @throws RangeError for settings out of their range */
export function createCodecPool(options?: Partial<PoolOptions>): CodecPool {
  // The table gives to each operation the answer that the types say.
  return openPool(options, OPERATIONS, ENTRY) as CodecPool;
}
