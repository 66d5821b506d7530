/** Several nodes on one server, with overlapping work: nobody waits for somebody who waits for him. */
import { mongodbTest, openMongodb } from '../../support/mongodb.ts';
import { runMongodbLoad } from '../../support/store/mongodb-load.ts';

mongodbTest('three nodes under mixed load: every process comes to its end, without a deadlock, a time-out or a doubt', async (t) => {
  const { options, dispose } = await openMongodb();
  const { done, faults, warnings, maxMs } = await runMongodbLoad({ options, nodes: 3, lanes: 5, durationMs: 4_000 });
  t.deepEqual(faults, []);
  t.deepEqual(warnings, []);
  t.true(done > 0);
  t.true(maxMs < options.operationTimeoutMs, `${maxMs} ms`);
  await dispose();
});
