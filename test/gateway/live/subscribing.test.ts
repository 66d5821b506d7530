import test from 'ava';
import { liveWorld, seedAction, seedMpan, seedProcess } from '../../support/live/world.ts';

const MPAN = '1234567890123';
const R1 = '0190e5a0-7c1e-7d9a-b5a0-000000000001';
const R2 = '0190e5a0-7c1e-7d9a-b5a0-000000000002';

test('a subscription gets a snapshot of what is, then what happens, in order of sequence', async (t) => {
  const { world, publish, ready } = await liveWorld(t);
  const actor = seedProcess(world, R1, 'SUPX', MPAN, { version: 3 });
  const socket = await ready();
  socket.subscribe('mine', { mpid: 'SUPX' });
  const snapshot = await socket.next('snapshot');
  t.like(snapshot, {
    sub: 'mine',
    seq: 0,
    more: false,
    items: [{ actor, actorVersion: 3, state: 'submitted', data: { mpid: 'SUPX', mpan: MPAN, requestId: R1 } }],
  });
  await publish({ actor, version: 4, what: 'accepted', data: { mpid: 'SUPX', mpan: MPAN, requestId: R1, state: 'accepted' } });
  await publish({ actor, version: 5, what: 'active', data: { mpid: 'SUPX', mpan: MPAN, requestId: R1, state: 'active' } });
  t.like(await socket.next('event'), {
    sub: 'mine',
    seq: 1,
    actor,
    actorVersion: 4,
    n: 0,
    type: 'meterwright.appointment.accepted.v1',
    data: { state: 'accepted' },
  });
  t.like(await socket.next('event'), { sub: 'mine', seq: 2, actor, actorVersion: 5 });
});

test('an event that the snapshot has already is not told, even when the stream gets it later', async (t) => {
  const { world, publish, ready } = await liveWorld(t);
  const actor = seedProcess(world, R1, 'SUPX', MPAN, { version: 3 });
  const socket = await ready();
  socket.subscribe('mine', { requestId: R1 });
  await socket.next('snapshot');
  for (const version of [2, 3, 4]) await publish({ actor, version, data: { mpid: 'SUPX', requestId: R1 } });
  t.is((await socket.next('event')).actorVersion, 4);
});

test('each filter of a supplier hears of its own subject and of nothing else', async (t) => {
  const { world, publish, ready } = await liveWorld(t);
  seedMpan(world, 'SUPX', MPAN);
  seedProcess(world, R1, 'SUPX', MPAN);
  const socket = await ready();
  socket.subscribe('supplier', { mpid: 'SUPX' });
  socket.subscribe('point', { mpan: MPAN });
  socket.subscribe('request', { requestId: R1 });
  for (let left = 3; left > 0; left--) await socket.next('snapshot');
  await publish({ actor: `appointment:${R2}`, version: 1, data: { mpid: 'SUPX', mpan: '9999999999999', requestId: R2 } });
  await publish({ actor: `mpan:SUPX:${MPAN}`, version: 2, domain: 'mpan', data: { mpid: 'SUPX', mpan: MPAN } });
  await publish({ actor: `appointment:${R1}`, version: 2, what: 'last', data: { mpid: 'SUPX', mpan: MPAN, requestId: R1 } });
  for (let left = 3; left > 0; left--) await socket.next('event', ({ type }) => type.includes('last'));
  const heard = socket.of('event').map(({ sub, seq }) => `${sub} ${seq}`);
  t.deepEqual(heard.sort(), ['point 2', 'point 3', 'request 3', 'supplier 1', 'supplier 2', 'supplier 3']);
});

test('a token of the MTS API hears of the actions and meters of its owner', async (t) => {
  const { world, publish, ready } = await liveWorld(t);
  seedAction(world, 7, 'mts', 'E1');
  const { token } = await world.access.createToken({ scopes: ['mts'], owner: 'mts', expiresAt: null, by: 'test' });
  const socket = await ready({ token });
  socket.subscribe('action', { action: '7' });
  socket.subscribe('serial', { meter: 'E1' });
  socket.subscribe('address', { meter: 'tcp:10.0.0.1:4059' });
  for (let left = 3; left > 0; left--) t.is((await socket.next('snapshot')).items[0].actor, 'action:7');
  const data = { requestId: 7, owner: 'mts', serialNumber: 'E1', remoteAddress: 'tcp:10.0.0.1:4059' };
  await publish({ actor: 'action:7', version: 2, domain: 'meter-action', what: 'connected', data });
  for (let left = 3; left > 0; left--) await socket.next('event');
  t.deepEqual(
    socket
      .of('event')
      .map(({ sub }) => sub)
      .sort(),
    ['action', 'address', 'serial'],
  );
});

test('an operator hears of everything, and of a node by name', async (t) => {
  const { world, publish, ready } = await liveWorld(t);
  seedProcess(world, R1, 'SUPX', MPAN);
  const socket = await ready({ token: world.token });
  socket.subscribe('all', { all: true });
  socket.subscribe('node', { node: 'n1' });
  t.is((await socket.next('snapshot', ({ sub }) => sub === 'node')).items.length, 0);
  await publish({ actor: 'node:n1', version: 1, domain: 'node', what: 'joined', data: { node: 'n1' } });
  await publish({ actor: 'alert:disk:x', version: 1, domain: 'alert', what: 'raised', path: 'disk', data: { code: 'disk' } });
  await socket.next('event', ({ seq }) => seq === 2);
  t.deepEqual(
    socket
      .of('event')
      .map(({ sub, seq }) => `${sub} ${seq}`)
      .sort(),
    ['all 1', 'all 2', 'node 1'],
  );
});

test('progress of a running session is told without a sequence', async (t) => {
  const { world, bus, ready } = await liveWorld(t);
  seedAction(world, 7, 'mts', 'E1');
  const { token } = await world.access.createToken({ scopes: ['mts'], owner: 'mts', expiresAt: null, by: 'test' });
  const socket = await ready({ token });
  socket.subscribe('meter', { meter: 'E1' });
  await socket.next('snapshot');
  await bus.connection?.flush();
  bus.connection?.publish('mw.live.meter-action.7', JSON.stringify({ requestId: 7, stage: 'connecting', percent: 20 }));
  const progress = await socket.next('progress');
  t.like(progress, { sub: 'meter', actor: 'action:7', percent: 20, stage: 'connecting' });
  t.false('seq' in progress);
});

test('a subscription that was given up is heard of no more', async (t) => {
  const { world, publish, ready } = await liveWorld(t);
  seedProcess(world, R1, 'SUPX', MPAN);
  const socket = await ready();
  socket.subscribe('one', { mpid: 'SUPX' });
  socket.subscribe('two', { mpid: 'SUPX' });
  for (let left = 2; left > 0; left--) await socket.next('snapshot');
  socket.send({ kind: 'unsubscribe', sub: 'one' });
  socket.send({ kind: 'ping' });
  await socket.next('pong');
  await publish({ actor: `appointment:${R2}`, version: 1, data: { mpid: 'SUPX' } });
  await socket.next('event');
  socket.send({ kind: 'ping' });
  await socket.next('pong');
  t.deepEqual(
    socket.of('event').map(({ sub }) => sub),
    ['two'],
  );
});

test('a snapshot of more actors than its bound has counts and those that changed last', async (t) => {
  const { world, ready } = await liveWorld(t, { live: { maxSnapshotItems: 150 } });
  for (let n = 0; n < 400; n++)
    seedProcess(world, `0190e5a0-7c1e-7d9a-b5a0-${String(n).padStart(12, '0')}`, 'SUPX', MPAN, { changedAt: world.clock.now() + n });
  const socket = await ready();
  socket.subscribe('all', { mpid: 'SUPX' });
  const [first, second] = [await socket.next('snapshot'), await socket.next('snapshot')];
  t.deepEqual([first.items.length, first.more, second.items.length, second.more], [100, true, 50, false]);
  t.deepEqual(first.counts, { 'appointment.Pending': 400, 'appointment.Success': 0, 'appointment.Failed': 0 });
  t.is(first.items[0].data.requestId, '0190e5a0-7c1e-7d9a-b5a0-000000000399');
});
