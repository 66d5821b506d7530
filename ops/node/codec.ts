/**
 * The codec pool of this process, and its end. Its threads are started at the first use: all frames of a time-update are small enough to
 * be done inline, and idle threads would cost each installation 50 MB. A thread that dies or hangs is replaced by the pool itself.
 */
import { type CodecPool, createCodecPool } from '../../workers/pool/index.ts';
import { type CodecOptions, poolOptionsOf } from '../config/sections.ts';

export interface CodecHouse {
  /** The one pool. @throws Error after `close` */
  pool(): CodecPool;
  /** Bounded by `codec.closeMs`. */
  close(): Promise<void>;
}

export function createCodecHouse(options: CodecOptions): CodecHouse {
  let pool: CodecPool | undefined;
  let closed = false;
  return {
    pool() {
      if (closed) throw new Error('codec: asked for after its end');
      pool ??= createCodecPool(poolOptionsOf(options));
      return pool;
    },
    async close() {
      closed = true;
      await pool?.close();
    },
  };
}
