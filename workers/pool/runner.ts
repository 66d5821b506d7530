/**
 * The worker's handler: the place of a slot comes in, everything else goes through shared memory. It is synchronous, so that piscina's
 * worker waits for its next message in `Atomics.wait` and not in the event loop.
 */
import { performance } from 'node:perf_hooks';
import { makeBatchRunner } from './batch.ts';
import { openKeyReader } from './key-table.ts';
import type { OperationTable } from './operation.ts';
import { Views } from './packing.ts';
import type { WorkerSeed } from './worker-seed.ts';

/** The table must be the one that the main thread was given, in the same order. */
export function makeRunner(seed: WorkerSeed, table: OperationTable): (slotAt: number) => void {
  const tools = { keys: openKeyReader(seed.keys) };
  return makeBatchRunner(new Views(seed.ring), Object.values(table), tools, () => performance.now());
}
