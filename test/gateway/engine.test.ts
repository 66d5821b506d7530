/** The supplier API over the real engine, store and domains. */
import anyTest, { type TestFn } from 'ava';
import { type RealWorld, startRealWorld } from '../support/gateway/real.ts';
import { DOCUMENTED_BODY } from '../support/gateway/world.ts';

const test = anyTest as TestFn<RealWorld>;

test.before(async (t) => {
  t.context = await startRealWorld();
});
test.after.always((t) => t.context?.close());

let mpans = 1_000_000_000_000;
let keys = 0;

/** A meter point of its own for each test. */
async function newMpan(world: RealWorld, mpid = 'SUPX'): Promise<number> {
  mpans += 1;
  const mine = mpans;
  await world.importMpans(mpid, [String(mine)]);
  return mine;
}

function post(world: RealWorld, body: object, headers: Record<string, string> = {}, mpid = 'SUPX'): Promise<Response> {
  const all = { 'content-type': 'application/json', 'x-api-key': world.key, 'x-idempotency-key': `key-${++keys}`, ...headers };
  return world.fetch(`/metering-services/v1/${mpid}/appoint`, { method: 'POST', body: JSON.stringify(body), headers: all });
}

interface Process {
  request_id: string;
}
interface Row {
  metadata: Record<string, unknown>;
  request_data: Record<string, unknown>;
}
async function requests(world: RealWorld, query: string, mpid = 'SUPX', key = world.key): Promise<Row[]> {
  return (await (await world.fetch(`/requests/v1/${mpid}?${query}`, { headers: { 'x-api-key': key } })).json()) as Row[];
}

test('an accepted request can be read, by request id and by MPAN', async (t) => {
  const mpan_core = await newMpan(t.context);
  const response = await post(t.context, { ...DOCUMENTED_BODY, mpan_core });
  t.is(response.status, 202);
  const made = (await response.json()) as Process & Record<string, unknown>;
  const rows = await requests(t.context, `request_id=${made.request_id}`);
  t.is(rows.length, 1);
  const { errors, initiated_by, ...metadata } = rows[0]!.metadata;
  t.deepEqual(metadata, made as Record<string, unknown>);
  t.deepEqual([errors, initiated_by], [[], null]);
  t.deepEqual(rows[0]!.request_data, { ...DOCUMENTED_BODY, mpan_core });
  t.deepEqual(await requests(t.context, `mpan_id=${mpan_core}&request_status=Pending`), rows);
});

test('the IF-031 that was made is among the messages', async (t) => {
  const mpan_core = await newMpan(t.context);
  const made = (await (await post(t.context, { ...DOCUMENTED_BODY, mpan_core })).json()) as Process;
  const [row] = (await requests(t.context, `request_id=${made.request_id}&show_messages=true`)) as (Row & { messages: Record<string, unknown>[] })[];
  t.like(row!.messages[0]!, { direction: 'outbound', interface: 'IF-031', event_code: '[MSApp]' });
});

test('the same key and body are answered byte for byte, also when facts are asked for again', async (t) => {
  const mpan_core = await newMpan(t.context);
  const headers = { 'x-idempotency-key': 'again' };
  const first = await (await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, headers)).text();
  const again = await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, headers);
  t.is(again.status, 202);
  t.is(await again.text(), first);
});

test('409: the same key for another meter point', async (t) => {
  const headers = { 'x-idempotency-key': 'moved' };
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core: await newMpan(t.context) }, headers)).status, 202);
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core: await newMpan(t.context) }, headers)).status, 409);
});

test('parallel calls with one key make one process', async (t) => {
  const mpan_core = await newMpan(t.context);
  const headers = { 'x-idempotency-key': 'parallel' };
  const texts = await Promise.all(Array.from({ length: 20 }, async () => (await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, headers)).text()));
  t.is(new Set(texts).size, 1);
  t.is((await requests(t.context, `mpan_id=${mpan_core}`)).length, 1);
});

test('parallel calls with one key for two meter points make one process', async (t) => {
  const bodies = await Promise.all([newMpan(t.context), newMpan(t.context)]);
  const headers = { 'x-idempotency-key': 'split' };
  const statuses = await Promise.all(bodies.map(async (mpan_core) => (await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, headers)).status));
  t.deepEqual(statuses.toSorted(), [202, 409]);
});

test('parallel calls with different keys make one process; the others are conflicts', async (t) => {
  const mpan_core = await newMpan(t.context);
  const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await post(t.context, { ...DOCUMENTED_BODY, mpan_core })).status));
  t.deepEqual(statuses.filter((status) => status === 202).length, 1);
  t.deepEqual(statuses.filter((status) => status === 409).length, 9);
});

test('test mode conflicts only with test mode', async (t) => {
  const mpan_core = await newMpan(t.context);
  const inTest = { 'x-test-mode': 'true' };
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core })).status, 202);
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, inTest)).status, 202);
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, inTest)).status, 409);
});

const UNKNOWN: [string, object, string][] = [
  ['a meter point that is not known', { mpan_core: 9999999999999 }, 'unknown_mpan'],
  ['an agent that is not known', { metering_service_mpid: 'NONE' }, 'unknown_agent'],
];
for (const [title, change, type] of UNKNOWN) {
  test(`422: ${title}; nothing is made`, async (t) => {
    const mpan_core = await newMpan(t.context);
    const response = await post(t.context, { ...DOCUMENTED_BODY, mpan_core, ...change });
    t.is(response.status, 422);
    t.is(((await response.json()) as { detail: { type: string }[] }).detail[0]!.type, type);
    t.deepEqual(await requests(t.context, `mpan_id=${mpan_core}`), []);
  });
}

test("another supplier's key cannot see or affect the process", async (t) => {
  const { key } = await t.context.access.createKey({ mpids: ['SUPY'], label: 'y', rate: null, by: 'test' });
  const mpan_core = await newMpan(t.context);
  await t.context.importMpans('SUPY', [String(mpan_core)]);
  const made = (await (await post(t.context, { ...DOCUMENTED_BODY, mpan_core })).json()) as Process;
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, { 'x-api-key': key })).status, 401);
  t.deepEqual(await requests(t.context, `request_id=${made.request_id}`, 'SUPY', key), []);
  t.is((await post(t.context, { ...DOCUMENTED_BODY, mpan_core }, { 'x-api-key': key }, 'SUPY')).status, 202);
  t.is((await requests(t.context, `mpan_id=${mpan_core}`)).length, 1);
});

test('the MPAN record and the agents are there to read', async (t) => {
  const mpan = await newMpan(t.context);
  const headers = { 'x-api-key': t.context.key };
  t.like(await (await t.context.fetch(`/mpan/v1/SUPX?mpan_id=${mpan}`, { headers })).json(), { mpan_core: mpan, gsp_group_id: '_A' });
  const agents = (await (await t.context.fetch('/agents/v1/SUPX?dip_id=1500000001', { headers })).json()) as object[];
  t.like(agents[0], { mpid: 'MOPX', role: 'MSS' });
});
