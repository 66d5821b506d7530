/** One flow of each kind on three engines with MongoDB: what comes in at one node is done by another, and told by the third. */
import test from 'ava';
import { seededMpan } from '../../ops/sim/market/seed.ts';
import { clusterTest, hasServer, startCluster } from '../support/process/cluster.ts';
import { appointment, call, type EngineProcess, type Installation, type MeterField, startMeterField, until } from '../support/process/index.ts';

const OFFSET_SECONDS = 75;
const SEND_FAIL_MS = 8_000;
/** In the field's order: one over TCP, the others by lines that the first node has. */
const TCP = 0;
const CALLED = [1, 2, 3] as const;

let installation: Installation;
let field: MeterField & { stop(): Promise<void> };
let nodes: readonly [EngineProcess, EngineProcess, EngineProcess];
test.before(async () => {
  if (!hasServer) return;
  const clock = { offsetSeconds: OFFSET_SECONDS };
  field = await startMeterField(undefined, {
    placed: [
      { way: 'tcp', spec: { meterType: 'ISKRA_MX37X', serialNumber: '36000001', password: '12345678', clock } },
      ...CALLED.map((n) => ({
        way: 'terminal' as const,
        spec: { meterType: 'ELSTERA1700' as const, serialNumber: `E17K00000${n}`, password: 'ABCD0001', clock },
      })),
    ],
    settings: {
      appointment: { timers: { sendFailMs: SEND_FAIL_MS, deliveryCheckMs: 500 } },
      dip: { retry: { capMs: 2_000 }, circuit: { openMs: 500 } },
    },
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

clusterTest('a migration that was asked of one node is done wherever its owner is, told by every node, and its D0151 goes out once', async (t) => {
  const mpans = [7, 17, 27].map(seededMpan);
  const ids = await Promise.all(mpans.map((mpan, index) => installation.supplierAt(nodes[index]!).appoint(mpan, { appointment_scenario: 'MCA' })));
  for (const [index, id] of ids.entries()) {
    for (const node of nodes) t.is((await installation.supplierAt(node).ended(id)).metadata.request_status, 'Success', `${index} at ${node.dataDir}`);
  }
  const lines = await until('the gateway has the lines', async () => {
    const found = (await installation.market.dtn()).lines.filter(({ mpan }) => mpans.includes(mpan));
    return found.length >= mpans.length && found;
  });
  t.deepEqual(lines.map(({ mpan }) => mpan).sort(), [...mpans].sort());
  t.true(lines.every(({ times }) => times === 1));
});

clusterTest('an idempotency key that comes again at another node is answered byte for byte as before', async (t) => {
  const mpan = seededMpan(30);
  const first = await installation.supplierAt(nodes[0]).post(appointment(mpan), 'same-key');
  t.is(first.status, 202, first.text);
  for (const node of nodes) t.is((await installation.supplierAt(node).post(appointment(mpan), 'same-key')).text, first.text);
  await installation.supplier.ended(first.json.request_id);
  t.is((await installation.market.flows(mpan)).length, 1);
});

clusterTest('a process is cancelled through another node than it was asked of', async (t) => {
  const mpan = seededMpan(31);
  await installation.market.rules([{ match: { mpan }, initial: 'silent' }]);
  const id = await installation.supplierAt(nodes[0]).appoint(mpan, { appointment_scenario: 'SEG' });
  await until('the market took it', async () => (await installation.operatorAt(nodes[1]).why(id)).state === 'AWAIT_INITIAL');
  const cancelled = await installation.operatorAt(nodes[1]).post(`/ops/v1/actors/${id}/cancel`, { reason: 'not wanted' });
  t.true(cancelled.status < 300, cancelled.text);
  t.is((await installation.supplierAt(nodes[2]).ended(id)).metadata.request_status, 'Failed');
  t.is((await installation.operatorAt(nodes[2]).why(id)).reason, 'operator_cancelled');
});

clusterTest('an action over TCP is done at once, whichever node it was asked of, and its ids rise over the nodes', async (t) => {
  const id = await installation.mtsAt(nodes[1]).update(field.bodies[TCP] ?? {});
  const ended = await installation.mtsAt(nodes[2]).ended(id);
  t.is(ended.result, 'SUCCESS', JSON.stringify(ended));
  t.is(field.farm.records().filter(({ meter }) => meter === TCP).length, 1);

  const ids: number[] = [id];
  for (let turn = 0; turn < 9; turn++) ids.push(await installation.mtsAt(nodes[turn % 3]!).update({ ...field.bodies[TCP], immediate: false }));
  t.deepEqual(
    ids,
    [...new Set(ids)].sort((a, b) => a - b),
  );
});

clusterTest('meters that are called are reached by the lines of the one node that has them, whoever owns their actions', async (t) => {
  const ids = await Promise.all(CALLED.map((meter, index) => installation.mtsAt(nodes[index]!).update(field.bodies[meter] ?? {})));
  for (const [index, id] of ids.entries()) {
    const ended = await installation.mtsAt(nodes[(index + 1) % 3]!).ended(id);
    t.is(ended.result, 'SUCCESS', JSON.stringify(ended));
  }
  const writes = field.farm.records().filter(({ meter }) => meter !== TCP);
  t.deepEqual(
    writes.map(({ meter, writesSinceClockRead }) => [meter, writesSinceClockRead]).sort(),
    CALLED.map((meter) => [meter, 0]),
  );
});

clusterTest('a key that was revoked at one node is refused by the others within a second', async (t) => {
  const made = await installation.operatorAt(nodes[0]).post<{ id: string; key: string }>('/ops/v1/keys', { mpids: ['SUPX'], label: 'to be revoked' });
  t.is(made.status, 201, made.text);
  const { id, key } = made.json;
  const use = async (node: EngineProcess): Promise<number> =>
    (await call(`${node.program.connect.httpUrl}/requests/v1/SUPX?request_id=${crypto.randomUUID()}`, { headers: { 'x-api-key': key } })).status;
  for (const node of nodes) t.is(await use(node), 200);
  const revoked = await call(`${nodes[0].program.connect.httpUrl}/ops/v1/keys/${id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${installation.program.connect.demo?.adminToken}` },
  });
  t.true(revoked.status < 300, revoked.text);
  const at = performance.now();
  for (const node of nodes) await until('the key is refused', async () => (await use(node)) === 401, 2_000);
  t.log(`refused everywhere after ${Math.round(performance.now() - at)} ms`);
});

clusterTest('what the DIP does not take in time fails at its deadline, once, and is told by every node', async (t) => {
  await installation.market.outage({ mode: 'refuse' });
  t.teardown(() => installation.market.outage({ mode: 'none' }));
  const mpans = [40, 41, 42].map(seededMpan);
  const ids = await Promise.all(mpans.map((mpan, index) => installation.supplierAt(nodes[index]!).appoint(mpan)));
  for (const id of ids) {
    const ended = await installation.supplier.ended(id, SEND_FAIL_MS + 20_000);
    t.is(ended.metadata.request_status, 'Failed');
    const { reason, history } = await installation.operator.why(id);
    t.is(reason, 'dip_unreachable');
    t.is(history.filter(({ to }) => to === 'FAILED').length, 1, JSON.stringify(history));
  }
});

clusterTest('nothing was left in quarantine', async (t) => {
  for (const node of nodes) t.deepEqual(await installation.operatorAt(node).quarantine(), []);
});
