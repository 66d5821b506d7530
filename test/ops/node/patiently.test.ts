import test from 'ava';
import { MeterwrightError, OverloadedError } from '../../../actors/errors/error.ts';
import { patiently } from '../../../ops/node/patiently.ts';
import { FakeClock } from '../../support/fake-clock.ts';

/** A clock on which every pause is over at once. */
function hastyClock(): FakeClock {
  const clock = new FakeClock();
  const after = clock.after.bind(clock);
  clock.after = (ms, run) => {
    const timer = after(ms, run);
    queueMicrotask(() => void clock.advance(ms));
    return timer;
  };
  return clock;
}

test('what the engine has no room for now is asked again until it answers', async (t) => {
  let tries = 0;
  const answer = await patiently(hastyClock(), async () => {
    tries += 1;
    if (tries < 4) throw new OverloadedError('shard: no owner answered', 1_000);
    return 'answer';
  });
  t.is(answer, 'answer');
  t.is(tries, 4);
});

test('what will never go is not tried again', async (t) => {
  let tries = 0;
  const refused = patiently(hastyClock(), async () => {
    tries += 1;
    throw new MeterwrightError('secret_mismatch', 'secret: is another one');
  });
  await t.throwsAsync(refused, { message: 'secret: is another one' });
  t.is(tries, 1);
});

test('after the limit the last refusal is the answer', async (t) => {
  const clock = hastyClock();
  const before = clock.monotonic();
  await t.throwsAsync(
    patiently(clock, async () => Promise.reject(new OverloadedError('shard: no owner answered', 1_000)), 5_000),
    { message: 'shard: no owner answered' },
  );
  t.true(clock.monotonic() - before >= 5_000);
});
