/**
 * Looks at the event loop of the engine from within, for benches only: loaded in front of the real program (`node --import`), it answers
 * `reset`, `read` and `collect` on a socket whose path is in the environment. Nothing of the program knows of it.
 */
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';

export const PROBE_ENV = 'MW_BENCH_PROBE';

export type ProbeWord = 'read' | 'reset' | 'collect';

/** Milliseconds. A sample is the time between two looks that should lie `RESOLUTION_MS` apart. */
export interface LoopDelay {
  readonly samples: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Pauses of the garbage collector, in all and the longest. */
  readonly collector: { readonly ms: number; readonly max: number };
}

const RESOLUTION_MS = 10;
const NS_PER_MS = 1e6;

/** Bytes that are left after a collection of everything. */
function collect(): number {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function listen(path: string): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const collector = { ms: 0, max: 0 };
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collector.ms += duration;
      collector.max = Math.max(collector.max, duration);
    }
  }).observe({ entryTypes: ['gc'] });
  const at = (percentile: number): number => delay.percentile(percentile) / NS_PER_MS;
  const read = (): LoopDelay => ({ samples: delay.count, p50: at(50), p99: at(99), max: delay.max / NS_PER_MS, collector });
  rmSync(path, { force: true });
  createServer((socket) => {
    socket.setEncoding('utf8').on('data', (text) => {
      const word = String(text).trim();
      if (word === 'reset') {
        delay.reset();
        Object.assign(collector, { ms: 0, max: 0 });
      }
      socket.end(`${JSON.stringify(word === 'collect' ? collect() : read())}\n`);
    });
    socket.on('error', () => socket.destroy());
  })
    .listen(path)
    .unref();
}

const path = process.env[PROBE_ENV];
// Threads and children of the program have the same environment.
if (path !== undefined && isMainThread && process.argv[1]?.endsWith('ops/node/main.ts')) listen(path);
