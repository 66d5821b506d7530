import anyTest, { type TestFn } from 'ava';
import { Value } from 'typebox/value';
import { type AppointmentOptions, AppointmentOptionsSchema, createAppointmentHandlers } from '../../actors/appointment/index.ts';
import { OverloadedError, StoreError } from '../../actors/errors/error.ts';
import { DOCUMENTED_BODY, startWorld, type World } from '../support/gateway/world.ts';

const test = anyTest as TestFn<World>;

const DIP_ID = 'DIPMOPX001';

/** The domain's own handler over the test engine: a store of its own would decide the same way. */
function appointHandler(world: World): void {
  world.face.seed({
    id: 'mpan:SUPX:1234567890123',
    kind: 'mpan',
    snapshot: { context: { facts: { distributor_dip_id: '1000000010', gsp_group_id: '_A', market_segment: 'S' } } },
  });
  world.face.seed({
    id: 'mpan:SUPX:2000056535971',
    kind: 'mpan',
    snapshot: { context: { facts: { distributor_dip_id: '1000000010', gsp_group_id: '_A', market_segment: 'S' } } },
  });
  const agents = {
    find: (mpid: string) => (mpid === 'MOPX' ? [{ dipId: DIP_ID, mpid, role: 'MSS', effectiveFrom: '2020-01-01', effectiveTo: null, name: null }] : []),
  };
  world.face.handlers.appoint = createAppointmentHandlers({ agents, options: Value.Default(AppointmentOptionsSchema, {}) as AppointmentOptions }).appoint;
}

test.beforeEach(async (t) => {
  t.context = await startWorld();
  appointHandler(t.context);
});
test.afterEach.always((t) => t.context.close());

let keys = 0;
function post(world: World, body: unknown, headers: Record<string, string | undefined> = {}, path = '/metering-services/v1/SUPX/appoint'): Promise<Response> {
  const all = { 'content-type': 'application/json', 'x-api-key': world.key, 'x-idempotency-key': `key-${++keys}`, ...headers };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Record<string, string>;
  return world.fetch(path, { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body), headers: given });
}

interface Refusal {
  detail: { loc: string[]; msg: string; type: string }[];
}
async function types(response: Response): Promise<string[]> {
  return ((await response.json()) as Refusal).detail.map(({ loc, type }) => `${loc.join('.')} ${type}`);
}

test('the documented request gives 202 with the documented members', async (t) => {
  const response = await post(t.context, DOCUMENTED_BODY);
  t.is(response.status, 202);
  t.is(response.headers.get('content-type'), 'application/json');
  const body = (await response.json()) as Record<string, unknown>;
  t.deepEqual(Object.keys(body), ['request_id', 'request_type', 'request_status', 'description', 'created_at', 'last_updated_at', 'mpan_core']);
  t.regex(String(body.created_at), /^2026-03-24T10:3\d:\d\d\+00:00$/);
  t.is(body.mpan_core, 1234567890123);
});

test('the command carries the settlement date as written and goes to the MPAN', async (t) => {
  await post(t.context, { ...DOCUMENTED_BODY, metering_service_mpid: 'mopx', effective_from: '2026-03-30T00:00:00+01:00' });
  const command = t.context.face.commands.at(-1)!;
  t.is(command.key, '1234567890123');
  t.like(command.payload, { effectiveFrom: '2026-03-30', meteringServiceMpid: 'MOPX', mpid: 'SUPX', test: false });
});

const AUTH: [string, Record<string, string | undefined>, string?][] = [
  ['a missing key', { 'x-api-key': undefined }],
  ['a malformed key', { 'x-api-key': 'abc' }],
  ['an unknown key', { 'x-api-key': '0f5e0bc6-e9b0-451a-8d5b-15bc01c4d2fd' }],
  ['a key of another MPID', {}, '/metering-services/v1/SUPZ/appoint'],
  ['an MPID without a DIP id of ours', {}, '/metering-services/v1/SUPN/appoint'],
];
for (const [title, headers, path] of AUTH) {
  test(`401: ${title}`, async (t) => {
    const response = await post(t.context, DOCUMENTED_BODY, headers, path);
    t.is(response.status, 401);
    t.is(typeof ((await response.json()) as { detail: string }).detail, 'string');
  });
}

test('401 comes before 428, and 428 before 422', async (t) => {
  t.is((await post(t.context, '{', { 'x-api-key': undefined, 'x-idempotency-key': undefined })).status, 401);
  t.is((await post(t.context, '{', { 'x-idempotency-key': undefined })).status, 428);
  t.is((await post(t.context, '{')).status, 422);
  t.is((await post(t.context, '{', { 'x-idempotency-key': undefined }, '/metering-services/v1/sup1/appoint')).status, 428);
});

test('422: a path MPID that is not four capital letters', async (t) => {
  const response = await post(t.context, DOCUMENTED_BODY, {}, '/metering-services/v1/sup1/appoint');
  t.deepEqual(await types(response), ['path.mpid mpid_format']);
});

test('428: a missing or blank idempotency key', async (t) => {
  t.is((await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': undefined })).status, 428);
  t.is((await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': '   ' })).status, 428);
});

test('422: an idempotency key of more than 255 characters; 255 pass', async (t) => {
  t.deepEqual(await types(await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'k'.repeat(256) })), ['header.X-IDEMPOTENCY-KEY string_too_long']);
  t.is((await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'k'.repeat(255) })).status, 202);
});

test('415: anything but JSON', async (t) => {
  t.is((await post(t.context, DOCUMENTED_BODY, { 'content-type': 'text/plain' })).status, 415);
  t.is((await post(t.context, DOCUMENTED_BODY, { 'content-type': 'application/json; charset=utf-8' })).status, 202);
});

const without = (name: string): object => Object.fromEntries(Object.entries(DOCUMENTED_BODY).filter(([member]) => member !== name));
const REFUSED: [string, unknown, string[]][] = [
  ['a body that is no JSON', '{"mpan_core":', ['body json_invalid']],
  ['an empty body', '', ['body json_invalid']],
  ['a body that is no object', [], ['body object_type']],
  ['a missing mpan_core', without('mpan_core'), ['body.mpan_core missing']],
  ['a missing effective_from', without('effective_from'), ['body.effective_from missing']],
  ['a string MPAN', { ...DOCUMENTED_BODY, mpan_core: '1234567890123' }, ['body.mpan_core int_type']],
  ['a fraction for an MPAN', { ...DOCUMENTED_BODY, mpan_core: 1234567890123.5 }, ['body.mpan_core int_type']],
  ['an MPAN of 12 digits', { ...DOCUMENTED_BODY, mpan_core: 123456789012 }, ['body.mpan_core mpan_length']],
  ['an MPAN of 14 digits', { ...DOCUMENTED_BODY, mpan_core: 12345678901234 }, ['body.mpan_core mpan_length']],
  ['a provider MPID of three letters', { ...DOCUMENTED_BODY, metering_service_mpid: 'MOP' }, ['body.metering_service_mpid mpid_format']],
  ['a provider MPID with a digit', { ...DOCUMENTED_BODY, metering_service_mpid: 'MOP1' }, ['body.metering_service_mpid mpid_format']],
  ['effective_from a second past midnight', { ...DOCUMENTED_BODY, effective_from: '2026-03-30T00:00:01+00:00' }, ['body.effective_from not_midnight']],
  ['effective_from without an offset', { ...DOCUMENTED_BODY, effective_from: '2026-03-30T00:00:00' }, ['body.effective_from datetime_timezone']],
  ['effective_from that is no date', { ...DOCUMENTED_BODY, effective_from: '2026-02-30T00:00:00Z' }, ['body.effective_from datetime_parsing']],
  ['effective_from 28 days ahead', { ...DOCUMENTED_BODY, effective_from: '2026-04-21T00:00:00+01:00' }, ['body.effective_from too_far_ahead']],
  ['an empty contract reference', { ...DOCUMENTED_BODY, contract_reference: '' }, ['body.contract_reference contract_reference_format']],
  ['a contract reference of 51 characters', { ...DOCUMENTED_BODY, contract_reference: 'A'.repeat(51) }, ['body.contract_reference contract_reference_format']],
  ['a contract reference with a hyphen', { ...DOCUMENTED_BODY, contract_reference: 'A-1' }, ['body.contract_reference contract_reference_format']],
  ['scenario ALG', { ...DOCUMENTED_BODY, appointment_scenario: 'ALG' }, ['body.appointment_scenario enum']],
  ['an unknown field', { ...DOCUMENTED_BODY, surprise: 1 }, ['body.surprise extra_forbidden']],
  ['an agent that is not known', { ...DOCUMENTED_BODY, metering_service_mpid: 'NONE' }, ['body.metering_service_mpid unknown_agent']],
  [
    'several errors at once',
    { ...without('mpan_core'), appointment_scenario: 'X', extra: 1 },
    ['body.mpan_core missing', 'body.appointment_scenario enum', 'body.extra extra_forbidden'],
  ],
];
for (const [title, body, expected] of REFUSED) {
  test(`422: ${title}`, async (t) => {
    const response = await post(t.context, body);
    t.is(response.status, 422);
    t.deepEqual(await types(response), expected);
  });
}

const ACCEPTED: [string, object][] = [
  ['effective_from 27 days ahead', { effective_from: '2026-04-20T00:00:00+01:00' }],
  ['effective_from in the past', { effective_from: '2020-01-01T00:00:00Z' }],
  ['a clock-change day', { effective_from: '2026-03-29T00:00:00+00:00' }],
  ['no contract reference', { contract_reference: undefined }],
  ['a null contract reference', { contract_reference: null }],
  ['a contract reference of 50 characters', { contract_reference: 'A'.repeat(50) }],
];
for (const [title, change] of ACCEPTED) {
  test(`202: ${title}`, async (t) => {
    t.is((await post(t.context, { ...DOCUMENTED_BODY, ...change })).status, 202);
  });
}

test('the same key and body, members in another order, are answered byte for byte as first', async (t) => {
  const first = await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'same' });
  const reordered = Object.fromEntries(Object.entries(DOCUMENTED_BODY).reverse());
  const again = await post(t.context, JSON.stringify(reordered, null, 2), { 'x-idempotency-key': 'same' });
  t.is(again.status, 202);
  t.is(await again.text(), await first.text());
});

test('409: the same key with a different body, or in test mode', async (t) => {
  await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'same' });
  t.is((await post(t.context, { ...DOCUMENTED_BODY, contract_reference: 'B' }, { 'x-idempotency-key': 'same' })).status, 409);
  t.is((await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'same', 'x-test-mode': 'true' })).status, 409);
});

test('a 4xx is not kept under the key', async (t) => {
  t.is((await post(t.context, { ...DOCUMENTED_BODY, appointment_scenario: 'ALG' }, { 'x-idempotency-key': 'same' })).status, 422);
  t.is((await post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'same' })).status, 202);
});

test('409: an active process for the MPAN, in the documented words', async (t) => {
  await post(t.context, DOCUMENTED_BODY);
  const response = await post(t.context, DOCUMENTED_BODY);
  t.is(response.status, 409);
  t.deepEqual(await response.json(), { detail: 'An active metering service appointment process already exists for MPAN 1234567890123' });
});

test('test mode is told to the engine only for the exact word', async (t) => {
  await post(t.context, DOCUMENTED_BODY, { 'x-test-mode': 'true' });
  t.like(t.context.face.commands.at(-1)!.payload, { test: true });
  await post(t.context, { ...DOCUMENTED_BODY, mpan_core: 2000056535971 }, { 'x-test-mode': 'yes' });
  t.like(t.context.face.commands.at(-1)!.payload, { test: false });
});

test('parallel calls with one key create one process and get one answer', async (t) => {
  const responses = await Promise.all(Array.from({ length: 10 }, () => post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'same' })));
  t.deepEqual(new Set(responses.map(({ status }) => status)), new Set([202]));
  t.is(new Set(await Promise.all(responses.map((response) => response.text()))).size, 1);
  t.is([...t.context.face.docs.values()].filter(({ kind }) => kind === 'appointment').length, 1);
});

test('409: a second call with a different body while the first is in hand', async (t) => {
  let open = (): void => {};
  const entered = new Promise<void>((reached) => {
    t.context.face.gate = ({ type }) =>
      type === 'appoint'
        ? new Promise((resolve) => {
            open = resolve;
            reached();
          })
        : Promise.resolve();
  });
  const first = post(t.context, DOCUMENTED_BODY, { 'x-idempotency-key': 'same' });
  await entered;
  t.is((await post(t.context, { ...DOCUMENTED_BODY, contract_reference: 'B' }, { 'x-idempotency-key': 'same' })).status, 409);
  open();
  t.is((await first).status, 202);
});

test('503 with Retry-After: the engine is at its limit, or the store does not take the commit', async (t) => {
  t.context.face.gate = async () => {
    throw new OverloadedError('queue: full', 1500);
  };
  const full = await post(t.context, DOCUMENTED_BODY);
  t.is(full.status, 503);
  t.is(full.headers.get('retry-after'), '2');
  t.context.face.gate = async () => {
    throw new StoreError('store_disk_full', 'disk: /secret/path is full');
  };
  const store = await post(t.context, DOCUMENTED_BODY);
  t.is(store.status, 503);
  t.truthy(store.headers.get('retry-after'));
  t.false((await store.text()).includes('/secret/path'));
});

test('500: a bug is logged and shows nothing of itself', async (t) => {
  t.context.face.gate = async () => {
    throw new Error('secret detail');
  };
  const response = await post(t.context, DOCUMENTED_BODY);
  t.is(response.status, 500);
  t.deepEqual(await response.json(), { detail: 'Internal error' });
  t.true(t.context.logged.some(({ level }) => level === 'error'));
});
