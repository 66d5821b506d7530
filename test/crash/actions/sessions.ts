/** The same kills for each protocol, one file each so that they run side by side. */
import test from 'ava';
import { KILLS, killedAt } from '../../support/meters/killed.ts';
import { METERS, type Protocol } from '../../support/meters/specs.ts';

export function killSessions(protocol: Protocol): void {
  for (const [stage, moment] of KILLS) {
    test(`${protocol}: killed when ${stage} ${moment === 'begins' ? 'begins' : 'was asked for'}, the action is done by the next start, and the clock is written once`, async (t) => {
      t.timeout(110_000);
      const { right, impostor, farm, attempts, secrets } = await killedAt(t, protocol, stage, moment);
      t.is(right.result, 'SUCCESS');
      t.regex(right.meterTimeOffset ?? '', /^\+(59|60|61)s$/);
      t.regex(right.meterTimeOffsetPostUpdate ?? '', /^[+-][01]s$/);
      t.is(attempts, 2);
      const records = farm.records();
      t.deepEqual(
        records.map(({ meter, what, outcome, writesSinceClockRead, serialTold, clockReads }) => [
          meter,
          what,
          outcome,
          writesSinceClockRead,
          serialTold,
          clockReads > 0,
        ]),
        [[0, 'clock', 'applied', 0, METERS[protocol].serialNumber, true]],
      );
      t.true(Math.abs(farm.offset(0)) <= 1.5);
      t.regex(impostor.result, /^ERROR: serial number does not match/);
      t.true(Math.abs(farm.offset(1) - 60) < 0.1);
      t.deepEqual(secrets, []);
    });
  }
}
