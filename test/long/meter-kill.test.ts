/** The power goes again and again in the middle of 500 sessions with meters of every type, some of them faulty. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Faults } from '../../ops/sim/meters/index.ts';
import type { MeterSpec } from '../../ops/sim/meters/options.ts';
import { type ActionStatus, chanceOf, Installation, type Placed, seedOfRun, startMeterField, until } from '../support/process/index.ts';

const METERS = 500;
const KILLS = 5;
const REPLY_MS = 200;
const AHEAD = 75;
/** Sessions that run at least when the first life is counted; some end at their first answers. */
const RUNNING = 400;
/** Half of the longest round trip that a reading may have, and what rounding adds: a busy machine is no fault. */
const READING_SECONDS = 6;
/** From before the first session writes to after the slowest does. */
const LIFE_MS = [500, 6_000] as const;
const TYPES = ['ISKRA_MX37X', 'ELSTERA1700', 'EDMIATLAS', 'LG_DLMS', 'EMLITECOP10', 'CEWEPRO100', 'ELSTERA1140', 'ELSTERAS230'] as const;

/** What is wrong with a meter, and what its action may end with. */
interface Temper {
  readonly faults?: Faults;
  readonly ahead?: number;
  readonly cancelled?: true;
  readonly ends: RegExp;
}

const SET = /^SUCCESS$/;
const PLAIN: Temper = { ends: SET };
const TEMPERS: readonly Temper[] = [
  { faults: { serialNumber: '77000000' }, ends: /^ERROR: serial number does not match/ },
  { faults: { loseWriteReplies: 1 }, ends: SET },
  { faults: { loseWrites: 1 }, ends: SET },
  { faults: { clockSet: 'refuse' }, ends: /^PARTIAL SUCCESS$/ },
  { faults: { clockSet: 'ignore' }, ends: /^PARTIAL SUCCESS$/ },
  { faults: { dropRate: 0.02 }, ends: /^(SUCCESS|PARTIAL SUCCESS|ERROR: [a-z-]+: .+)$/ },
  // Partial where an earlier session may have written before it was killed.
  { cancelled: true, ends: /^(ERROR: cancelled|SUCCESS|PARTIAL SUCCESS)$/ },
  { ahead: 5, ends: SET },
  { ahead: 3_600, ends: /^PARTIAL SUCCESS$/ },
];

/** Types and tempers in turn, so that each meets each. */
const temperOf = (index: number): Temper => TEMPERS[index % 19] ?? PLAIN;
const aheadOf = (index: number): number => temperOf(index).ahead ?? AHEAD;
const serialOf = (index: number): string => `95${String(index).padStart(6, '0')}`;
const SECRET = /Zq\d{6}/;

function specOf(index: number): MeterSpec {
  const meterType = TYPES[index % TYPES.length] ?? 'EDMIATLAS';
  const secret = `Zq${String(index).padStart(6, '0')}`;
  const { faults } = temperOf(index);
  return {
    meterType,
    serialNumber: meterType === 'EMLITECOP10' ? `EML${serialOf(index)}` : serialOf(index),
    ...(meterType === 'EMLITECOP10' ? { outstationAddress: serialOf(index) } : { password: meterType === 'EDMIATLAS' ? `EDMI,${secret}` : secret }),
    clock: { offsetSeconds: aheadOf(index) },
    faults: { replyDelayMs: REPLY_MS, ...faults },
  };
}

/** Pauses that real meters want, and patience with them, would make minutes of it. */
const PATIENCE = { replyTimeoutMs: 2_000, pauseBetweenRetriesMs: 100 };
const ELSTER = { timing: PATIENCE, elster: { wakePauseMs: 50, operandPauseMs: 100, breakPauseMs: 100 } };
const PROFILES = {
  ELSTERA1700: ELSTER,
  ELSTERA1140: ELSTER,
  ELSTERAS230: ELSTER,
  EMLITECOP10: { timing: PATIENCE, emlite: { pauseBetweenConnectionsMs: 300 } },
  EDMIATLAS: { timing: PATIENCE },
  ISKRA_MX37X: { timing: PATIENCE },
  LG_DLMS: { timing: PATIENCE },
  CEWEPRO100: { timing: PATIENCE },
};

function filesWithSecrets(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).filter((file) => SECRET.test(readFileSync(file, 'latin1')));
}

const secondsOf = (offset: string | undefined): number => Number.parseInt(offset ?? '', 10);

test.serial('killed again and again in the middle of 500 sessions: each action ends honestly, and no meter is harmed', async (t) => {
  t.timeout(300_000);
  const seed = seedOfRun();
  const chance = chanceOf(seed);
  t.log(`seed ${seed}`);
  const placed = Array.from({ length: METERS }, (_, index): Placed => ({ spec: specOf(index), way: 'tcp' }));
  const actions = { retryPauseMs: 500, sessionsPerSecond: 0, lostAttempts: KILLS, attempts: KILLS + 5 };
  const field = await startMeterField(t, { placed, settings: { actions, profiles: { types: PROFILES } } });
  const { farm } = field;
  const installation = await Installation.started(t, { settings: field.settings });
  // All begin at once, however long it takes to ask for them.
  const hold = (on: boolean) => installation.operator.post('/ops/v1/meter-actions-stop', { on, reason: 'all at once' });
  t.is((await hold(true)).status, 200);
  const ids = await Promise.all(field.bodies.map((body) => installation.mts.update(body)));
  t.is((await hold(false)).status, 200);
  const running = async (): Promise<number> =>
    (await installation.operator.get<{ counts: { running: number } }>('/ops/v1/sessions?limit=1')).json.counts.running;
  const toCancel = ids.filter((_, index) => temperOf(index).cancelled);
  for (let kill = 1; kill <= KILLS; kill++) {
    // Later on those that are still at it may be few; they are killed all the same.
    const seen = kill === 1 ? await until(`${RUNNING} sessions run`, async () => (await running()) >= RUNNING && (await running()), 60_000) : await running();
    const share = Math.ceil(toCancel.length / (KILLS + 1 - kill));
    await Promise.all(toCancel.splice(0, share).map((requestId) => installation.mts.call('/MTS/action-cancel', { requestId })));
    const lifeMs = chance.between(...LIFE_MS);
    await new Promise((resolve) => setTimeout(resolve, lifeMs));
    t.log(`kill ${kill}: ${seen} sessions, ${lifeMs} ms later, ${farm.records().length} writes so far`);
    await installation.restart();
  }
  const { mts } = installation;
  const ended = await Promise.all(ids.map((id) => mts.ended(id, 120_000)));

  const applied = new Set(farm.records().flatMap(({ outcome, meter }) => (outcome === 'applied' ? [meter] : [])));
  const wrong = (holds: (status: ActionStatus, index: number) => boolean): readonly unknown[] =>
    ended.flatMap((status, index) => (holds(status, index) ? [] : [{ ...specOf(index), told: status, offset: farm.offset(index) }])).slice(0, 3);
  t.deepEqual(
    wrong(({ result }, index) => temperOf(index).ends.test(result)),
    [],
    'each ended as it may',
  );
  t.deepEqual(
    wrong(({ result }, index) => result !== 'SUCCESS' || Math.abs(farm.offset(index)) <= 20),
    [],
    'a success is one',
  );
  t.deepEqual(
    wrong(({ result }, index) => !result.startsWith('ERROR') || !applied.has(index)),
    [],
    'what was written does not end in an error',
  );
  t.deepEqual(
    wrong(({ meterTimeOffset }, index) => !applied.has(index) || Math.abs(secondsOf(meterTimeOffset) - aheadOf(index)) <= READING_SECONDS),
    [],
    'what is told is the reading before the first write',
  );
  const records = farm.records();
  t.deepEqual(
    records.filter(({ writesSinceClockRead, clockReads }) => writesSinceClockRead > 0 || clockReads === 0).slice(0, 3),
    [],
    'each write came after a reading',
  );
  t.deepEqual(records.filter(({ meter, serialTold }) => !serialTold?.includes(serialOf(meter))).slice(0, 3), [], 'no write without the right serial number');
  t.deepEqual([...applied].filter((index) => temperOf(index).ahead !== undefined).slice(0, 3), [], 'what is to be left alone was');
  t.deepEqual(await installation.operator.quarantine(), []);
  t.deepEqual(filesWithSecrets(installation.dataDir), [], 'no password is kept in clear');
});
