/** The power goes in the middle of hundreds of sessions. */
import test from 'ava';
import type { MeterSpec } from '../../ops/sim/meters/options.ts';
import { Installation, NODES, startMeterField, until } from '../support/process/index.ts';

/** Fewer where the processors are shared by several engines. */
const METERS = NODES === 1 ? 500 : 150;
/** Of several engines the others go on meanwhile: a second kill would find nothing to hit. */
const KILLS = NODES === 1 ? 2 : 1;
/** Slow enough that a kill finds nearly all of them in mid-session. */
const REPLY_MS = 250;
const OFFSET_SECONDS = 75;
/** One in so many says that it is another meter. */
const STRANGER = 25;

const TYPES = ['ISKRA_MX37X', 'EDMIATLAS', 'CEWEPRO100', 'LG_DLMS', 'ELSTERA1700'] as const;

const isStranger = (index: number): boolean => index % STRANGER === STRANGER - 1;

function specOf(index: number): MeterSpec {
  const meterType = TYPES[index % TYPES.length] ?? 'EDMIATLAS';
  const number = String(index).padStart(6, '0');
  return {
    meterType,
    serialNumber: `95${number}`,
    password: meterType === 'EDMIATLAS' ? 'EDMI,IMDEIMDE' : '12345678',
    clock: { offsetSeconds: OFFSET_SECONDS },
    faults: { replyDelayMs: REPLY_MS, ...(isStranger(index) ? { serialNumber: '77000000' } : {}) },
  };
}

test('killed in the middle of hundreds of sessions, each action ends, no meter is written twice without a reading between, none whose serial number is wrong', async (t) => {
  t.timeout(110_000);
  const placed = Array.from({ length: METERS }, (_, index) => ({ spec: specOf(index), way: 'tcp' as const }));
  const actions = { retryPauseMs: 500, sessionsPerSecond: 0, lostAttempts: KILLS };
  const field = await startMeterField(t, { placed, settings: { actions } });
  const installation = await Installation.started(t, { settings: field.settings });
  const ids = await Promise.all(field.bodies.map((body) => installation.mts.update(body)));
  const running = async (): Promise<number> => {
    const answer = await installation.operator.get<{ counts: { running: number } }>('/ops/v1/sessions?limit=1');
    return answer.json.counts.running;
  };
  for (let kill = 1; kill <= KILLS; kill++) {
    // The first before any write, the second with writes under way.
    const written = (kill - 1) * 5;
    const seen = await until(
      'most of them run',
      async () => field.farm.records().length >= written && (await running()) >= METERS / 4 && (await running()),
      40_000,
    );
    t.log(`kill ${kill}: ${seen} sessions run, ${field.farm.records().length} writes so far`);
    // Of several engines one, each time another.
    const victim = installation.nodes[kill % installation.nodes.length];
    await victim?.kill9();
    await victim?.start();
  }
  const { mts } = installation;
  const ended = await Promise.all(ids.map((id) => mts.ended(id, 80_000)));
  const wrong = ended.filter(({ result }, index) => (isStranger(index) ? !result.startsWith('ERROR:') : result !== 'SUCCESS'));
  t.deepEqual(wrong, []);
  t.deepEqual(
    ended.filter(({ meterTimeOffset }, index) => !isStranger(index) && Math.abs(Number.parseInt(meterTimeOffset ?? '', 10) - OFFSET_SECONDS) > 2),
    [],
    'what is told is the reading before the first write',
  );
  const writes = field.farm.records();
  t.deepEqual(
    writes.filter(({ writesSinceClockRead }) => writesSinceClockRead > 0),
    [],
    'each write came after a reading',
  );
  t.deepEqual(
    writes.filter(({ meter }) => isStranger(meter)),
    [],
    'no stranger was written',
  );
  t.is(new Set(writes.map(({ meter }) => meter)).size, placed.filter((_, index) => !isStranger(index)).length);
  t.deepEqual(await installation.operator.quarantine(), []);
});
