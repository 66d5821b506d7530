/** The engine is down while a deadline passes and the answer waits at the market: the answer counts. */
import test from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { BRISK, Installation, until } from '../support/process/index.ts';

/** From the DIP's acceptance to the outcome, and from the wait for a replay to failure. */
const OUTCOME_MS = 4_000;
const REPLAY_WAIT_MS = 1_500;

test('an engine that was down over a fail instant, while the answer waited in the market’s journal, ends the process in Success', async (t) => {
  const installation = await Installation.started(t, {
    settings: {
      ...BRISK,
      sim: { ...BRISK.sim, outcomeMs: OUTCOME_MS, activeMs: OUTCOME_MS + 50 },
      engine: { aliveIntervalMs: 500 },
      dip: { gap: { minGapMs: 500, pollMs: 200, graceMs: 60_000 } },
      // T035 fails as soon as it starts, which begins the wait for a replay; that wait's end is the fail instant.
      appointment: { timers: { outcomeFailWorkingDays: 0, outcomeFailWorkingDaysAfterEffective: 0, failTime: '00:00', replayWaitMs: REPLAY_WAIT_MS } },
    },
  });
  const id = await installation.supplier.appoint(seededMpan(0), { effective_from: `${new Date().toISOString().slice(0, 10)}T00:00:00+00:00` });
  const dueAt = await until('the fail instant is set', async () => {
    const why = await installation.operator.why(id);
    return why.reminders.find((reminder) => reminder.name === 'replay.fail')?.dueAt;
  });
  await installation.kill9();
  t.true(Date.now() < dueAt, 'it was killed before the instant');
  await until('the fail instant and the answer’s time have passed', () => Date.now() > dueAt + OUTCOME_MS, 15_000);
  await installation.start();
  const entry = await installation.supplier.ended(id);
  t.is(entry.metadata.request_status, 'Success', JSON.stringify(entry.metadata.errors));
});
