import anyTest, { type TestFn } from 'ava';
import { RefusedError } from '../../actors/errors/error.ts';
import { startWorld, type World } from '../support/gateway/world.ts';

const test = anyTest as TestFn<World>;

test.beforeEach(async (t) => {
  t.context = await startWorld(
    {},
    {
      backup: async (directory) => void t.context.logged.push({ level: 'backup', text: directory }),
      flushDtn: async (mpid) => ({ files: mpid === 'SUPX' ? 1 : 2 }),
    },
  );
});
test.afterEach.always((t) => t.context.close());

async function call(
  world: World,
  method: string,
  path: string,
  body?: unknown,
  token = world.token,
): Promise<{ status: number; type: string | null; body: Record<string, unknown> }> {
  const init = { method, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await world.fetch(`/ops/v1${path}`, init);
  return { status: response.status, type: response.headers.get('content-type'), body: (await response.json()) as Record<string, unknown> };
}

test('401 as a problem: no token, a malformed one, an unknown one', async (t) => {
  for (const token of ['', 'abc', `mwt_${'0'.repeat(16)}_${'0'.repeat(64)}`]) {
    const { status, type, body } = await call(t.context, 'GET', '/keys', undefined, token);
    t.is(status, 401);
    t.is(type, 'application/problem+json');
    t.like(body, { status: 401, code: 'unauthenticated' });
  }
});

test('403 names the scope that is missing', async (t) => {
  const { token } = await t.context.access.createToken({ scopes: ['ops:read'], owner: 'reader', expiresAt: null, by: 'test' });
  const { status, body } = await call(t.context, 'POST', '/keys', { mpids: ['SUPX'] }, token);
  t.is(status, 403);
  t.like(body, { code: 'scope_missing', scope: 'ops:write' });
});

test('an expired token is refused', async (t) => {
  const { token } = await t.context.access.createToken({ scopes: ['ops:read'], owner: 'reader', expiresAt: t.context.clock.now() - 1, by: 'test' });
  t.is((await call(t.context, 'GET', '/keys', undefined, token)).status, 401);
});

test('a key that was made works, is listed without its secret, and is refused once revoked', async (t) => {
  const made = await call(t.context, 'POST', '/keys', { mpids: ['SUPX'], label: 'one', rate: 10 });
  t.is(made.status, 201);
  t.like(made.body, { label: 'one', rate: { perSecond: 10, burst: 40 }, createdBy: 'tester' });
  const { key, id } = made.body as { key: string; id: string };
  const get = (): Promise<Response> => t.context.fetch('/requests/v1/SUPX', { headers: { 'x-api-key': key } });
  t.is((await get()).status, 200);
  const listed = JSON.stringify((await call(t.context, 'GET', '/keys')).body);
  t.true(listed.includes(id));
  t.false(listed.includes(key));
  t.false(listed.includes('hash'));
  t.is((await call(t.context, 'DELETE', `/keys/${id}`)).status, 200);
  t.is((await get()).status, 401);
});

test('a token that was made works, and is refused once revoked', async (t) => {
  const made = await call(t.context, 'POST', '/tokens', { scopes: ['ops:read'], owner: 'someone' });
  const { token, id } = made.body as { token: string; id: string };
  t.regex(token, /^mwt_[0-9a-f]{16}_[0-9a-f]{64}$/);
  t.is((await call(t.context, 'GET', '/tokens', undefined, token)).status, 200);
  await call(t.context, 'DELETE', `/tokens/${id}`);
  t.is((await call(t.context, 'GET', '/tokens', undefined, token)).status, 401);
});

test('404: revoking what is not there', async (t) => {
  t.like((await call(t.context, 'DELETE', '/keys/000000000000')).body, { status: 404, code: 'no_such_credential' });
});

test('422 names the member and the rule', async (t) => {
  const { status, body } = await call(t.context, 'POST', '/keys', { mpids: ['sup1'] });
  t.is(status, 422);
  t.like(body, { code: 'invalid_value' });
  t.regex(String(body.detail), /^\/mpids\/0: /);
});

test('400: a body that is no JSON', async (t) => {
  const response = await t.context.fetch('/ops/v1/keys', { method: 'POST', body: '{', headers: { authorization: `Bearer ${t.context.token}` } });
  t.is(response.status, 400);
});

test('why shows state, what it waits for, reminders by due time, what is owed and the history; by request id too', async (t) => {
  const requestId = '01950000-0000-7000-8000-000000000001';
  t.context.face.seed({
    id: `appointment:${requestId}`,
    kind: 'appointment',
    state: 'SUBMITTING',
    indexes: { requestId: [requestId] },
    reminders: [
      { name: 'b', dueAt: 2 },
      { name: 'a', dueAt: 1 },
    ],
  });
  t.context.face.histories.set(`appointment:${requestId}`, [{ version: 1, at: 1, event: 'init', from: null, to: 'SUBMITTING' }]);
  for (const id of [requestId, `appointment:${requestId}`, encodeURIComponent(`appointment:${requestId}`)]) {
    const { status, body } = await call(t.context, 'GET', `/actors/${id}`);
    t.is(status, 200);
    t.like(body, { actor: `appointment:${requestId}`, state: 'SUBMITTING', waitsFor: 'the answer of the DIP to IF-031 (MSG0000)', parked: null, owed: [] });
    t.deepEqual(
      (body.reminders as { name: string }[]).map(({ name }) => name),
      ['a', 'b'],
    );
    t.is((body.history as unknown[]).length, 1);
  }
});

test('why does not show what is kept of a credential', async (t) => {
  const [doc] = [...t.context.face.docs.values()].filter(({ kind }) => kind === 'api-key');
  const { body } = await call(t.context, 'GET', `/actors/${doc!.id}`);
  t.is(body.snapshot, null);
});

for (const [action, type] of [
  ['park', 'engine.park'],
  ['unpark', 'engine.unpark'],
  ['nudge', 'engine.nudge'],
  ['cancel', 'operator.cancel'],
  ['resend', 'operator.resend'],
] as const) {
  test(`${action} goes to the actor's key with who and why`, async (t) => {
    t.context.face.seed({ id: 'appointment:x', kind: 'appointment', key: '2000056535971' });
    t.context.face.handlers[type] = async () => ({ version: 2 });
    const { status, body } = await call(t.context, 'POST', `/actors/appointment:x/${action}`, { reason: 'because' });
    t.is(status, 200);
    t.deepEqual(body, { actor: 'appointment:x', result: { version: 2 } });
    t.like(t.context.face.commands.at(-1)!, { key: '2000056535971', type, payload: { actor: 'appointment:x', by: 'tester', reason: 'because' } });
  });
}

test('a command that the rules refuse is a 409 with its code', async (t) => {
  t.context.face.seed({ id: 'appointment:x', kind: 'appointment' });
  t.context.face.handlers['operator.resend'] = async () => {
    throw new RefusedError('not_submitting', 'actor: must be in SUBMITTING');
  };
  t.like((await call(t.context, 'POST', '/actors/appointment:x/resend', { reason: 'r' })).body, { status: 409, code: 'not_submitting' });
});

test('404: an actor that is not there; 422: no reason', async (t) => {
  t.like((await call(t.context, 'GET', '/actors/appointment:none')).body, { status: 404, code: 'no_such_actor' });
  t.is((await call(t.context, 'POST', '/actors/appointment:none/park', { reason: 'r' })).status, 404);
  t.is((await call(t.context, 'POST', '/actors/appointment:none/park', {})).status, 422);
});

test('quarantined messages are listed and driven again under their key', async (t) => {
  t.context.face.seed({ id: 'quarantine:1', kind: 'quarantine', state: 'held', key: 'K', snapshot: { error: 'boom' } });
  const listed = await call(t.context, 'GET', '/quarantine');
  t.like((listed.body.items as object[])[0], { actor: 'quarantine:1', state: 'held', error: 'boom' });
  t.context.face.handlers['engine.redrive'] = async () => 'applied';
  t.is((await call(t.context, 'POST', '/quarantine/1/redrive', { reason: 'fixed' })).status, 200);
  t.like(t.context.face.commands.at(-1)!, { key: 'K', type: 'engine.redrive', payload: { id: 'quarantine:1', by: 'tester' } });
  t.is((await call(t.context, 'POST', '/quarantine/2/redrive', { reason: 'fixed' })).status, 404);
});

test('alerts are listed by state and about what, and acknowledged by whom', async (t) => {
  t.context.face.seed({
    id: 'alert:late:appointment:x',
    kind: 'alert',
    state: 'raised',
    key: 'K',
    indexes: { about: ['appointment:x'] },
    snapshot: {
      context: { code: 'late', about: 'appointment:x', text: '', details: null, raisedAt: 1, lastAt: 2, count: 2, clearedAt: null, acknowledged: null },
    },
  });
  t.like(((await call(t.context, 'GET', '/alerts')).body.items as object[])[0], { alert: 'alert:late:appointment:x', state: 'raised', code: 'late', count: 2 });
  t.is(((await call(t.context, 'GET', '/alerts?about=appointment:x')).body.items as object[]).length, 1);
  t.is(((await call(t.context, 'GET', '/alerts?state=cleared')).body.items as object[]).length, 0);
  t.context.face.handlers['alert.acknowledge'] = async () => 'applied';
  await call(t.context, 'POST', '/alerts/alert:late:appointment:x/acknowledge', { note: 'seen' });
  t.like(t.context.face.commands.at(-1)!, {
    key: 'K',
    payload: { id: 'alert:late:appointment:x', by: 'tester', note: 'seen' },
  });
});

test('backup needs an absolute folder, and its outcome is the last line', async (t) => {
  t.is((await call(t.context, 'POST', '/backup', { directory: 'relative' })).status, 422);
  t.deepEqual((await call(t.context, 'POST', '/backup', { directory: '/b' })).body, { done: true, directory: '/b' });
  t.true(t.context.logged.some(({ level, text }) => level === 'backup' && text === '/b'));
});

test('the DTN is flushed for one sender or for all', async (t) => {
  t.deepEqual((await call(t.context, 'POST', '/dtn/flush', { mpid: 'SUPX' })).body, { files: 1 });
  t.deepEqual((await call(t.context, 'POST', '/dtn/flush', {})).body, { files: 2 });
});

async function upload(world: World, path: string, body: string): Promise<{ status: number; lines: Record<string, unknown>[] }> {
  const response = await world.fetch(`/ops/v1/imports/${path}`, { method: 'POST', body, headers: { authorization: `Bearer ${world.token}` } });
  const text = await response.text();
  return {
    status: response.status,
    lines: text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

test('an import names refused lines and goes on with the rest', async (t) => {
  t.context.face.handlers['mpan.import'] = async (_turn, payload) => ({ created: 1, applied: (payload as { lines: unknown[] }).lines.length });
  const csv = 'mpan_core,gsp_group_id\n2000056535971,_A\n12,_A\n1900012374324,_B\n';
  const { status, lines } = await upload(t.context, 'mpans?mpid=SUPX', csv);
  t.is(status, 200);
  t.like(lines[0], { kind: 'refused', line: 3, field: 'mpan_core' });
  t.deepEqual(lines.at(-1), { kind: 'done', lines: 3, created: 2, applied: 2, refused: 1 });
  t.like(t.context.face.commands.at(-1)!, { type: 'mpan.import', payload: { lines: [{ mpid: 'SUPX', supplierDipId: '2300000012' }] } });
});

test('an import for an MPID that is not ours refuses each line', async (t) => {
  const { lines } = await upload(t.context, 'mpans?mpid=SUPY', 'mpan_core\n2000056535971\n');
  t.like(lines[0], { kind: 'refused', line: 2, field: 'mpid', rule: 'not_an_own_supplier' });
});

test('an import of many lines is read while it is written', async (t) => {
  let inFlight = 0;
  let most = 0;
  t.context.face.handlers['mpan.import'] = async () => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
    return { created: 1, applied: 1 };
  };
  const lines = Array.from({ length: 20_000 }, (_, i) => `${2_000_000_000_000 + i},_A`);
  const report = await upload(t.context, 'mpans?mpid=SUPX', `mpan_core,gsp_group_id\n${lines.join('\n')}\n`);
  t.deepEqual(report.lines.at(-1), { kind: 'done', lines: 20_000, created: 20_000, applied: 20_000, refused: 0 });
  t.true(most <= 500);
});

test('an import needs the scope', async (t) => {
  t.is((await t.context.fetch('/ops/v1/imports/mpans', { method: 'POST', body: 'x'.repeat(100_000) })).status, 401);
});

test('live and ready: names of checks for this machine; 503 only when down', async (t) => {
  t.deepEqual(await (await t.context.fetch('/health/live')).json(), { status: 'ok' });
  const ready = async (): Promise<[number, unknown]> => {
    const response = await t.context.fetch('/health/ready');
    return [response.status, await response.json()];
  };
  t.deepEqual(await ready(), [200, { status: 'ok', checks: { store: { status: 'ok', text: 'writable' } } }]);
  t.context.health = { status: 'degraded', checks: {} };
  t.is((await ready())[0], 200);
  t.context.health = { status: 'down', checks: {} };
  t.is((await ready())[0], 503);
});
