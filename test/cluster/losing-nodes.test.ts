/** Nodes that go, in order and not: their work goes on elsewhere, and callers see at most a wish to come again. */
import test from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { clusterTest, hasServer, startCluster } from '../support/process/cluster.ts';
import { appointment, BRISK, type EngineProcess, type Installation, until } from '../support/process/index.ts';

/** Long enough that a kill finds processes in every state of waiting. */
const OUTCOME_MS = 1_500;

let installation: Installation;
let nodes: readonly [EngineProcess, EngineProcess, EngineProcess];
test.before(async () => {
  if (!hasServer) return;
  const sim = { ...BRISK.sim, initialMs: OUTCOME_MS / 3, outcomeMs: OUTCOME_MS, activeMs: OUTCOME_MS + 100 };
  installation = await startCluster(undefined, { settings: { ...BRISK, sim, dip: { retry: { capMs: 2_000 } } } });
  const [first, second, third] = installation.nodes;
  if (!first || !second || !third) throw new Error('three nodes were asked for');
  nodes = [first, second, third];
});
test.after.always(() => installation?.remove());

/** Posts again under the same key while it is told to come again, as callers do. @returns the request's id and how often it was told */
async function post(node: EngineProcess, mpan: string): Promise<{ readonly id: string; readonly again: number }> {
  let again = 0;
  return until(`${mpan} is taken`, async () => {
    const answer = await installation.supplierAt(node).post(appointment(mpan, { appointment_scenario: 'CSP' }), `key-${mpan}`);
    if (answer.status === 202) return { id: answer.json.request_id, again };
    if (answer.status !== 503 || !/^\d+$/.test(answer.headers.get('retry-after') ?? '')) throw new Error(`${answer.status} ${answer.text}`);
    again += 1;
    return undefined;
  });
}

const owned = async (node: EngineProcess, by: string): Promise<number> =>
  (await installation.clusterAt(node)).shards.filter(({ owner }) => owner === by).length;

clusterTest('the work of a node that is killed is finished by the others: nothing is lost, nothing is sent twice', async (t) => {
  const mpans = Array.from({ length: 24 }, (_, index) => seededMpan(20 + index));
  const before = await installation.market.surs();
  const taken = await Promise.all(mpans.map((mpan, index) => post(nodes[index % 3]!, mpan)));
  await nodes[1].kill9();
  const killedAt = performance.now();
  await until('the others have its shards', async () => (await owned(nodes[0], 'n2')) === 0 && (await owned(nodes[2], 'n2')) === 0);
  t.log(`taken over after ${Math.round(performance.now() - killedAt)} ms`);
  for (const { id } of taken) t.is((await installation.supplier.ended(id)).metadata.request_status, 'Success');
  const after = await installation.market.surs();
  t.is(after.count, before.count + mpans.length);
  t.deepEqual(after.differentBytes, []);
  for (const mpan of mpans) t.is((await installation.market.flows(mpan)).length, 1, mpan);
  await nodes[1].start();
  await installation.settled();
  t.true((await owned(nodes[0], 'n2')) > 0, 'it has its share again');
});

clusterTest('a node that drains gives its shards away while callers are served, and then ends with nothing left', async (t) => {
  let told = 0;
  let stop = false;
  const ids: string[] = [];
  const calling = (async () => {
    for (let index = 60; !stop; index++) {
      const { id, again } = await post(nodes[index % 2]!, seededMpan(index));
      ids.push(id);
      told += again;
    }
  })();
  const drained = await installation.mw('drain', 'n3', '--reason', 'to be restarted');
  t.is(drained.code, 0, `${drained.stdout}${drained.stderr}`);
  t.is(await owned(nodes[0], 'n3'), 0);
  const ended = await nodes[2].stop();
  t.is(ended.code, 0, ended.stderr);
  stop = true;
  await calling;
  t.true(ids.length > 0);
  t.is(told, 0, 'nobody was told to come again');
  for (const id of ids) t.is((await installation.supplier.ended(id)).metadata.request_status, 'Success');
  await nodes[2].start();
  await installation.settled();
});

clusterTest('nothing was left in quarantine', async (t) => {
  t.deepEqual(await installation.operator.quarantine(), []);
});
