/** Several engines are joined by NATS: without it they take no work, say so, and come back by themselves. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { clusterTest, startCluster } from '../support/process/cluster.ts';
import { appointment, BRISK, type EngineProcess, type Installation, until } from '../support/process/index.ts';

interface RunFileContent {
  readonly children: readonly { readonly name: string; readonly pid: number }[];
}

/** The server of an installation. It is put to sleep, not ended: its keeper would start another. */
function natsOf(t: ExecutionContext, installation: Installation): { sleep(): void; wake(): void } {
  const { children } = JSON.parse(readFileSync(join(installation.dataDir, 'run.json'), 'utf8')) as RunFileContent;
  const nats = children.find(({ name }) => name === 'nats');
  if (!nats) throw new Error('no NATS server in run.json');
  const wake = (): void => {
    try {
      process.kill(nats.pid, 'SIGCONT');
    } catch {
      // It has ended with its installation.
    }
  };
  t.teardown(wake);
  return { sleep: () => void process.kill(nats.pid, 'SIGSTOP'), wake };
}

clusterTest('while NATS does not answer every node says that it is down and refuses with Retry-After; then they go on, and nothing is lost', async (t) => {
  const installation = await startCluster(t);
  const nats = natsOf(t, installation);
  const before = await installation.supplier.appoint(seededMpan(0));
  let at = performance.now();
  const note = (what: string): void => {
    t.log(`${what} after ${Math.round(performance.now() - at)} ms`);
    at = performance.now();
  };
  nats.sleep();
  const meetsSilence = async (node: EngineProcess): Promise<void> => {
    const ready = await until('it says that it is down', async () => {
      const read = await installation.operatorAt(node).ready();
      return read.checks.cluster?.status === 'down' && read;
    });
    t.is(ready.httpStatus, 503);
    t.is(ready.status, 'down');
    // Until its leases end it goes on with what is its own; it knows sooner than that.
    await until('its leases have ended', async () => (await installation.clusterAt(node)).shards.every(({ here }) => here === null));
    const refused = await installation.supplierAt(node).post(appointment(seededMpan(1)), 'while-away');
    t.is(refused.status, 503, refused.text);
    t.regex(refused.headers.get('retry-after') ?? '', /^\d+$/);
  };
  await Promise.all(installation.nodes.map(meetsSilence));

  note('refused by all');
  nats.wake();
  for (const node of installation.nodes) await until('it is back', async () => (await installation.operatorAt(node).ready()).status === 'ok', 40_000);
  note('all are back');
  await installation.settled();
  note('all shards are served');
  const again = await until('it takes work', async () => {
    const answer = await installation.supplier.post(appointment(seededMpan(1)), 'while-away');
    return answer.status === 202 && answer;
  });
  for (const id of [before, again.json.request_id]) t.is((await installation.supplier.ended(id)).metadata.request_status, 'Success');
  t.is((await installation.market.flows(seededMpan(1))).length, 1);
});

clusterTest('what the market gave up while no node could take it is asked for once they can, though no process has ended', async (t) => {
  const settings = {
    ...BRISK,
    // The answers come when all leases have ended.
    sim: { ...BRISK.sim, initialMs: 6_000, outcomeMs: 6_050, activeMs: 6_100, retryBaseMs: 100, retryCapMs: 200, retryAttempts: 3 },
    engine: { aliveIntervalMs: 500 },
    dip: { gap: { minGapMs: 1_500, pollMs: 200 } },
  };
  const installation = await startCluster(t, { settings });
  const nats = natsOf(t, installation);
  const id = await installation.supplier.appoint(seededMpan(0));
  await until('the market has it', async () => (await installation.operator.why(id)).state === 'AWAIT_INITIAL');
  nats.sleep();
  await until('the market has given the answer up', async () => {
    const [flow] = await installation.market.flows(seededMpan(0));
    return JSON.stringify(flow).includes('exhausted');
  });
  nats.wake();
  t.is((await installation.supplier.ended(id, 60_000)).metadata.request_status, 'Success');
});
