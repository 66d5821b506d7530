/** Three quarters of a minute of chaos on real processes; `npm run chaos` does more of it. */
import { ownMongodbTest } from '../support/mongodb.ts';
import { run } from '../support/process/index.ts';

const MINUTES = 0.75;
/** One whose schedule has a fault of nearly every kind in so short a time. `MW_SEED` takes another. */
const SEED = 1;
/** Start, settling and end are not counted in the minutes. */
const LIMIT_MS = 240_000;

ownMongodbTest('a cluster that is killed, cut, slowed and put to sleep loses nothing that it acknowledged and does nothing twice', async (t) => {
  t.timeout(LIMIT_MS + 10_000);
  const seed = Number(process.env.MW_SEED ?? SEED);
  t.log(`seed ${seed}: npm run -s chaos -- --seed ${seed} --minutes ${MINUTES}`);
  const chaos = run('test/chaos/main.ts', ['--seed', String(seed), '--minutes', String(MINUTES)]);
  t.teardown(() => chaos.kill('SIGTERM'));
  const limit = setTimeout(() => chaos.kill('SIGTERM'), LIMIT_MS);
  const { code, stdout, stderr } = await chaos.ended;
  clearTimeout(limit);
  t.log(stdout);
  t.is(code, 0, `${stderr}\n${stdout}`);
});
