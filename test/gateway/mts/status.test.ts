import test from 'ava';
import { failed, NOON, reading } from '../../actors/time-update/world.ts';
import { type MtsWorld, SAMPLE, startMtsWorld } from '../../support/gateway/mts-world.ts';

let world: MtsWorld;

test.before(async () => {
  world = await startMtsWorld();
});
test.after.always(() => world.close());

let number = 0;

/** An immediate action whose session the test holds. */
async function running(change: object = {}) {
  const remoteAddress = `10.0.0.1:${4_000 + ++number}`;
  const { requestId } = (await world.post({ ...SAMPLE, remoteAddress, immediate: true, ...change })).json;
  await world.settle();
  return { requestId: requestId as number, session: world.session(requestId) };
}

test("the seed's pending sample: the request's parameters and PENDING, under both names", async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  const { status, headers, json } = await world.call('GET', `/MTS/action-status?requestId=${requestId}`, { headers: { accept: 'application/json' } });
  t.is(status, 200);
  t.is(headers['content-type'], 'application/json; charset=utf-8');
  t.deepEqual(json, {
    ...SAMPLE,
    requestId,
    immediate: false,
    action: 'TimeUpdate',
    actionType: 'TIME-UPDATE',
    result: 'PENDING',
    resultSummary: 'PENDING',
    actionRequestTime: '2026-01-14T12:00:00Z',
  });
});

test("the seed's done sample: the clock was set; every member, both families equal", async (t) => {
  const { requestId, session } = await running();
  await session.watcher.intend(reading(10));
  session.end({
    outcome: 'success',
    wrote: true,
    serialNumber: '12345678',
    before: reading(10),
    after: reading(0),
    connectionStartAt: NOON,
    connectionEndAt: NOON + 90_000,
  });
  await world.settle();
  const { json } = await world.status(requestId);
  t.like(json, {
    requestId,
    requestReference: 'ABC',
    meterType: 'ELSTERA1700',
    outstationAddress: '1',
    serialNumber: '12345678',
    password: 'AAAA0000',
    actionType: 'TIME-UPDATE',
    resultSummary: 'SUCCESS',
    meterTime: '2026-01-14T12:00:10Z +10s',
    meterTimeOffset: '+10s',
    meterTimeOffsetPostUpdate: '+0s',
    connectionStartTime: '2026-01-14T12:00:00Z',
    connectionEndTime: '2026-01-14T12:01:30Z',
  });
  for (const [table, sample] of [
    ['result', 'resultSummary'],
    ['actionStartTime', 'testStartTime'],
    ['actionEndTime', 'testEndTime'],
  ] as const) {
    t.is(typeof json[table], 'string', table);
    t.is(json[table], json[sample]);
  }
  for (const [name, value] of Object.entries(json))
    if (/Time$/.test(name) && name !== 'meterTime') t.regex(String(value), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, name);
});

test('test-status is the same', async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  t.deepEqual((await world.call('GET', `/MTS/test-status?requestId=${requestId}`)).json, (await world.status(requestId)).json);
});

test('an error is told with its reason', async (t) => {
  const { requestId, session } = await running();
  session.end(failed('login', 'password refused'));
  await world.settle();
  t.like((await world.status(requestId)).json, { result: 'ERROR: password refused', resultSummary: 'ERROR: password refused' });
});

const MALFORMED = [
  '',
  '?',
  '?requestId=',
  '?requestId=0',
  '?requestId=-1',
  '?requestId=1e99',
  '?requestId=1e3',
  '?requestId=abc',
  '?requestId=1.0',
  '?requestId=01',
  '?requestId=%2B1',
  '?requestId=0x10',
  '?requestId=9007199254740993',
  '?requestId=1&requestId=2',
  '?requestid=1',
  '?requestId=1&other=2',
];

for (const query of MALFORMED) {
  test(`400: action-status${query}`, async (t) => {
    const { status, json } = await world.call('GET', `/MTS/action-status${query}`);
    t.is(status, 400);
    t.deepEqual(Object.keys(json), ['details']);
  });
}

test('404: an id that was never given, the largest too', async (t) => {
  for (const id of [424_242, Number.MAX_SAFE_INTEGER]) t.is((await world.status(id)).status, 404);
});

test('cancel in all its forms: 200 with the id, and the action is cancelled', async (t) => {
  const forms = [
    (id: number) => world.call('DELETE', '/MTS/action-cancel', { body: { requestId: id } }),
    (id: number) => world.call('POST', '/MTS/action-cancel', { body: { requestId: id } }),
    (id: number) => world.call('GET', `/MTS/action-cancel?requestId=${id}`),
    (id: number) => world.call('DELETE', `/MTS/action-cancel?requestId=${id}`),
    // The seed's table: GET with JSON parameters.
    (id: number) => world.call('GET', '/MTS/action-cancel', { body: { requestId: id } }),
  ];
  for (const form of forms) {
    const { requestId } = (await world.post(SAMPLE)).json;
    const told = await form(requestId);
    t.is(told.status, 200);
    t.deepEqual(told.json, { requestId });
    t.is((await world.status(requestId)).json.result, 'ERROR: cancelled');
    t.is((await form(requestId)).status, 200);
    t.is((await form(987_654)).status, 404);
  }
});

test("the seed's cancel sample verbatim", async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  const raw = `{\n  "requestId": ${requestId}\n}`;
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const told = await world.call('DELETE', '/MTS/action-cancel', { raw, headers });
  t.is(told.status, 200);
  t.deepEqual(told.json, { requestId });
});

test('cancel of one that runs: it is told to end, and the answer is 200', async (t) => {
  const { requestId, session } = await running();
  t.is((await world.call('DELETE', '/MTS/action-cancel', { body: { requestId } })).status, 200);
  await world.settle();
  t.is(session.halted, 'cancelled');
  session.end({ outcome: 'cancelled' });
  await world.settle();
  t.is((await world.status(requestId)).json.result, 'ERROR: cancelled');
});

test('cancel after the write changes nothing', async (t) => {
  const { requestId, session } = await running();
  await session.watcher.intend(reading(30));
  t.is((await world.call('GET', `/MTS/action-cancel?requestId=${requestId}`)).status, 200);
  session.end({ outcome: 'success', wrote: true, before: reading(30), after: reading(0) });
  await world.settle();
  t.is((await world.status(requestId)).json.result, 'SUCCESS');
  t.is((await world.call('GET', `/MTS/action-cancel?requestId=${requestId}`)).status, 200);
  t.is((await world.status(requestId)).json.result, 'SUCCESS');
});

const BODIES: readonly (readonly [string, string])[] = [
  ['no body', ''],
  ['no JSON', '{requestId: 1}'],
  ['0', '{"requestId": 0}'],
  ['-1', '{"requestId": -1}'],
  ['1e99', '{"requestId": 1e99}'],
  ['a fraction', '{"requestId": 1.5}'],
  ['a text', '{"requestId": "1"}'],
  ['null', '{"requestId": null}'],
  ['a list', '{"requestId": [1]}'],
  ['nothing in it', '{}'],
  ['another member too', '{"requestId": 1, "all": true}'],
];

for (const [what, raw] of BODIES) {
  test(`400: action-cancel with ${what}`, async (t) => {
    for (const method of ['DELETE', 'POST']) {
      const { status, json } = await world.call(method, '/MTS/action-cancel', { raw });
      t.is(status, 400, method);
      t.deepEqual(Object.keys(json), ['details']);
    }
  });
}

test('400: query and body name two actions', async (t) => {
  t.is((await world.call('DELETE', '/MTS/action-cancel?requestId=1', { body: { requestId: 2 } })).status, 400);
});
