/** `pool-latency`: one lone request through the pool, while it is idle and while bulk work keeps it busy. */
import { type CodecPool, type CodecRequest, createCodecPool } from '../../workers/pool/index.ts';
import { profileOctets } from './pool-work.ts';
import { absolute, type Bench, quantile, type Reporter } from './report.ts';

const REQUESTS = 3_000;
const WARM_UP = 500;
/** Bulk calls in hand while the lone requests go. */
const BULK_CALLS = 8;
const IDLE_GOAL_US = 60;
const LOAD_GOAL_US = 5_000;

async function lone(pool: CodecPool, count: number): Promise<number[]> {
  const request: CodecRequest = { op: 'decode-data', octets: profileOctets(8) };
  const us: number[] = [];
  for (let index = 0; index < count; index++) {
    // Each in a turn of its own, as a socket would bring it.
    await new Promise((resolve) => setImmediate(resolve));
    const before = performance.now();
    const [answer] = await pool.run([request], { priority: 'live' });
    us.push((performance.now() - before) * 1_000);
    if (answer.kind === 'bad') throw new Error(`pool-latency: ${answer.error.code}`);
  }
  return us;
}

async function run(report: Reporter): Promise<void> {
  const pool = createCodecPool({ inlineBelowBytes: 0 });
  await pool.ready;
  await lone(pool, WARM_UP);
  const idle = await lone(pool, REQUESTS);

  const stop = new AbortController();
  const octets = profileOctets(79);
  const batch = Array.from({ length: 256 }, (): CodecRequest => ({ op: 'decode-data', octets }));
  const bulk = Array.from({ length: BULK_CALLS }, async () => {
    while (!stop.signal.aborted) await pool.run(batch, { priority: 'bulk' });
  });
  await lone(pool, WARM_UP);
  const loaded = await lone(pool, REQUESTS);
  stop.abort();
  await Promise.all(bulk);
  const { runUs, batchSize } = pool.metrics();
  await pool.close();

  report.say(`  idle: p50 ${quantile(idle, 0.5).toFixed(0)} µs, p99 ${quantile(idle, 0.99).toFixed(0)} µs`);
  report.say(`  under bulk: p50 ${quantile(loaded, 0.5).toFixed(0)} µs, p99 ${quantile(loaded, 0.99).toFixed(0)} µs`);
  report.say(`  batches of ${batchSize.mean.toFixed(0)} requests, ${runUs.p50.toFixed(0)} µs each`);
  report.line(absolute('pool-latency.idle', quantile(idle, 0.5), 'µs, p50, idle', '< 60', quantile(idle, 0.5) < IDLE_GOAL_US));
  report.line(absolute('pool-latency.load', quantile(loaded, 0.99), 'µs, p99, under bulk load', '< 5,000', quantile(loaded, 0.99) < LOAD_GOAL_US));
}

export const poolLatency: Bench = { name: 'pool-latency', about: 'one lone request through the codec pool, idle and under bulk load', run };
