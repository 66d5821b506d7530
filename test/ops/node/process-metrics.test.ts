import test from 'ava';
import { createProcessMetrics } from '../../../ops/node/process-metrics.ts';

test('memory, processor time, start and delays are numbers in their base units', (t) => {
  const metrics = createProcessMetrics();
  t.teardown(() => metrics.stop());
  const values = new Map(metrics.collect().map(({ name, samples }) => [name, samples[0]?.value ?? Number.NaN]));
  t.true(Math.abs((values.get('process_start_time_seconds') ?? 0) - (Date.now() / 1_000 - process.uptime())) < 5);
  t.true((values.get('process_resident_memory_bytes') ?? 0) > 1e7);
  t.true((values.get('nodejs_heap_size_used_bytes') ?? 0) > 1e6);
  t.true((values.get('process_cpu_seconds_total') ?? 0) > 0.01);
  for (const name of ['nodejs_eventloop_lag_p50_seconds', 'nodejs_eventloop_lag_p99_seconds']) {
    const lag = values.get(name);
    t.true(lag !== undefined && lag >= 0 && lag < 60, `${name} ${lag}`);
  }
});

test('processor time only rises', (t) => {
  const metrics = createProcessMetrics();
  t.teardown(() => metrics.stop());
  const cpu = (): number => metrics.collect().find(({ name }) => name === 'process_cpu_seconds_total')?.samples[0]?.value ?? 0;
  const before = cpu();
  t.true(cpu() >= before);
});
