/**
 * `queries`: the operator's questions to a store of a million actors (LMDB): searches by index, a page in the middle of a long list,
 * counts from the counters; and how long the loop stands still meanwhile.
 */
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { shardOf } from '../../actors/engine/index.ts';
import { type ActorDoc, openStore, type Store, type StoreOptions, StoreOptionsSchema } from '../../actors/store/index.ts';
import { answerCounts, createCountsReader } from '../../gateway/ops/counts.ts';
import { search } from '../../gateway/ops/search.ts';
import { defaultsOf } from '../config/settings.ts';
import { realClock } from '../process/index.ts';
import { withFolder } from './process/folders.ts';
import { absolute, type Bench, quantile, type Reporter } from './report.ts';

const ACTORS = Number(process.env.MW_BENCH_QUERIES ?? 1_000_000);
const SHARDS = 64;
const DAYS = 400;
const DAY_MS = 86_400_000;
const GROUP = 2_000;
const ASKED = 2_000;
const GOAL_MS = 10;
const GOAL_STALL_MS = 50;
const REASONS = ['regs_rejected', 'sp_rejected', 'lapsed', 'superseded', 'sla_outcome', 'operator_cancelled'] as const;
const SUPPLIERS = new Map([
  ['SUPX', '2300000012'],
  ['SUPY', '2300000045'],
]);

const uuidOf = (n: number): string => `01900000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const mpanOf = (n: number): string => String(1_000_000_000_000 + ((n * 7_368_787) % 50_000_017));

/** Of four actors two are ended processes, one is the record of a meter point with its meter, one is an ended meter action. */
function actor(n: number, now: number): ActorDoc {
  const at = now - Math.floor(((ACTORS - n) / ACTORS) * DAYS * DAY_MS);
  const place = Math.floor(n / 4);
  const mpan = mpanOf(place);
  const common = {
    version: 9,
    commitId: uuidOf(n),
    epoch: 0,
    machineVersion: 1,
    since: at,
    createdAt: at,
    changedAt: at,
    slots: [],
    reminders: [],
    owed: [],
    applied: [],
    senders: {},
  };
  const placed = (key: string) => ({ key, shard: shardOf(key, SHARDS) });
  if (n % 4 < 2) {
    const request = { requestId: uuidOf(n), mpid: 'SUPX', mpan, meteringServiceMpid: 'MOPX', effectiveFrom: '2026-03-30', scenario: 'COS' };
    const failed = n % 10 === 0;
    const reason = REASONS[n % REASONS.length] ?? '';
    const status = failed ? 'Failed' : 'Success';
    return {
      ...common,
      ...placed(mpan),
      id: `appointment:${uuidOf(n)}`,
      kind: 'appointment',
      state: failed ? 'FAILED' : 'SUCCESS',
      ...(failed ? { reason } : {}),
      snapshot: { status: 'active', context: { request, errors: [] } },
      indexes: { requestId: [uuidOf(n)], mpan: [`SUPX:${mpan}`], sur: [`SUR${n}`], mpid: ['SUPX'], mpidStatus: [`SUPX|${status}`] },
    };
  }
  if (n % 4 === 2) {
    const indexes = { mpanAny: [mpan], serialNumber: [`E${place}`] };
    return {
      ...common,
      ...placed(mpan),
      id: `mpan:SUPX:${mpan}`,
      kind: 'mpan',
      state: 'known',
      snapshot: { context: { mpid: 'SUPX', mpan, facts: {}, meters: {} } },
      indexes,
    };
  }
  const request = { requestId: n, requestReference: `REF${n % 5_000}`, owner: 'mts', target: { meterType: 'CEWE', serialNumber: `E${place}` } };
  return {
    ...common,
    ...placed(`tcp:10.0.0.1:${n}`),
    id: `action:${n}`,
    kind: 'action',
    state: 'done',
    reason: n % 8 === 3 ? 'success|CEWE|-' : 'error|CEWE|transport',
    snapshot: { context: { request } },
    indexes: { requestId: [String(n)], requestReference: [request.requestReference], serialNumber: [request.target.serialNumber] },
  };
}

async function fill(store: Store): Promise<void> {
  const now = Date.now();
  for (let from = 0; from < ACTORS; from += GROUP) {
    const docs = Array.from({ length: Math.min(GROUP, ACTORS - from) }, (_, i) => actor(from + i, now));
    await store.commit(docs.map((doc) => [{ doc, expectedVersion: 0 }]));
  }
}

async function timed(run: (n: number) => Promise<unknown>, times: number): Promise<readonly number[]> {
  const took: number[] = [];
  for (let i = 0; i < times; i++) {
    const from = performance.now();
    await run((i * 7_919) % ACTORS);
    took.push(performance.now() - from);
  }
  return took;
}

async function measure(store: Store, report: Reporter): Promise<void> {
  const deps = { engine: { store }, suppliers: SUPPLIERS };
  const asks: Readonly<Record<string, (n: number) => Promise<unknown>>> = {
    mpan: (n) => search(deps, `mpan=${mpanOf(Math.floor(n / 4))}`),
    requestId: (n) => search(deps, `requestId=${uuidOf(n - (n % 4))}`),
    serialNumber: (n) => search(deps, `serialNumber=E${Math.floor(n / 4)}`),
    requestReference: (n) => search(deps, `requestReference=REF${(n - (n % 4) + 3) % 5_000}&limit=50`),
    page: (n) => store.page({ index: 'mpidStatus', value: 'SUPX|Success', from: Date.now() - ((n % DAYS) + 1) * DAY_MS, limit: 50 }),
  };
  for (const [name, ask] of Object.entries(asks)) {
    await timed(ask, 50);
    const took = await timed(ask, ASKED);
    const p99 = quantile(took, 0.99);
    report.say(`  ${name}: p50 ${quantile(took, 0.5).toFixed(2)}, p99 ${p99.toFixed(2)}, max ${Math.max(...took).toFixed(1)} ms`);
    report.line(absolute(`queries.${name}`, p99, 'ms, p99', `< ${GOAL_MS}`, p99 < GOAL_MS));
  }
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const [reading = 0] = await timed(() => store.totals(), 1);
  delay.disable();
  const counters = (await store.totals()).length;
  // Each reads anew: no answer of the second before helps.
  const took = await timed(() => answerCounts(createCountsReader({ ...deps, clock: realClock }), 'by=kind,state,age'), ASKED);
  const p99 = quantile(took, 0.99);
  const stall = delay.max / 1e6;
  report.say(
    `  counts: ${counters} sums, added up for the first who asks in ${reading.toFixed(0)} ms; p50 ${quantile(took, 0.5).toFixed(2)}, p99 ${p99.toFixed(2)} ms`,
  );
  report.line(absolute('queries.counts', p99, 'ms, p99', `< ${GOAL_MS}`, p99 < GOAL_MS));
  report.line(
    absolute(
      'queries.counts.stall',
      stall,
      'ms, longest that the loop stands still while they are added up first',
      `< ${GOAL_STALL_MS}`,
      stall < GOAL_STALL_MS,
    ),
  );
}

async function run(report: Reporter): Promise<void> {
  await withFolder(async (folder) => {
    const store = await openStore(defaultsOf(StoreOptionsSchema) as StoreOptions, { directory: join(folder, 'store') });
    try {
      const from = performance.now();
      await fill(store);
      report.say(`  ${ACTORS} actors stored in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
      await measure(store, report);
    } finally {
      await store.close();
    }
  });
}

export const queries: Bench = { name: 'queries', about: 'searches, pages and counts over a million stored actors', run };
