import test from 'ava';
import { Pulse } from '../../../actors/cluster/pulse.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('a bucket is asked after a third of the lease time without an answer, and counts as stalled well before the lease time', async (t) => {
  const clock = new FakeClock();
  const pulse = new Pulse(clock, 900);
  await clock.advance(299);
  t.deepEqual([pulse.isDue, pulse.isStalled], [false, false]);
  await clock.advance(1);
  t.deepEqual([pulse.isDue, pulse.isStalled], [true, false]);
  await clock.advance(240);
  t.true(pulse.isStalled);
  pulse.answered();
  t.deepEqual([pulse.isDue, pulse.isStalled], [false, false]);
});
