import test from 'ava';
import { actionCases } from '../../support/crash/actions.ts';
import { crashEveryEdge } from '../../support/crash/edges.ts';
import { T0 } from '../../support/machines/time-update-world.ts';

test('every edge of an action, cut before and after each commit, tell and effect, leads to the same', async (t) => {
  t.timeout(120_000);
  const report = await crashEveryEdge(T0, actionCases(), ({ actor }) => [actor]);
  t.log(`${report.edges} edges, ${report.crashes} crashes`);
  t.true(report.edges > 600);
  t.true(report.crashes > report.edges);
  t.deepEqual(report.failures.slice(0, 5), []);
});
