/** What the process itself costs: memory, processor, and how long its event loop lets others wait. Names as Prometheus clients usually have them. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metric } from '../../gateway/ops/metrics.ts';

export interface ProcessMetrics {
  /** Delays of the event loop are those since the look before. */
  collect(): readonly Metric[];
  stop(): void;
}

const RESOLUTION_MS = 10;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

export function createProcessMetrics(): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const gauge = (name: string, help: string, value: number): Metric => ({ name, help, type: 'gauge', samples: [{ value }] });
  // The histogram counts the whole interval between its own ticks, the wait that it asked for included.
  const lag = (percentile: number): number => Math.max(0, delay.percentile(percentile) / NANOSECONDS - RESOLUTION_MS / 1_000);
  return {
    collect() {
      const memory = process.memoryUsage();
      const { user, system } = process.cpuUsage();
      const metrics: Metric[] = [
        gauge('process_start_time_seconds', 'Start of the process, seconds since 1970.', performance.timeOrigin / 1_000),
        gauge('process_resident_memory_bytes', 'Resident memory.', memory.rss),
        gauge('nodejs_heap_size_used_bytes', 'Heap in use.', memory.heapUsed),
        gauge('nodejs_external_memory_bytes', 'Memory of buffers and native objects.', memory.external),
        {
          name: 'process_cpu_seconds_total',
          help: 'Processor time of all threads, seconds.',
          type: 'counter',
          samples: [{ value: (user + system) / MICROSECONDS }],
        },
        gauge('nodejs_eventloop_lag_p50_seconds', 'Median delay of the event loop since the last look.', lag(50)),
        gauge('nodejs_eventloop_lag_p99_seconds', '99th percentile of that delay.', lag(99)),
      ];
      delay.reset();
      return metrics;
    },
    stop: () => void delay.disable(),
  };
}
