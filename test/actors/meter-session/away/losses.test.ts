/** Either side of a session over another node's line goes away, before the write or after it: what the meter was told obeys the rules. */
import test, { type ExecutionContext } from 'ava';
import type { Stage } from '../../../../machines/meter-session/index.ts';
import { type LineNode, type LineNodes, lineNodes } from '../../../support/meters/line-nodes.ts';
import { METERS } from '../../../support/meters/specs.ts';

const METER = { ...METERS.edmi, faults: { replyDelayMs: 60 } };
/** A session that is lost after its intent counts as lost only when its write cannot be on its way any more. */
const SHORT_WRITES = { deadlines: { setMs: 1_500 } };

async function world(t: ExecutionContext): Promise<LineNodes> {
  return await lineNodes(t, { lines: { b: 1, c: 1 }, meters: [METER], session: SHORT_WRITES });
}

/** The node that runs the session, and the other one that has a line. */
function sides({ nodes }: LineNodes, id: number): readonly [host: LineNode, other: LineNode] {
  return nodes.a.work.sessions.find(id)?.node === 'b' ? [nodes.b, nodes.c] : [nodes.c, nodes.b];
}

/** Every clock write came after the serial number and a reading of the clock, and none without a reading after the one before. */
function obeys(t: ExecutionContext, { farm }: LineNodes, writes: number): void {
  t.is(farm.records().length, writes);
  for (const { serialRead, clockReads, writesSinceClockRead, outcome } of farm.records()) {
    t.true(serialRead && clockReads > 0);
    t.is(writesSinceClockRead, 0);
    t.is(outcome, 'applied');
  }
  t.true(Math.abs(farm.offset(0)) <= 1);
}

const began = (nodes: LineNodes, id: number, stage: Stage): Promise<void> => nodes.until(() => nodes.nodes.a.work.sessions.find(id)?.stage === stage);
const wrote = (nodes: LineNodes): Promise<void> => nodes.until(() => nodes.farm.records().length > 0);

for (const [what, strike] of [
  ['is killed', (host: LineNode) => host.die()],
  ['loses NATS', (host: LineNode) => host.disconnect()],
] as const) {
  test(`the node with the line ${what} before the write: the attempt ends as a lost link, and the next one is made elsewhere`, async (t) => {
    const cluster = await world(t);
    const id = await cluster.submit(0);
    await began(cluster, id, 'log-in');
    const [host, other] = sides(cluster, id);
    await strike(host);
    t.is((await cluster.done(id)).result, 'SUCCESS');
    t.is((await cluster.context(id)).attempt, 2);
    t.is(other.bank?.calls.length, 1);
    obeys(t, cluster, 1);
  });

  test(`the node with the line ${what} after the write: the next session reads, and does not write again`, async (t) => {
    const cluster = await world(t);
    const id = await cluster.submit(0);
    await wrote(cluster);
    const [host] = sides(cluster, id);
    await strike(host);
    const status = await cluster.done(id);
    t.is(status.result, 'SUCCESS');
    t.regex(status.meterTimeOffset ?? '', /^\+(59|60|61)s$/);
    t.regex(status.meterTimeOffsetPostUpdate ?? '', /^[+-][01]s$/);
    obeys(t, cluster, 1);
  });
}

test('the owner is killed before the write: the session ends without one, and the next owner sets the clock once', async (t) => {
  const cluster = await world(t);
  const id = await cluster.submit(0);
  await began(cluster, id, 'log-in');
  const [host] = sides(cluster, id);
  await cluster.nodes.a.die();
  const other = host === cluster.nodes.b ? cluster.nodes.c : cluster.nodes.b;
  await cluster.until(() => host.bank?.callsNow === 0);
  t.is(cluster.farm.records().length, 0);
  other.own();
  t.is((await cluster.done(id)).result, 'SUCCESS');
  obeys(t, cluster, 1);
});

test('the next owner takes over at once: its session begins when the old one has ended, which is hastened', async (t) => {
  const cluster = await world(t);
  const id = await cluster.submit(0);
  await began(cluster, id, 'log-in');
  const [host, other] = sides(cluster, id);
  await cluster.nodes.a.die();
  other.own();
  t.is((await cluster.done(id)).result, 'SUCCESS');
  obeys(t, cluster, 1);
  const [first] = host.bank?.calls ?? [];
  const later = [...(host.bank?.calls.slice(1) ?? []), ...(other.bank?.calls ?? [])];
  t.is(later.length, 1);
  t.true((later[0]?.startedAt ?? 0) >= (first?.endedAt ?? Number.POSITIVE_INFINITY));
});

test('the owner is killed after the write: the session finishes its reading, and the next owner does not write again', async (t) => {
  const cluster = await world(t);
  const id = await cluster.submit(0);
  await wrote(cluster);
  const [, other] = sides(cluster, id);
  await cluster.nodes.a.die();
  other.own();
  const status = await cluster.done(id);
  t.is(status.result, 'SUCCESS');
  t.regex(status.meterTimeOffset ?? '', /^\+(59|60|61)s$/);
  obeys(t, cluster, 1);
});

test('an owner that has lost NATS when the session asks for its intent: nothing is written', async (t) => {
  const cluster = await world(t);
  const id = await cluster.submit(0);
  await began(cluster, id, 'clock');
  const [host] = sides(cluster, id);
  await cluster.nodes.a.die();
  await cluster.until(() => host.bank?.callsNow === 0);
  t.is(cluster.farm.records().length, 0);
  host.own();
  t.is((await cluster.done(id)).result, 'SUCCESS');
  obeys(t, cluster, 1);
});
