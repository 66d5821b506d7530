import test from 'ava';
import { failed, NOON, reading } from '../../actors/time-update/world.ts';
import { line, type MtsWorld, SAMPLE, startMtsWorld } from '../../support/gateway/mts-world.ts';

let world: MtsWorld;

test.beforeEach(async () => {
  world = await startMtsWorld();
});
test.afterEach.always(() => world.close());

const METER = { meterType: 'ELSTERA1700', remoteAddress: '10.0.0.1:4059', password: 'AAAA0000' };

test.serial('an operator reads a clock: the action is made, reads only, and nobody is shown the password', async (t) => {
  const made = await world.ops('POST', '/meter-actions', { ...METER, task: 'read-clock', immediate: true });
  t.is(made.status, 201);
  await world.settle();
  const session = world.session(made.json.requestId);
  t.is(session.order.task, 'read-clock');
  session.end({ before: reading(-7), serialNumber: '12345678' });
  await world.settle();
  const shown = await world.ops('GET', `/meter-actions/${made.json.requestId}`);
  t.like(shown.json, { action: 'ReadClock', result: 'SUCCESS', meterTimeOffset: '-7s', state: 'done', owner: 'operator', task: 'read-clock', attempt: 1 });
  t.false('password' in shown.json);
});

test.serial('a read is allowed where no update is; a type without a protocol has neither', async (t) => {
  const ask = (meterType: string, task: string) => world.ops('POST', '/meter-actions', { meterType, remoteAddress: '07777000001', task, password: 'AAAA0000' });
  t.is((await ask('CEWEPRO', 'read-clock')).status, 201);
  t.like((await ask('CEWEPRO', 'time-update')).json, { status: 422, detail: 'Time update is not supported for meter type CEWEPRO' });
  t.like((await ask('PREMIERPRI', 'read-clock')).json, { status: 422, detail: 'Reading the clock is not supported for meter type PREMIERPRI' });
});

test.serial('422 names the member: unknown, ill-typed, out of its rule', async (t) => {
  for (const body of [
    { ...METER, imediate: true },
    { ...METER, trace: 'yes' },
    { ...METER, task: 'verify' },
    { ...METER, serialNumber: 5 },
  ])
    t.is((await world.ops('POST', '/meter-actions', body)).status, 422);
});

test.serial('an operator sees, lists and cancels the actions of every owner', async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  t.like((await world.ops('GET', `/meter-actions/${requestId}`)).json, { requestId, owner: 'mts', state: 'waiting' });
  t.deepEqual(
    (await world.ops('GET', '/meter-actions?state=waiting')).json.items.map((item: { requestId: number }) => item.requestId),
    [requestId],
  );
  t.deepEqual((await world.ops('GET', '/meter-actions?state=done')).json.items, []);
  t.is((await world.ops('POST', `/meter-actions/${requestId}/cancel`)).status, 200);
  t.is((await world.ops('GET', '/meter-actions')).json.items[0].result, 'ERROR: cancelled');
});

test.serial('404: no such action; 422: no such state', async (t) => {
  for (const id of ['9', '0', 'x', '1e3']) t.is((await world.ops('GET', `/meter-actions/${id}`)).status, 404, id);
  t.is((await world.ops('GET', '/meter-actions?state=asleep')).status, 422);
});

test.serial('the general routes know actions too: by id, by number, and their cancel', async (t) => {
  const { requestId } = (await world.post(SAMPLE)).json;
  t.like((await world.ops('GET', `/actors/action:${requestId}`)).json, { actor: `action:${requestId}`, kind: 'action', state: 'waiting' });
  t.like((await world.ops('GET', `/actors/${requestId}`)).json, { actor: `action:${requestId}` });
  t.is((await world.ops('POST', `/actors/${requestId}/cancel`, { reason: 'no longer wanted' })).status, 200);
  t.is((await world.status(requestId)).json.result, 'ERROR: cancelled');
});

test.serial('sessions that run now: action, meter, stage, since, octets', async (t) => {
  const { requestId } = (await world.post({ ...SAMPLE, remoteAddress: '10.0.0.2:4059', immediate: true })).json;
  await world.settle();
  const { json } = await world.ops('GET', '/sessions');
  t.is(json.items.length, 1);
  t.like(json.items[0], { requestId, meterType: 'ELSTERA1700', remoteAddress: '10.0.0.2:4059', stage: 'open', octetsIn: 0, octetsOut: 0 });
  t.is(json.counts.running, 1);
  t.is((await world.ops('GET', '/sessions?limit=0')).status, 422);
});

test.serial('modem lines as they are', async (t) => {
  t.deepEqual((await world.ops('GET', '/lines')).json, { items: [line] });
});

test.serial('the stop switch holds what is queued until it is off again', async (t) => {
  t.like((await world.ops('GET', '/meter-actions-stop')).json, { on: false });
  t.like((await world.ops('POST', '/meter-actions-stop', { on: true, reason: 'clock of the host' })).json, {
    on: true,
    by: 'operator',
    reason: 'clock of the host',
  });
  const { requestId } = (await world.post({ ...SAMPLE, remoteAddress: '10.0.0.3:4059', immediate: true })).json;
  await world.settle();
  t.is(world.held.length, 0);
  t.is((await world.ops('POST', '/meter-actions-stop', { on: false, reason: 'put right' })).status, 200);
  await world.settle();
  t.is(world.session(requestId).order.requestId, requestId);
  t.is((await world.ops('POST', '/meter-actions-stop', { on: true })).status, 422);
});

test.serial('reading needs ops:read, doing needs ops:write', async (t) => {
  const { token } = await world.tokenOf(['ops:read'], 'reader');
  for (const path of ['/sessions', '/lines', '/meter-actions', '/meter-actions-stop', '/meter-actions-report', '/meter-actions-pending?state=waiting'])
    t.is((await world.call('GET', `/ops/v1${path}`, { token })).status, 200, path);
  for (const path of ['/meter-actions', '/meter-actions/1/cancel', '/meter-actions-stop'])
    t.is((await world.call('POST', `/ops/v1${path}`, { token, body: {} })).status, 403, path);
  t.is((await world.call('GET', '/ops/v1/sessions')).status, 403);
});

test.serial('the traces that were asked for are kept with the action', async (t) => {
  const { requestId } = (await world.ops('POST', '/meter-actions', { ...METER, immediate: true, trace: true })).json;
  await world.settle();
  t.true(world.session(requestId).order.trace);
  const payload = { requestId, attempt: 1, text: '> 2f 3f 21' };
  await world.engine.command({ key: 'tcp:10.0.0.1:4059', type: 'action.trace', payload, origin: 'caller', id: 'x' });
  t.like((await world.ops('GET', `/meter-actions/${requestId}`)).json.traces[0], { attempt: 1, text: '> 2f 3f 21' });
});

test.serial('the report of a night counts overnight actions by type, result and where they failed', async (t) => {
  const night = NOON + 13 * 3_600_000;
  const own = await startMtsWorld({ at: night });
  t.teardown(() => own.close());
  const overnight = async (meterType: string, port: number) => {
    const { requestId } = (await own.ops('POST', '/meter-actions', { meterType, remoteAddress: `10.0.0.9:${port}`, password: 'AAAA0000' })).json;
    await own.engine.command({ key: `tcp:10.0.0.9:${port}`, type: 'action.release', payload: { requestId }, origin: 'caller', id: `r${port}` });
    await own.settle();
    return own.session(requestId);
  };
  for (const port of [1, 2]) {
    const session = await overnight('ELSTERA1700', port);
    await session.watcher.intend(reading(30));
    session.end({ wrote: true, before: reading(30), after: reading(0) });
  }
  (await overnight('ELSTERA1140', 3)).end(failed('login', 'password refused'));
  const { requestId } = (await own.post({ ...SAMPLE, remoteAddress: '10.0.0.9:4', immediate: true })).json;
  await own.settle();
  own.session(requestId).end();
  await own.settle();
  const rows = async (query = '') => (await own.ops('GET', `/meter-actions-report${query}`)).json.rows;
  t.deepEqual(await rows(), [
    { meterType: 'ELSTERA1700', result: 'SUCCESS', why: '', count: 2, set: 2, example: '' },
    { meterType: 'ELSTERA1140', result: 'ERROR', why: 'open: login', count: 1, set: 0, example: 'password refused' },
  ]);
  t.deepEqual(await rows(`?to=${night}`), []);
  t.is((await rows(`?from=${night}&to=${night + 1}&immediate=true`)).length, 2);
  t.is((await own.ops('GET', '/meter-actions-report?from=yesterday')).status, 422);
});

test.serial('what has not ended is counted by type and way, and so is what missed a window', async (t) => {
  const own = await startMtsWorld({ at: NOON + 13 * 3_600_000 });
  t.teardown(() => own.close());
  const orders = [
    ['ELSTERA1700', '10.0.0.9:1'],
    ['ELSTERA1700', '10.0.0.9:2'],
    ['ELSTERA1700', '07700900001'],
    ['ELSTERA1140', 'PAKNET:23530001'],
  ] as const;
  const ids: number[] = [];
  for (const [meterType, remoteAddress] of orders)
    ids.push((await own.ops('POST', '/meter-actions', { meterType, remoteAddress, password: 'AAAA0000' })).json.requestId);
  await own.post({ ...SAMPLE, remoteAddress: '10.0.0.9:4', immediate: true });
  const tell = (type: string, port: number, more: object): Promise<unknown> =>
    own.engine.command({ key: `tcp:10.0.0.9:${port}`, type, payload: { requestId: ids[port - 1], ...more }, origin: 'caller', id: `${type} ${port}` });
  await tell('action.window-missed', 1, { window: '2026-01-14' });
  await tell('action.release', 2, {});
  await own.settle();
  const pending = async (query: string) => (await own.ops('GET', `/meter-actions-pending?${query}`)).json.rows;
  t.deepEqual(await pending('state=waiting'), [
    { meterType: 'ELSTERA1700', way: 'TCP', count: 1, missed: 1 },
    { meterType: 'ELSTERA1700', way: 'telephone', count: 1, missed: 0 },
    { meterType: 'ELSTERA1140', way: 'PAKNET', count: 1, missed: 0 },
  ]);
  t.deepEqual(await pending('state=running'), [{ meterType: 'ELSTERA1700', way: 'TCP', count: 1, missed: 0 }]);
  t.deepEqual(await pending('state=running&immediate=true'), [{ meterType: 'ELSTERA1700', way: 'TCP', count: 2, missed: 0 }]);
  for (const query of ['', 'state=done', 'state=waiting&from=1']) t.is((await own.ops('GET', `/meter-actions-pending?${query}`)).status, 422, query);
});

test.serial('an action that never had a session says in the report why', async (t) => {
  const own = await startMtsWorld({ at: NOON });
  t.teardown(() => own.close());
  const { requestId } = (await own.ops('POST', '/meter-actions', { ...METER, remoteAddress: '10.0.0.9:1' })).json;
  for (const window of ['2026-01-12', '2026-01-13', '2026-01-14'])
    await own.engine.command({ key: 'tcp:10.0.0.9:1', type: 'action.window-missed', payload: { requestId, window }, origin: 'caller', id: window });
  const [row] = (await own.ops('GET', '/meter-actions-report')).json.rows;
  t.like(row, { result: 'ERROR', why: 'windows missed', count: 1, set: 0, example: 'it could not be started in 3 overnight windows' });
});
