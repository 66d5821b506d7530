import { jetstreamManager } from '@nats-io/jetstream';
import test from 'ava';
import { connected, type LiveNode, liveWorld, seedProcess } from '../../support/live/world.ts';

const MPAN = '1234567890123';
const R1 = '0190e5a0-7c1e-7d9a-b5a0-000000000001';

/** Versions 1 to `to` of one process. */
async function tell({ publish }: Pick<LiveNode, 'publish'>, from: number, to: number, mpid = 'SUPX', actor = `appointment:${R1}`): Promise<void> {
  for (let version = from; version <= to; version++) await publish({ actor, version, data: { mpid, requestId: R1 } });
}

async function purge({ bus }: Pick<LiveNode, 'bus'>, keepFrom: number): Promise<void> {
  if (!bus.connection) throw new Error('away');
  await (await jetstreamManager(bus.connection)).streams.purge('MW_EVENTS', { seq: keepFrom });
}

test('with `after` what was missed follows, without a snapshot, and then what happens', async (t) => {
  const world = await liveWorld(t);
  await tell(world, 1, 5);
  const socket = await world.ready();
  socket.subscribe('a', { mpid: 'SUPX' }, 2);
  t.is((await socket.next('event')).seq, 3);
  await tell(world, 6, 7);
  await socket.next('event', ({ seq }) => seq === 7);
  t.deepEqual(
    socket.of('event').map(({ seq, actorVersion }) => [seq, actorVersion]),
    [3, 4, 5, 6, 7].map((n) => [n, n]),
  );
  t.deepEqual([socket.of('snapshot').length, socket.of('gap').length], [0, 0]);
});

test('what is older than the memory of the node comes from the stream, in order and once', async (t) => {
  const world = await liveWorld(t, { live: { recentEvents: 3 } });
  for (let version = 1; version <= 100; version++) {
    await tell(world, version, version);
    await tell(world, version, version, 'SUPY', 'appointment:other');
  }
  const socket = await world.ready();
  socket.subscribe('a', { mpid: 'SUPX' }, 0);
  await socket.next('event', ({ actorVersion }) => actorVersion === 100);
  t.deepEqual(
    socket.of('event').map(({ actorVersion }) => actorVersion),
    Array.from({ length: 100 }, (_, at) => at + 1),
  );
});

test('what the stream holds no more is said to be a gap, what it holds follows, and then a fresh snapshot', async (t) => {
  const world = await liveWorld(t);
  await tell(world, 1, 10);
  await purge(world, 6);
  const actor = seedProcess(world.world, R1, 'SUPX', MPAN, { version: 10 });
  const socket = await world.ready();
  socket.subscribe('a', { mpid: 'SUPX' }, 2);
  t.deepEqual(await socket.next(), { kind: 'gap', sub: 'a', from: 3, to: 5, reason: 'retention' });
  for (let seq = 6; seq <= 10; seq++) t.is((await socket.next()).seq, seq);
  t.like(await socket.next(), { kind: 'snapshot', seq: 10, items: [{ actor, actorVersion: 10 }], more: false });
  await tell(world, 11, 11);
  t.is((await socket.next()).seq, 11);
});

test('a sequence that the stream never had is of another stream: a gap and a fresh snapshot', async (t) => {
  const world = await liveWorld(t);
  await tell(world, 1, 2);
  const socket = await world.ready();
  socket.subscribe('a', { mpid: 'SUPX' }, 5_000);
  t.deepEqual(await socket.next(), { kind: 'gap', sub: 'a', from: 0, to: 2, reason: 'retention' });
  t.like(await socket.next(), { kind: 'snapshot', seq: 2 });
});

test('an event that is announced again, long after, is told once: live, from memory and from the stream', async (t) => {
  const world = await liveWorld(t, { nats: { stream: { maxAgeDays: 7, maxBytes: 10_485_760, duplicateWindowMs: 100, replicas: 1 } } });
  const live = await world.ready();
  live.subscribe('a', { mpid: 'SUPX' });
  await live.next('snapshot');
  await tell(world, 1, 3);
  await live.next('event', ({ seq }) => seq === 3);
  // Beyond the duplicate window the stream takes the same ids again.
  await outlive(world, 3);
  await tell(world, 2, 4);
  await live.next('event', ({ actorVersion }) => actorVersion === 4);
  t.deepEqual(
    live.of('event').map(({ actorVersion }) => actorVersion),
    [1, 2, 3, 4],
  );
  const again = await world.ready();
  again.subscribe('a', { mpid: 'SUPX' }, 0);
  await again.next('event', ({ actorVersion }) => actorVersion === 4);
  t.deepEqual(
    again.of('event').map(({ actorVersion }) => actorVersion),
    [1, 2, 3, 4],
  );
  const node = await world.node({ live: { recentEvents: 1 } });
  const elsewhere = await node.ready();
  elsewhere.subscribe('a', { mpid: 'SUPX' }, 0);
  await elsewhere.next('event', ({ actorVersion }) => actorVersion === 4);
  t.deepEqual(
    elsewhere.of('event').map(({ actorVersion }) => actorVersion),
    [1, 2, 3, 4],
  );
});

/** Resolves once the stream no longer knows the id of that version: it was stored again. */
async function outlive({ bus, publish }: Pick<LiveNode, 'bus' | 'publish'>, version: number): Promise<void> {
  if (!bus.connection) throw new Error('away');
  const manager = await jetstreamManager(bus.connection);
  const last = async (): Promise<number> => (await manager.streams.info('MW_EVENTS')).state.last_seq;
  const before = await last();
  while ((await last()) === before) await publish({ actor: `appointment:${R1}`, version, data: { mpid: 'SUPX', requestId: R1 } });
}

test('any node of a cluster tells the same, and takes over where another left off', async (t) => {
  const world = await liveWorld(t);
  const other = await world.node();
  const [here, there] = [await world.ready(), await other.ready()];
  for (const socket of [here, there]) {
    socket.subscribe('a', { mpid: 'SUPX' });
    await socket.next('snapshot');
  }
  await tell(world, 1, 3);
  for (const socket of [here, there]) await socket.next('event', ({ seq }) => seq === 3);
  t.deepEqual(here.of('event'), there.of('event'));
  await world.close();
  t.is((await here.closed).code, 1001);
  await tell(other, 4, 6);
  const moved = await other.ready();
  moved.subscribe('a', { mpid: 'SUPX' }, 3);
  await moved.next('event', ({ seq }) => seq === 6);
  t.deepEqual(
    moved.of('event').map(({ seq }) => seq),
    [4, 5, 6],
  );
});

test('while NATS is away sockets stay, and go on from their sequence when it is back', async (t) => {
  const world = await liveWorld(t);
  const socket = await world.ready();
  socket.subscribe('a', { mpid: 'SUPX' });
  await socket.next('snapshot');
  await tell(world, 1, 2);
  await socket.next('event', ({ seq }) => seq === 2);
  const away = new Promise<void>((resolve) => {
    world.bus.onChange((isConnected) => !isConnected && resolve());
  });
  await world.nats.kill();
  await away;
  socket.subscribe('late', { mpid: 'SUPX' });
  t.like(await socket.next('error'), { sub: 'late', code: 'events_away' });
  socket.send({ kind: 'ping' });
  await socket.next('pong');
  await world.nats.restart();
  await connected(world.bus);
  await tell(world, 3, 4);
  await socket.next('event', ({ sub, seq }) => sub === 'a' && seq === 4);
  t.deepEqual(
    socket
      .of('event')
      .filter(({ sub }) => sub === 'a')
      .map(({ seq }) => seq),
    [1, 2, 3, 4],
  );
  t.is(socket.of('gap').length, 0);
});

test('a stream that was begun anew is a gap and a fresh snapshot for whoever listens', async (t) => {
  const world = await liveWorld(t);
  const socket = await world.ready();
  socket.subscribe('a', { mpid: 'SUPX' });
  await socket.next('snapshot');
  await tell(world, 1, 3);
  await socket.next('event', ({ seq }) => seq === 3);
  if (!world.bus.connection) throw new Error('away');
  await (await jetstreamManager(world.bus.connection)).streams.delete('MW_EVENTS');
  // The next publication finds that the stream is gone; the bus makes another.
  await t.throwsAsync(tell(world, 4, 4));
  await connected(world.bus);
  await tell(world, 4, 4);
  t.is((await socket.next('gap')).reason, 'retention');
  t.is((await socket.next('snapshot')).sub, 'a');
  await tell(world, 5, 5);
  await socket.next('event', ({ actorVersion }) => actorVersion === 5);
  t.pass();
});

test('nothing is lost or told twice between the snapshot and the first change, however they fall', async (t) => {
  const world = await liveWorld(t);
  const actor = seedProcess(world.world, R1, 'SUPX', MPAN, { version: 0 });
  const sockets = await Promise.all(Array.from({ length: 20 }, () => world.ready()));
  const TOTAL = 200;
  const telling = (async () => {
    for (let version = 1; version <= TOTAL; version++) {
      // As the engine does: committed first, then announced.
      seedProcess(world.world, R1, 'SUPX', MPAN, { version });
      await world.publish({ actor, version, data: { mpid: 'SUPX', requestId: R1 } });
      if (version % 10 === 0) sockets[version / 10 - 1]?.subscribe('a', { mpid: 'SUPX' });
    }
  })();
  await telling;
  for (const socket of sockets) {
    const { items } = await socket.next('snapshot');
    const from = items[0].actorVersion;
    // The last may have been in the snapshot.
    await world.publish({ actor: 'appointment:end', version: 1 + sockets.indexOf(socket), what: 'end', data: { mpid: 'SUPX' } });
    await socket.next('event', ({ type }) => type.includes('.end.'));
    const versions = socket
      .of('event')
      .filter((event) => event.actor === actor)
      .map(({ actorVersion }) => actorVersion);
    t.deepEqual(
      versions,
      Array.from({ length: TOTAL - from }, (_, at) => from + 1 + at),
    );
  }
});
