/** A cancel at every stage of a real session. */
import test from 'ava';
import { STAGES, type Stage } from '../../../machines/meter-session/index.ts';
import { dataFolder, type MeterHouse, meterFarm, meterHouse } from '../../support/meters/house.ts';
import { METERS, type Protocol } from '../../support/meters/specs.ts';

const BEFORE_WRITE: readonly Stage[] = STAGES.slice(0, STAGES.indexOf('decide'));
const FROM_WRITE_ON: readonly Stage[] = STAGES.slice(STAGES.indexOf('set'));

for (const protocol of ['elster', 'dlms wrapper', 'edmi'] as const satisfies readonly Protocol[]) {
  for (const stage of STAGES) {
    const expected = BEFORE_WRITE.includes(stage)
      ? 'nothing is written'
      : FROM_WRITE_ON.includes(stage)
        ? 'the result stands'
        : 'whichever was committed first holds';
    test(`${protocol}: cancelled as ${stage} begins, ${expected}`, async (t) => {
      t.timeout(60_000);
      const farm = await meterFarm(t, [{ ...METERS[protocol], faults: { replyDelayMs: 10 } }]);
      const asked = Promise.withResolvers<boolean>();
      let called: MeterHouse | undefined;
      const house = await meterHouse(dataFolder(t), {
        onStage: (view) => {
          if (view.stage === stage) called?.work.actions.cancel(view.requestId, 'token-1').then(asked.resolve, asked.reject);
        },
      });
      t.teardown(() => house.stop());
      called = house;
      const id = await house.submit(farm.meters[0]);
      t.true(await asked.promise);
      const { result, meterTimeOffset } = await house.done(id);
      const cancelled = result === 'ERROR: cancelled';
      if (BEFORE_WRITE.includes(stage)) t.true(cancelled, result);
      else if (FROM_WRITE_ON.includes(stage) || !cancelled) t.is(result, 'SUCCESS');
      t.deepEqual(
        farm.records().map(({ outcome, writesSinceClockRead }) => [outcome, writesSinceClockRead]),
        cancelled ? [] : [['applied', 0]],
      );
      if (!cancelled) t.regex(meterTimeOffset ?? '', /^\+(59|60|61)s$/);
      t.is(Math.abs(farm.offset(0)) <= 1.5, !cancelled);
      t.is(house.work.sessions.size, 0);
    });
  }
}
