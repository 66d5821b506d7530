/** A session over a modem line whose modem dies as it is to hang up. */
import test from 'ava';
import { parseRemoteAddress } from '../../../actors/link/index.ts';
import { startMeters } from '../../../ops/sim/meters/index.ts';
import { order, sessionWorld } from '../meter-session/world.ts';
import { NUMBER, startWorld } from './rig.ts';

test('a session ends with its connection’s end though the modem is dead; the line is free only once it is on hook', async (t) => {
  const meter = { meterType: 'ELSTERA1700', serialNumber: 'K98D12345', password: 'FEDC0003' } as const;
  const farm = await startMeters({ controlPort: null }, [meter]);
  t.teardown(() => farm.stop());
  const { port = 0 } = farm.meters[0] ?? {};
  const { pool, bank, watch } = await startWorld(t, { entry: { port }, lines: { closeWaitMs: 150, hangUpRetryMs: 1 } });
  const world = sessionWorld({ links: { open: (request, signal) => pool.open(request, signal) }, parseAddress: (text) => parseRemoteAddress(text) });
  const given = order({ ...meter, port });
  const target = { ...given.target, remoteAddress: NUMBER, canonicalAddress: `tel:${NUMBER}` };
  const watcher = world.watcher({ kind: 'go' }, ({ stage }) => {
    if (stage === 'close') bank.setDeaf(0, true);
  });
  const { result } = await world.runner.run({ ...given, target, task: 'read-clock' }, watcher);
  t.is(result.outcome, 'success');
  t.true((result.connectionEndAt ?? 0) > (result.connectionStartAt ?? Number.NaN));
  t.is(pool.lines()[0]?.state, 'hanging-up');
  await watch.until(({ state }) => state === 'resting');
  bank.setDeaf(0, false);
  await watch.until(({ state, calls }) => state === 'free' && calls === 1);
  t.is(bank.callsNow, 0);
});
