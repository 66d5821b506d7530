/**
 * The codec pool of this process, as a child of its supervisor. Its threads are started at the first use: all frames of a time-update are
 * small enough to be done inline, and idle threads would cost each installation 50 MB. A thread that dies or hangs is replaced by the pool
 * itself; a pool that cannot start any is a child that failed, and another takes its place.
 *
 * ```
 *   up, no pool ──first use──► up, pool ──`pool_down`, throws──► failed ──supervisor──► up, no pool
 * ```
 *
 * - C1 Whoever asks while there is no pool to be had is told so by an exception, and does the work inline.
 * - C2 Pools that fail one after the other are made anew once in `REST_MS` at most: they must not use up the restarts of the whole process.
 */
import type { DialogueCodec } from '../../actors/dialogue/services.ts';
import type { Ports } from '../../actors/engine/index.ts';
import type { ChildSpec } from '../../actors/supervision/index.ts';
import { type CodecPool, createCodecPool } from '../../workers/pool/index.ts';
import { type CodecOptions, poolOptionsOf } from '../config/sections.ts';

export interface CodecHouse {
  /** `codec-pool`: up from its start, threads or none. */
  readonly child: ChildSpec;
  /** The pool of the moment. @throws Error while there is none: it failed a moment ago, or the process stops */
  pool(): DialogueCodec;
}

export interface CodecHouseSetup {
  readonly options: CodecOptions;
  readonly ports: Pick<Ports, 'clock' | 'log'>;
  /** Default: the pool of the codecs, as the options say. */
  readonly createPool?: () => CodecPool;
}

/** From a failure that follows another without an answer between to the next pool, milliseconds. */
const REST_MS = 60_000;

/** One life of the child. */
interface Life {
  pool: CodecPool | undefined;
  codec: DialogueCodec | undefined;
  readonly fail: (error: Error) => void;
}

export function createCodecHouse({ options, ports, createPool = () => createCodecPool(poolOptionsOf(options)) }: CodecHouseSetup): CodecHouse {
  let life: Life | undefined;
  /** The threads of a pool that failed end before another is made. */
  let closing: Promise<unknown> | undefined;
  let failures = 0;
  let restsUntil = Number.NEGATIVE_INFINITY;

  function fail(failed: Life, error: Error): void {
    if (life !== failed) return;
    life = undefined;
    failures++;
    if (failures > 1) restsUntil = ports.clock.monotonic() + REST_MS;
    closing = failed.pool?.close().catch((failure: unknown) => ports.log.warn({ err: failure }, 'a codec pool that failed could not be closed'));
    failed.fail(error);
  }

  /** The pool as dialogues see it; what it answers tells how it is. */
  function watched(pool: CodecPool, of: Life): DialogueCodec {
    return {
      keys: pool.keys,
      async run(requests, run) {
        const answers = await pool.run(requests, run);
        const isDown = answers.some((answer) => answer.kind === 'bad' && answer.error.code === 'pool_down');
        if (isDown) fail(of, new Error(`no thread can be started: ${pool.metrics().threads.lastFault ?? 'none was ready in time'}`));
        else if (answers.some(({ kind }) => kind === 'good')) failures = 0;
        return answers;
      },
    };
  }

  function open(of: Life): DialogueCodec {
    try {
      of.pool = createPool();
    } catch (error) {
      fail(of, error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
    of.codec = watched(of.pool, of);
    return of.codec;
  }

  return {
    child: {
      id: 'codec-pool',
      async start() {
        await closing;
        const { promise: done, resolve, reject } = Promise.withResolvers<void>();
        const mine: Life = { pool: undefined, codec: undefined, fail: reject };
        life = mine;
        return {
          done,
          async stop() {
            if (life === mine) life = undefined;
            await mine.pool?.close();
            resolve();
          },
        };
      },
    },
    pool() {
      if (life === undefined) throw new Error('codec: there is no pool at present');
      if (life.codec === undefined && ports.clock.monotonic() < restsUntil) throw new Error('codec: the pool failed a moment ago');
      return life.codec ?? open(life);
    },
  };
}
