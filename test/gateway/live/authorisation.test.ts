import test from 'ava';
import type { LiveSocket } from '../../support/live/socket.ts';
import { type LiveWorld, liveWorld, seedAction, seedMpan, seedProcess } from '../../support/live/world.ts';

const SHARED = '1234567890123';
const THEIRS = '2234567890123';
const MINE = '0190e5a0-7c1e-7d9a-b5a0-000000000001';
const OTHERS = '0190e5a0-7c1e-7d9a-b5a0-000000000002';

/** A key of SUPX, one of SUPY, and tokens of two owners; the meter point SHARED is known to both suppliers. */
async function neighbours(t: Parameters<typeof liveWorld>[0]) {
  const world = await liveWorld(t);
  const { access } = world.world;
  const rate = { perSecond: 1e6, burst: 1e6 };
  const keyOf = async (mpid: string) => (await access.createKey({ mpids: [mpid], label: mpid, rate, by: 'test' })).key;
  const tokenOf = async (owner: string) => (await access.createToken({ scopes: ['mts'], owner, expiresAt: null, by: 'test' })).token;
  for (const [mpid, request] of [
    ['SUPX', MINE],
    ['SUPY', OTHERS],
  ] as const) {
    seedMpan(world.world, mpid, SHARED);
    seedProcess(world.world, request, mpid, SHARED);
  }
  seedMpan(world.world, 'SUPY', THEIRS);
  seedAction(world.world, 1, 'alpha', 'SERIAL');
  seedAction(world.world, 2, 'beta', 'SERIAL');
  return { ...world, keys: { x: await keyOf('SUPX'), y: await keyOf('SUPY') }, tokens: { a: await tokenOf('alpha'), b: await tokenOf('beta') } };
}

async function refusal(socket: LiveSocket, filter: object): Promise<string> {
  socket.subscribe('r', filter);
  const error = await socket.next('error');
  return `${error.sub} ${error.code} ${error.text}`;
}

test('a key is refused by name what is not of its MPIDs, known or not', async (t) => {
  const { keys, ready } = await neighbours(t);
  const socket = await ready({ key: keys.x });
  t.is(await refusal(socket, { mpid: 'SUPY' }), 'r filter_refused filter.mpid: must be of an MPID of this key');
  for (const mpan of [THEIRS, '9999999999999']) t.is(await refusal(socket, { mpan }), 'r filter_refused filter.mpan: must be of an MPID of this key');
  for (const requestId of [OTHERS, '0190e5a0-7c1e-7d9a-b5a0-00000000ffff', '1'])
    t.is(await refusal(socket, { requestId }), 'r filter_refused filter.requestId: must be of an MPID of this key');
});

test('a key is refused by name what only others may use', async (t) => {
  const { keys, ready } = await neighbours(t);
  const socket = await ready({ key: keys.x });
  for (const filter of [{ action: '1' }, { meter: 'SERIAL' }, { node: 'n1' }, { all: true }]) {
    const [name] = Object.keys(filter);
    t.is(await refusal(socket, filter), `r filter_refused filter.${name}: not for an API key, which may use mpid, mpan, requestId`);
  }
});

test('a token of the MTS API is refused by name what is not of its owner', async (t) => {
  const { tokens, ready } = await neighbours(t);
  const socket = await ready({ token: tokens.a });
  for (const action of ['2', '999']) t.is(await refusal(socket, { action }), 'r filter_refused filter.action: must be an action of the owner of this token');
  for (const filter of [{ mpid: 'SUPX' }, { mpan: SHARED }, { requestId: MINE }, { node: 'n1' }, { all: true }]) {
    const [name] = Object.keys(filter);
    t.is(await refusal(socket, filter), `r filter_refused filter.${name}: not for a token of the MTS API, which may use action, meter`);
  }
});

/** One of each kind of message, of a neighbour, every value of it planted. */
async function plant({ bus, publish }: Pick<LiveWorld, 'bus' | 'publish'>, mpid: string, owner: string, requestId: string, action: number): Promise<void> {
  const data = { mpid, mpan: SHARED, planted: `planted-${mpid}` };
  await publish({ actor: `appointment:${requestId}`, version: 20, what: 'accepted', data: { ...data, requestId } });
  await publish({ actor: `mpan:${mpid}:${SHARED}`, version: 20, domain: 'mpan', data });
  await publish({
    actor: `alert:x:mpan:${mpid}:${SHARED}`,
    version: 20,
    domain: 'alert',
    what: 'raised',
    path: mpid,
    data: { ...data, planted: 'planted-alert' },
  });
  await publish({ actor: 'node:n1', version: 20, domain: 'node', path: mpid, data: { ...data, node: 'n1', planted: 'planted-node' } });
  const meter = { requestId: action, owner, serialNumber: 'SERIAL', remoteAddress: 'tcp:10.0.0.1:4059', planted: `planted-${owner}` };
  await publish({ actor: `action:${action}`, version: 20, domain: 'meter-action', what: 'connected', data: meter });
  bus.connection?.publish(
    `mw.live.meter-action.${action}`,
    JSON.stringify({ requestId: action, stage: 'connecting', percent: 50, planted: `planted-${owner}` }),
  );
}

test('two keys, and two owners of tokens, never see each other in any kind of message', async (t) => {
  const world = await neighbours(t);
  const { keys, tokens, publish, bus, ready } = world;
  const sockets: LiveSocket[] = [];
  for (const key of [keys.x, keys.y]) {
    const socket = await ready({ key });
    // The same names and, where they may, the same filters: what could share a frame by mistake.
    socket.subscribe('1', { mpid: key === keys.x ? 'SUPX' : 'SUPY' });
    socket.subscribe('2', { mpan: SHARED });
    for (let left = 2; left > 0; left--) await socket.next('snapshot');
    sockets.push(socket);
  }
  for (const token of [tokens.a, tokens.b]) {
    const socket = await ready({ token });
    socket.subscribe('1', { meter: 'SERIAL' });
    await socket.next('snapshot');
    sockets.push(socket);
  }
  await bus.connection?.flush();
  await plant(world, 'SUPX', 'alpha', MINE, 1);
  await plant(world, 'SUPY', 'beta', OTHERS, 2);
  // Progress has no place in the order: it must be there before the last event is told.
  for (const socket of sockets.slice(2)) await socket.next('progress');
  for (const [mpid, owner, requestId] of [
    ['SUPX', 'alpha', 1],
    ['SUPY', 'beta', 2],
  ] as const) {
    await publish({ actor: `appointment:end-${mpid}`, version: 1, what: 'end', data: { mpid, mpan: SHARED } });
    await publish({ actor: `action:${requestId}`, version: 21, domain: 'meter-action', what: 'end', data: { requestId, owner, serialNumber: 'SERIAL' } });
  }
  for (const socket of sockets) await socket.next('event', ({ type, sub }) => type.includes('.end.') && sub === '1');
  const [x, y, a, b] = sockets.map((socket) => JSON.stringify(socket.frames));
  t.true(x?.includes('planted-SUPX') && y?.includes('planted-SUPY') && a?.includes('planted-alpha') && b?.includes('planted-beta'));
  const foreign = [
    [x, /SUPY|planted-(SUPY|alert|node|alpha|beta)|0{11}2|2234567890123|action:/],
    [y, /SUPX|planted-(SUPX|alert|node|alpha|beta)|0{11}1|action:/],
    [a, /beta|SUP[XY]|action:2|planted-(SUP|alert|node)/],
    [b, /alpha|SUP[XY]|action:1|planted-(SUP|alert|node)/],
  ] as const;
  for (const [text, pattern] of foreign) t.notRegex(text ?? '', pattern);
});

test('nobody sees a neighbour when what was missed is read from the stream', async (t) => {
  const world = await neighbours(t);
  await plant(world, 'SUPX', 'alpha', MINE, 1);
  await plant(world, 'SUPY', 'beta', OTHERS, 2);
  // A node that keeps nothing in memory: all of it comes from the stream.
  const node = await world.node({ live: { recentEvents: 1 } });
  const { key } = await node.world.access.createKey({ mpids: ['SUPX'], label: 'x', rate: { perSecond: 1e6, burst: 1e6 }, by: 'test' });
  seedMpan(node.world, 'SUPX', SHARED);
  const socket = await node.ready({ key });
  socket.subscribe('1', { mpid: 'SUPX' }, 0);
  socket.subscribe('2', { mpan: SHARED }, 0);
  await world.publish({ actor: 'appointment:end', version: 1, what: 'end', data: { mpid: 'SUPX', mpan: SHARED } });
  for (let left = 2; left > 0; left--) await socket.next('event', ({ type }) => type.includes('.end.'));
  t.deepEqual(
    socket
      .of('event')
      .map(({ sub, seq }) => `${sub} ${seq}`)
      .sort(),
    ['1 1', '1 10', '1 2', '2 1', '2 10', '2 2'],
  );
  t.notRegex(JSON.stringify(socket.frames), /SUPY|planted-(alert|node|alpha|beta)/);
});
