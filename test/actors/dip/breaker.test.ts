import test from 'ava';
import { Breaker } from '../../../actors/dip/breaker.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A wall clock that can be set without moving time itself. */
class SteppedClock extends FakeClock {
  stepMs = 0;
  override now(): number {
    return super.now() + this.stepMs;
  }
}

test('a wall clock that is set back does not keep the circuit open longer', async (t) => {
  const clock = new SteppedClock();
  const options = { failures: 1, openMs: 30_000, probeItems: 1, holdMs: 1_000 };
  const breaker = new Breaker({ options, maxItems: 100, clock, onCircuit: () => {}, onChange: () => {} });
  breaker.failed('down');
  t.is(breaker.kind, 'open');
  clock.stepMs = -3_600_000;
  await clock.advance(30_000);
  t.is(breaker.kind, 'half-open');
});
