/** One at a time: each keeps the process busy. */
import test from 'ava';
import { failureOf, within } from './scripted.ts';
import { call } from './simulated.ts';

for (const meterType of ['ELSTERA1700', 'EDMIATLAS', 'EMLITECOP10', 'CEWEPRO']) {
  test.serial(`a simulated ${meterType} that sends rubbish without end is given up`, async (t) => {
    const called = await call(t, meterType, { faults: { endless: true }, change: { timing: { replyTimeoutMs: 200, retries: 1 } } });
    const session = async (): Promise<void> => {
      const limits = within(800);
      await called.dialogue.signOn(limits);
      await called.dialogue.logIn(limits);
      await called.dialogue.readClock(limits);
    };
    const began = performance.now();
    const [kind] = await failureOf(t, session());
    t.true(kind === 'link' || kind === 'transport', kind);
    t.true(performance.now() - began < 6_000);
  });
}
