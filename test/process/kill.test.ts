import test from 'ava';
import { killRounds, seedOfRun } from '../support/process/index.ts';

test('killed three times under load, the engine has lost nothing that it acknowledged, and done nothing twice', async (t) => {
  t.timeout(110_000);
  await killRounds(t, { rounds: 3, seed: seedOfRun(), mpans: 1_000, parallel: 4, paceMs: 40, lifeMs: [200, 1_200], drainMs: 60_000 });
});
