/** Nodes that drain or stop while they hold sessions with slow meters: the sessions go on elsewhere, at once, and no attempt is spent. */
import { setTimeout as pause } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { clusterTest, hasServer, startCluster } from '../support/process/cluster.ts';
import { type EngineProcess, type Installation, type MeterField, startMeterField } from '../support/process/index.ts';

/** At most, for each test. Which node an action belongs to is chance. */
const METERS = 48;
/** Asked for at a time, until enough of their sessions are with the node that goes. */
const ROUND = 6;
const ROUND_MS = 800;
const POLL_MS = 25;
const OFFSET_SECONDS = 75;
/** A session is some ten answers, the write about half-way. */
const REPLY_MS = 600;
/** Less than a pause between two attempts is. */
const SOON_MS = 45_000;
/** Sessions that the node holds at least when it goes. */
const LIVE = 3;

let installation: Installation;
let field: MeterField & { stop(): Promise<void> };
let nodes: readonly [EngineProcess, EngineProcess, EngineProcess];
test.before(async () => {
  if (!hasServer) return;
  field = await startMeterField(undefined, {
    placed: Array.from({ length: 2 * METERS }, (_, index) => ({
      way: 'tcp' as const,
      spec: {
        meterType: 'ISKRA_MX37X' as const,
        serialNumber: String(36_000_000 + index),
        password: '12345678',
        clock: { offsetSeconds: OFFSET_SECONDS },
        faults: { replyDelayMs: REPLY_MS },
      },
    })),
  });
  installation = await startCluster(undefined, { settings: field.settings });
  const [first, second, third] = installation.nodes;
  if (!first || !second || !third) throw new Error('three nodes were asked for');
  nodes = [first, second, third];
});
test.after.always(async () => {
  await installation?.remove();
  await field?.stop();
});

async function sessionsOf(name: string): Promise<number> {
  const { json } = await installation.operatorAt(nodes[0]).get<{ items: readonly { readonly node?: string }[] }>('/ops/v1/sessions?limit=500');
  return json.items.filter(({ node }) => node === name).length;
}

/** Asks for one meter after the other, from the `from`th on, until the node holds sessions. @returns the actions */
async function busy(name: string, from: number): Promise<readonly number[]> {
  const ids: number[] = [];
  while (ids.length < METERS) {
    const bodies = field.bodies.slice(from + ids.length, from + ids.length + ROUND);
    ids.push(...(await Promise.all(bodies.map((body) => installation.mtsAt(nodes[0]).update(body)))));
    const end = performance.now() + ROUND_MS;
    while (performance.now() < end) {
      if ((await sessionsOf(name)) >= LIVE) return ids;
      await pause(POLL_MS);
    }
  }
  throw new Error(`${name} had fewer than ${LIVE} of ${ids.length} sessions`);
}

/** @param from the first of its meters @param go takes the node out of service */
async function handsOver(t: ExecutionContext, name: string, from: number, go: () => Promise<void>): Promise<void> {
  const ids = await busy(name, from);
  const at = performance.now();
  await go();
  t.log(`${name} had ${LIVE} of ${ids.length} sessions or more, and had given everything away after ${Math.round(performance.now() - at)} ms`);
  let handedBack = 0;
  for (const id of ids) {
    const ended = await installation.mtsAt(nodes[0]).ended(id, SOON_MS);
    t.is(ended.result, 'SUCCESS', JSON.stringify(ended));
    const { history } = await installation.operatorAt(nodes[0]).why(`action:${id}`);
    const count = (event: string): number => history.filter((step) => step.event === event).length;
    t.is(count('attempt.started') - count('session.handed-back'), 1, JSON.stringify(history));
    handedBack += count('session.handed-back');
  }
  t.true(handedBack > 0, 'a session was live, and had not written');
  const records = field.farm.records().filter(({ meter }) => meter >= from && meter < from + METERS);
  t.deepEqual(
    records.map(({ meter }) => meter).sort((a, b) => a - b),
    ids.map((_, index) => from + index),
  );
  t.true(records.every(({ writesSinceClockRead, clockReads }) => writesSinceClockRead === 0 && clockReads > 0));
}

clusterTest('a node that drains hands its live sessions over: each action ends in success with one attempt, and each meter is set once', async (t) => {
  t.timeout(120_000);
  await handsOver(t, 'n3', 0, async () => {
    const drained = await installation.mw('drain', 'n3', '--reason', 'to be restarted');
    t.is(drained.code, 0, `${drained.stdout}${drained.stderr}`);
  });
  await nodes[2].stop();
  await nodes[2].start();
  await installation.settled();
});

clusterTest('a node that is stopped does the same', async (t) => {
  t.timeout(120_000);
  await handsOver(t, 'n2', METERS, async () => {
    const ended = await nodes[1].stop();
    t.is(ended.code, 0, ended.stderr);
  });
});
