/** The one face of the pool: inline where a hop costs more than the work, else through the dispatcher. */
import { ABORTED, type Answer, CLOSED } from './answer.ts';
import { failedAnswer } from './batch.ts';
import { Dispatcher, type RunOptions } from './dispatcher.ts';
import { type KeyHandle, KeyTable, openKeyReader, type SessionKeys } from './key-table.ts';
import { Meters, NO_GAUGES, type PoolMetrics, summarize } from './metrics.ts';
import { type OperationTable, operationOf, type PoolRequest, type Tools } from './operation.ts';
import { completePoolOptions, type PoolOptions } from './options.ts';

/** Where sessions put their keys: see `key-table.ts` for what is kept and what is cleared. */
export interface PoolKeys {
  /** @throws RangeError when a key has not 16 or 32 octets, or `keySlots` are all taken */
  put(keys: SessionKeys): KeyHandle;
  /** Fills the keys with zeros. Requests that still wait with this handle are answered `pool_stale_key`. False: released before. */
  release(handle: KeyHandle): boolean;
}

/** A pool over any table of operations. `createCodecPool` opens the one of the codecs. */
export interface Pool extends AsyncDisposable {
  readonly keys: PoolKeys;
  /** When all threads have started once; at once when nothing is ever sent to them. */
  readonly ready: Promise<void>;
  /** Never rejects: an answer for each request, in their order. @throws TypeError for an operation that the table does not have */
  run(requests: readonly PoolRequest[], options: RunOptions): Promise<Answer<unknown>[]>;
  metrics(): PoolMetrics;
  /** Takes nothing more, lets what is in hand go on for `closeMs`, answers the rest `pool_closed`, ends the threads and clears the keys. */
  close(): Promise<void>;
}

/**
 * @param table what the pool can run
 * @param entry of the worker threads, which must run the same table
 */
export function openPool(given: Partial<PoolOptions> | undefined, table: OperationTable, entry: string): Pool {
  const options = completePoolOptions(given);
  const keys = new KeyTable(options.keySlots);
  const tools: Tools = { keys: openKeyReader(keys.memory) };
  const dispatcher = options.inlineBelowBytes === Number.POSITIVE_INFINITY ? undefined : new Dispatcher(options, table, entry, keys.memory);
  const meters = new Meters();
  let closing: Promise<void> | undefined;

  const isSmall = (requests: readonly PoolRequest[]): boolean => {
    if (dispatcher === undefined) return true;
    let octets = 0;
    for (const request of requests) octets += operationOf(table, request).octets(request);
    return octets < options.inlineBelowBytes;
  };

  const runInline = (request: PoolRequest): Answer<unknown> => {
    meters.inline++;
    try {
      return operationOf(table, request).direct(request, tools);
    } catch (error) {
      return failedAnswer(error);
    }
  };

  const close = (): Promise<void> => {
    closing ??= (dispatcher?.close() ?? Promise.resolve()).finally(() => keys.clear());
    return closing;
  };

  return {
    keys: { put: (session) => keys.put(session), release: (handle) => keys.release(handle) },
    ready: dispatcher?.ready ?? Promise.resolve(),
    run(requests, run) {
      if (dispatcher !== undefined && !isSmall(requests)) return dispatcher.run(requests, run);
      const refusal = closing !== undefined ? CLOSED : run.signal?.aborted ? ABORTED : undefined;
      return Promise.resolve(refusal === undefined ? requests.map(runInline) : requests.map(() => refusal));
    },
    metrics() {
      const crossed = dispatcher?.metrics() ?? summarize(meters, NO_GAUGES);
      return { ...crossed, requests: { ...crossed.requests, inline: meters.inline } };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
