/**
 * At an optical head: whole sessions over a real serial port (a pseudo terminal), from the sign-on at 300 baud, 7E1, to the speed of the
 * meter and back (meter-protocols 4.3, 5.1). The head understands nothing that is sent while the two sides are set differently.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import test from 'ava';
import type { MeterFarm, MeterSpec } from '../../../ops/sim/meters/index.ts';
import { atMost } from '../../support/at-most.ts';
import { meterFarm } from '../../support/meters/house.ts';
import { METERS } from '../../support/meters/specs.ts';
import type { Job, Ran } from './optical-child.ts';

const SIGN_ON = '300 7E1';
const apart = atMost(4);

/** One session with the only meter of the farm, through its head. */
async function session(farm: MeterFarm, change: Partial<Job> = {}) {
  const [meter] = farm.meters;
  if (meter?.ptyPath === undefined) throw new Error('there is no optical head');
  const job: Job = { meter, ...change };
  const child = [process.execPath, ['--disable-warning=ExperimentalWarning', 'test/actors/meter-session/optical-child.ts', JSON.stringify(job)]] as const;
  const { stdout } = await promisify(execFile)(...child);
  return { ...(JSON.parse(stdout) as Ran), head: farm.optical(0) };
}

for (const [title, spec, speed] of [
  ['LG_DLMS by mode E', METERS['dlms hdlc'], '9600 8N1'],
  ['ELSTERA1700 by mode C', METERS.elster, '9600 7E1'],
] as const satisfies readonly (readonly [string, MeterSpec, string])[]) {
  test(`${title}: signed on at 300 baud, read and set at the meter's own, and the next session begins at 300 again`, (t) =>
    apart(async () => {
      const farm = await meterFarm(t, [{ ...spec, optical: true }]);
      const { result, changes } = await session(farm);
      t.is(result.outcome, 'success', JSON.stringify(result.failure));
      t.true(Math.abs((result.before?.offsetSeconds ?? 0) - 60) <= 1);
      t.true(Math.abs(result.after?.offsetSeconds ?? 99) <= 1);
      t.is(changes.filter((change) => change === speed).length, 1);
      const again = await session(farm);
      t.is(again.result.outcome, 'success', JSON.stringify(again.result.failure));
      t.deepEqual(again.head?.changes.slice(0, 3), [speed, SIGN_ON, speed]);
      t.is(again.head?.misheard, 0);
      t.deepEqual(
        farm.records().map(({ outcome, serialRead, clockReads }) => [outcome, serialRead, clockReads > 0]),
        [['applied', true, true]],
      );
    }));
}

test('another meter at the head than the one that was asked for: nothing is written', (t) =>
  apart(async () => {
    const farm = await meterFarm(t, [{ ...METERS['dlms wrapper'], optical: true }]);
    const { result } = await session(farm, { serialNumber: '11111111' });
    t.is(result.failure?.guard, 'serial', JSON.stringify(result.failure));
    t.deepEqual(farm.records(), []);
  }));

test('a port that does not change its speed is not heard: the session ends in the sign-on', (t) =>
  apart(async () => {
    const farm = await meterFarm(t, [{ ...METERS['dlms hdlc'], optical: true }]);
    const { result, head } = await session(farm, { stiff: true });
    t.is(result.failure?.stage, 'sign-on');
    t.true((head?.misheard ?? 0) > 0);
    t.deepEqual(farm.records(), []);
  }));
