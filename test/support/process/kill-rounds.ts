/**
 * The kill test: the real program under load, killed at instants drawn from a seed, started again each time; of several, one at a time. What must hold
 * at the end is checked here, so that three rounds and twenty check the same.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Rule } from '../../../ops/sim/market/rules.ts';
import { chanceOf } from './chance.ts';
import type { EngineProcess } from './engine-process.ts';
import { BRISK, Installation } from './installation.ts';
import { type Acknowledged, Load } from './load.ts';
import type { Entry, Supplier } from './supplier.ts';
import { until } from './until.ts';

export interface KillRounds {
  readonly rounds: number;
  readonly seed: number;
  readonly mpans: number;
  readonly parallel: number;
  readonly paceMs: number;
  /** How long an engine lives, drawn between these, milliseconds after it is ready. */
  readonly lifeMs: readonly [least: number, most: number];
  /** For every process to end, and every line to be delivered. */
  readonly drainMs: number;
}

/** Share of the kills that hit an engine that is still starting. */
const EARLY = 0.2;
const EARLY_MS = 1_500;
const RECHECKED = 200;

/** A market of mixed outcomes in which everything ends. Names say what becomes of the process. */
const MIX: readonly Rule[] = [
  { name: 'Failed', match: { probability: 0.06 }, initial: { code: 'R', messages: ['REG1021 - Requesting supplier is not the current supplier'] } },
  { name: 'Failed', match: { probability: 0.06 }, outcome: { code: 'R', text: 'SP001 - No contract' } },
  { name: 'Failed', match: { probability: 0.04 }, outcome: { code: 'L' } },
  { name: 'Success', match: { probability: 0.06 }, duplicate: 'transaction' },
  { name: 'Success', match: { probability: 0.06 }, duplicate: 'content' },
  { name: 'Success', match: { probability: 0.06 }, order: ['active', 'outcome', 'initial'] },
  { name: 'Success', match: { probability: 0.06 }, outcome: [{ code: 'W' }, { code: 'A' }] },
];

const SETTINGS = {
  ...BRISK,
  sim: { ...BRISK.sim, rules: MIX, initialMs: 100, outcomeMs: 300, activeMs: 500 },
  engine: { aliveIntervalMs: 500, scanIntervalMs: 1_000 },
  dip: { retry: { capMs: 2_000 }, circuit: { openMs: 500 } },
  // A line is not given up here, however often chance refuses its file: every one must arrive.
  dtn: { ...BRISK.dtn, maxRefusals: 20 },
};

export async function killRounds(t: ExecutionContext, options: KillRounds): Promise<void> {
  const chance = chanceOf(options.seed);
  t.log(`seed ${options.seed} (MW_SEED repeats it)`);
  const installation = new Installation({ seedMpans: options.mpans, settings: SETTINGS });
  t.teardown(() => installation.remove());
  await installation.start();
  let supplier: Supplier | undefined = installation.supplier;
  const load = new Load({ ...options, supplier: () => supplier });
  let early = 0;
  for (let round = 0; round < options.rounds; round++) {
    // Some files to the legacy gateway are refused: their lines must come again in others, and count once.
    if (chance.next() < 0.5) await installation.market.dtnMood({ refuse: 1, text: 'refused by chance' }).catch(() => {});
    await pause(chance.between(...options.lifeMs));
    const refused = load.refused.length;
    const victim = chance.pick(installation.nodes as readonly [EngineProcess, ...EngineProcess[]]);
    await victim.kill9();
    if (refused > 0) break;
    if (chance.next() < EARLY) {
      early += 1;
      victim.launch();
      await pause(chance.between(0, EARLY_MS));
      await victim.kill9();
    }
    await victim.start();
    supplier = installation.supplier;
  }
  if (load.refused.length > 0) t.log(installation.errors);
  await load.stop();
  t.log(`${load.acknowledged.length} acknowledged, ${load.lost} calls without an answer, ${early} kills while starting`);
  t.deepEqual(load.refused.slice(0, 5), []);
  t.true(load.acknowledged.length > options.rounds * 5, 'there was load');
  await check(t, installation, load.acknowledged, options.drainMs);
  const ended = await installation.stop();
  t.is(ended.code, 0, ended.stderr);
}

/** Nothing that was acknowledged is lost or done twice. */
async function check(t: ExecutionContext, installation: Installation, acknowledged: readonly Acknowledged[], drainMs: number): Promise<void> {
  const { supplier, market, operator } = installation;
  await until('no process is Pending', async () => (await supplier.count('Pending')) === 0, drainMs).catch(async (error: unknown) => {
    const stuck = (await supplier.all({ request_status: 'Pending' })).slice(0, 3);
    for (const entry of stuck) t.log(JSON.stringify(await operator.why(entry.metadata.request_id)));
    throw error;
  });
  const entries = await supplier.all();
  const byId = new Map(entries.map((entry): [string, Entry] => [entry.metadata.request_id, entry]));
  const lost = acknowledged.filter(({ requestId, mpan }) => byId.get(requestId)?.metadata.mpan_core !== Number(mpan));
  t.deepEqual(lost, [], 'every acknowledged request exists');
  t.is(entries.length, acknowledged.length, 'and nothing besides');

  const surs = await market.surs();
  t.deepEqual(surs.differentBytes, [], 'no reference came with two bodies');
  t.is(surs.count, acknowledged.length, 'each process has one reference');

  const flows = new Map((await market.flows()).map((flow) => [flow.mpan, flow]));
  const wrong = acknowledged.filter(({ requestId, mpan }) => {
    const flow = flows.get(mpan);
    return byId.get(requestId)?.metadata.request_status !== (flow?.rule?.name ?? 'Success');
  });
  t.deepEqual(
    wrong.map(({ requestId, mpan }) => [mpan, flows.get(mpan)?.rule ?? null, byId.get(requestId)?.metadata]),
    [],
    'each process ended as the market had it',
  );

  await checkDtn(t, installation, acknowledged, byId, drainMs);
  await checkReplays(t, supplier, acknowledged);
  t.deepEqual(await operator.quarantine(), []);
}

/** D0151: one line for each migration that was accepted, in files that were not refused. */
async function checkDtn(
  t: ExecutionContext,
  { market, operator }: Installation,
  acknowledged: readonly Acknowledged[],
  byId: ReadonlyMap<string, Entry>,
  drainMs: number,
): Promise<void> {
  const owed = acknowledged.filter(({ scenario, requestId }) => scenario === 'MCA' && byId.get(requestId)?.metadata.request_status === 'Success');
  const expected = owed.map(({ mpan }) => mpan).sort();
  await until('the gateway has every line', async () => (await market.dtn()).lines.length >= expected.length, drainMs).catch(() => {});
  const view = await market.dtn();
  t.log(`${view.files} files, ${view.refused} of them refused, ${view.lines.length} lines`);
  const there = new Set(view.lines.map((line) => line.mpan));
  const missing = owed.filter(({ mpan }) => !there.has(mpan));
  for (const { requestId } of missing.slice(0, 3)) t.log(JSON.stringify(await operator.why(requestId)));
  if (missing.length > 0) t.log(JSON.stringify([await operator.alerts(), await operator.why('dtn:SUPX')]).slice(0, 20_000));
  t.deepEqual(
    missing.map(({ mpan }) => mpan),
    [],
    'each line is there',
  );
  t.is(view.lines.length, expected.length, 'and no other');
  t.is(view.repeated, 0, 'and none twice');
  t.deepEqual(view.conflicts, [], 'no file id came with two contents');
}

/** A key that comes again after all this is answered as at first. */
async function checkReplays(t: ExecutionContext, supplier: Supplier, acknowledged: readonly Acknowledged[]): Promise<void> {
  for (const { body, key, text } of acknowledged.slice(-RECHECKED)) t.is((await supplier.post(body, key)).text, text);
  t.is((await supplier.all()).length, acknowledged.length);
}
