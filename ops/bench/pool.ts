/** `pool`: what the codec pool takes off the main loop in bulk work, and what its face costs live sessions. */
import { decodeApdu } from '../../workers/codec/apdu/index.ts';
import { type CodecPool, type CodecRequest, createCodecPool, type Priority } from '../../workers/pool/index.ts';
import { ciphering, liveApdu, profileOctets, threadCpuMs } from './pool-work.ts';
import { against, type Bench, type Reporter } from './report.ts';

const ROUNDS = 5;
const BATCH = 64;
const BATCHES = 60;
/** Calls in hand at once. */
const IN_HAND = 4;
/** 79 rows: 2 KB. */
const ROWS = 79;

const LIVE_PER_SECOND = 5_000;
const LIVE_SECONDS = 1;
const LIVE_ROUNDS = 6;
const TURNS_PER_SECOND = 200;
/** One live frame in so many carries a day of a profile. */
const PROFILE_EVERY = 100;

/** Of several rounds the one that the rest of the machine disturbed least: what others take is never less than nothing. */
const least = (sample: readonly number[]): number => Math.min(...sample);

interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

async function cost(run: () => Promise<void>): Promise<Cost> {
  const cpu = threadCpuMs();
  const wall = performance.now();
  await run();
  const wallMs = performance.now() - wall;
  return { wallMs, cpuMs: threadCpuMs() - cpu };
}

async function runBatches(pool: CodecPool, batch: readonly CodecRequest[], priority: Priority): Promise<void> {
  let left = BATCHES;
  const session = async (): Promise<void> => {
    while (left-- > 0) {
      const answers = await pool.run(batch, { priority });
      for (const answer of answers) if (answer.kind === 'bad') throw new Error(`pool: ${answer.error.code}`);
    }
  };
  await Promise.all(Array.from({ length: IN_HAND }, session));
}

const batchOf = (make: (index: number) => CodecRequest): CodecRequest[] => Array.from({ length: BATCH }, (_, index) => make(index));

async function bulk(report: Reporter): Promise<void> {
  const inline = createCodecPool({ inlineBelowBytes: Number.POSITIVE_INFINITY });
  const pool = createCodecPool();
  await pool.ready;
  const keys = { encryptionKey: new Uint8Array(16).fill(1), authenticationKey: new Uint8Array(16).fill(2) };
  const handle = pool.keys.put(keys);
  const inlineHandle = inline.keys.put(keys);
  const octets = profileOctets(ROWS);
  const apdu = liveApdu(ROWS);
  const kinds: readonly { readonly name: string; readonly make: (inlineRun: boolean) => CodecRequest[] }[] = [
    { name: 'decode-data', make: () => batchOf(() => ({ op: 'decode-data', octets })) },
    { name: 'decode-columns', make: () => batchOf(() => ({ op: 'decode-columns', octets })) },
    { name: 'decode-apdu', make: () => batchOf(() => ({ op: 'decode-apdu', octets: apdu })) },
    { name: 'cipher', make: (inlineRun) => batchOf((index) => ciphering(inlineRun ? inlineHandle : handle, octets.length, index)) },
  ];
  const whole = { inline: { wallMs: 0, cpuMs: 0 }, pool: { wallMs: 0, cpuMs: 0 } };
  for (const { name, make } of kinds) {
    const [inlineBatch, poolBatch] = [make(true), make(false)];
    const costs = { inline: [] as Cost[], pool: [] as Cost[] };
    for (let round = 0; round <= ROUNDS; round++) {
      costs.inline.push(await cost(() => runBatches(inline, inlineBatch, 'bulk')));
      costs.pool.push(await cost(() => runBatches(pool, poolBatch, 'bulk')));
    }
    // The first round warms up.
    const of = (side: 'inline' | 'pool', what: keyof Cost): number => least(costs[side].slice(1).map((one) => one[what]));
    for (const side of ['inline', 'pool'] as const) {
      whole[side].wallMs += of(side, 'wallMs');
      whole[side].cpuMs += of(side, 'cpuMs');
    }
    const us = (ms: number): string => ((ms * 1_000) / (BATCH * BATCHES)).toFixed(2);
    report.say(
      `  ${name} of 2 KB: inline ${us(of('inline', 'wallMs'))} µs, main loop ${us(of('inline', 'cpuMs'))} µs; ` +
        `pool ${us(of('pool', 'wallMs'))} µs, main loop ${us(of('pool', 'cpuMs'))} µs`,
    );
  }
  const { batchSize, runUs, requests } = pool.metrics();
  report.say(`  batches of ${batchSize.mean.toFixed(0)} requests, ${runUs.p50.toFixed(0)} µs each; ${requests.again} run again`);
  await Promise.all([pool.close(), inline.close()]);
  const perRequest = (ms: number): number => (ms * 1_000) / (BATCH * BATCHES * kinds.length);
  report.line(
    against(
      'pool.wall',
      perRequest(whole.pool.wallMs),
      'µs a request, wall',
      'all inline',
      perRequest(whole.inline.wallMs),
      '<= 1.5x',
      (ratio) => ratio <= 1.5,
    ),
  );
  report.line(
    against(
      'pool.cpu',
      perRequest(whole.pool.cpuMs),
      'µs a request, CPU of the main loop',
      'all inline',
      perRequest(whole.inline.cpuMs),
      '<= 0.5x',
      (ratio) => ratio <= 0.5,
    ),
  );
}

/** Sessions that each get one frame in a turn, so many turns a second. */
async function live(take: (octets: Uint8Array) => Promise<void>): Promise<number> {
  const small = liveApdu(0);
  const large = liveApdu(48);
  const perTurn = LIVE_PER_SECOND / TURNS_PER_SECOND;
  const turns = LIVE_SECONDS * TURNS_PER_SECOND;
  const pending: Promise<void>[] = [];
  const before = threadCpuMs();
  const startedAt = performance.now();
  for (let turn = 0; turn < turns; turn++) {
    const due = startedAt + (turn * 1_000) / TURNS_PER_SECOND;
    const early = due - performance.now();
    if (early > 1) await new Promise((resolve) => setTimeout(resolve, early));
    for (let frame = 0; frame < perTurn; frame++) pending.push(take((turn * perTurn + frame) % PROFILE_EVERY === 0 ? large : small));
  }
  await Promise.all(pending);
  return (threadCpuMs() - before) * 1_000;
}

async function liveFrames(report: Reporter): Promise<void> {
  const pool = createCodecPool();
  await pool.ready;
  const throughRun = async (octets: Uint8Array): Promise<void> => {
    const [answer] = await pool.run([{ op: 'decode-apdu', octets }], { priority: 'live' });
    if (answer.kind === 'bad') throw new Error(`pool: ${answer.error.code}`);
    if (answer.value.data === undefined) throw new Error('pool: an APDU without data');
  };
  const direct = async (octets: Uint8Array): Promise<void> => {
    const outcome = decodeApdu(octets);
    if (outcome.kind !== 'good') throw new Error('pool: not decoded');
  };
  const us = { pool: [] as number[], inline: [] as number[] };
  for (let round = 0; round <= LIVE_ROUNDS; round++) {
    us.inline.push(await live(direct));
    us.pool.push(await live(throughRun));
  }
  const { requests } = pool.metrics();
  report.say(`  live: ${requests.inline} ran inline, ${requests.crossed} crossed`);
  await pool.close();
  const perFrame = (sample: readonly number[]): number => least(sample.slice(1)) / (LIVE_PER_SECOND * LIVE_SECONDS);
  report.line(
    against(
      'pool.live',
      perFrame(us.pool),
      'µs of main-loop CPU a frame, 5,000 live frames/s',
      'decoded directly',
      perFrame(us.inline),
      '<= 1.5x',
      (ratio) => ratio <= 1.5,
    ),
  );
}

const THRESHOLD_ROWS = [20, 40, 80, 160, 320, 640];
const LONE = 400;

/** Where a lone request costs the main loop less through a worker: what `INLINE_BELOW_BYTES` is taken from. */
async function threshold(report: Reporter): Promise<void> {
  const inline = createCodecPool({ inlineBelowBytes: Number.POSITIVE_INFINITY });
  const pool = createCodecPool({ inlineBelowBytes: 0 });
  await pool.ready;
  const lone = async (side: CodecPool, request: CodecRequest): Promise<number> => {
    const before = threadCpuMs();
    for (let index = 0; index < LONE; index++) {
      await new Promise((resolve) => setImmediate(resolve));
      await side.run([request], { priority: 'live' });
    }
    return ((threadCpuMs() - before) * 1_000) / LONE;
  };
  for (const op of ['decode-data', 'decode-columns'] as const) {
    const told: string[] = [];
    for (const rows of THRESHOLD_ROWS) {
      const octets = profileOctets(rows);
      const us = { inline: [] as number[], pool: [] as number[] };
      for (let round = 0; round <= 3; round++) {
        us.inline.push(await lone(inline, { op, octets }));
        us.pool.push(await lone(pool, { op, octets }));
      }
      told.push(`${octets.length}: ${least(us.inline.slice(1)).toFixed(1)} and ${least(us.pool.slice(1)).toFixed(1)}`);
    }
    report.say(`  threshold, lone ${op}, octets: µs of main-loop CPU inline and through a worker: ${told.join('; ')}`);
  }
  await Promise.all([pool.close(), inline.close()]);
}

async function run(report: Reporter): Promise<void> {
  await bulk(report);
  await threshold(report);
  await liveFrames(report);
}

export const pool: Bench = { name: 'pool', about: 'the codec pool against all inline: bulk work, and live frames', run };
