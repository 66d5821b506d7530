import test from 'ava';
import { Sweeps } from '../../../actors/engine/sweeps.ts';
import { testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('a round drops every slot whose end has come, a thousand at a time', async (t) => {
  const clock = new FakeClock();
  let expired = 2_500;
  const sweeps = new Sweeps({
    ports: testPorts(clock),
    store: {
      sweep: async (_now, limit) => {
        const dropped = Math.min(limit, expired);
        expired -= dropped;
        return dropped;
      },
      recount: async () => 0,
      page: async () => ({ items: [] }),
    },
    intervalMs: 60_000,
    shards: 4,
    retention: [],
    command: async () => null,
    onError: (error) => t.fail(String(error)),
  });
  sweeps.start();
  await clock.advance(60_000);
  await sweeps.stop();
  t.is(expired, 0);
});
