import test from 'ava';
import type { LiveSocket } from '../../support/live/socket.ts';
import { type LiveNode, liveWorld } from '../../support/live/world.ts';

const PAD = 'x'.repeat(4_000);
const SLOW = { slowBytes: 16_384, maxHeldBytes: 1_048_576 } as const;

/** Tells of `actors` actors, `rounds` times, until the socket's reader counts as slow. */
async function flood(world: LiveNode, actors: number, rounds: number, from = 1): Promise<number> {
  let version = from;
  for (let round = 0; round < rounds; round++, version++)
    await Promise.all(Array.from({ length: actors }, (_, n) => world.publish({ actor: `appointment:a${n}`, version, data: { mpid: 'SUPX', pad: PAD } })));
  return version;
}

/** Floods until the system's buffers are full, too, and the gateway holds back. */
async function floodUntilSlow(world: LiveNode, actors: number): Promise<number> {
  let version = 1;
  while ((world.world.gateway.live?.slow ?? 0) === 0) version = await flood(world, actors, 20, version);
  return version;
}

async function follow(socket: LiveSocket): Promise<void> {
  socket.subscribe('a', { mpid: 'SUPX' });
  await socket.next('snapshot');
}

test('a slow reader loses states in between and never the last, and the others lose nothing', async (t) => {
  const world = await liveWorld(t, { live: SLOW });
  const [slow, fast] = [await world.ready(), await world.ready()];
  for (const socket of [slow, fast]) await follow(socket);
  slow.ws.pause();
  const version = await floodUntilSlow(world, 10);
  const last = (await flood(world, 10, 20, version)) - 1;
  for (let n = 0; n < 10; n++)
    await fast.next('event', ({ actor, actorVersion }) => actor === `appointment:a${n}` && actorVersion === last).catch(() => undefined);
  t.is(fast.of('event').length, 10 * last);
  slow.ws.resume();
  const seen = new Map<string, number>();
  while (seen.size < 10 || [...seen.values()].some((known) => known < last)) {
    const event = await slow.next('event');
    t.true(event.actorVersion > (seen.get(event.actor) ?? 0), 'no state twice, none out of order');
    seen.set(event.actor, event.actorVersion);
  }
  t.true(slow.of('event').length < 10 * last);
  t.is(slow.of('gap').length, 0);
  const seqs = slow.of('event').map(({ seq }) => seq);
  t.deepEqual(
    seqs,
    [...seqs].sort((a, b) => a - b),
  );
  // It is quick again: it hears what happens like everybody.
  await world.publish({ actor: 'appointment:a0', version: last + 1, data: { mpid: 'SUPX' } });
  t.is((await slow.next('event')).actorVersion, last + 1);
  t.is(world.world.gateway.live?.slow, 0);
});

test('more subjects than may be held are a gap by overflow and a fresh snapshot; a second time closes with 4008', async (t) => {
  const world = await liveWorld(t, { live: { ...SLOW, maxHeldSubjects: 20 } });
  const socket = await world.ready();
  await follow(socket);
  socket.ws.pause();
  const version = await floodUntilSlow(world, 10);
  await flood(world, 30, 1, version);
  socket.ws.resume();
  const gap = await socket.next('gap');
  t.like(gap, { sub: 'a', reason: 'overflow' });
  const before = socket.of('event').at(-1)?.seq;
  t.is(gap.from, before + 1);
  const snapshot = await socket.next('snapshot');
  t.is(snapshot.seq, gap.to);
  await world.publish({ actor: 'appointment:b', version: 1, data: { mpid: 'SUPX' } });
  t.is((await socket.next('event')).actor, 'appointment:b');
  socket.ws.pause();
  const again = await floodUntilSlow(world, 10);
  await flood(world, 30, 1, version + again);
  socket.ws.resume();
  t.is((await socket.closed).code, 4008);
});

test('more bytes than may be held are an overflow, too', async (t) => {
  const world = await liveWorld(t, { live: { ...SLOW, maxHeldBytes: 262_144, maxHeldSubjects: 100_000 } });
  const socket = await world.ready();
  await follow(socket);
  socket.ws.pause();
  const version = await floodUntilSlow(world, 10);
  await flood(world, 100, 1, version);
  socket.ws.resume();
  t.is((await socket.next('gap')).reason, 'overflow');
});

test('what is held counts over all subscriptions of a socket', async (t) => {
  const world = await liveWorld(t, { live: { ...SLOW, maxHeldSubjects: 30 } });
  const socket = await world.ready();
  await follow(socket);
  socket.subscribe('b', { mpid: 'SUPX' });
  await socket.next('snapshot');
  socket.ws.pause();
  const version = await floodUntilSlow(world, 10);
  await flood(world, 20, 1, version);
  const all = world.world.gateway.live?.events ?? 0;
  t.true(all > 0);
  // Looked at once a second: by then each of the two is told.
  await new Promise<void>((resolve) => world.world.clock.after(1_500, resolve));
  socket.ws.resume();
  t.is((await socket.next('gap')).reason, 'overflow');
});

test('a reader that never reads what it missed holds up nobody else who reads it', async (t) => {
  const world = await liveWorld(t, { live: { ...SLOW, recentEvents: 1, catchUpsAtOnce: 1 } });
  await flood(world, 10, 200);
  const [stuck, other] = [await world.ready(), await world.ready()];
  stuck.ws.pause();
  stuck.subscribe('a', { mpid: 'SUPX' }, 0);
  other.subscribe('a', { mpid: 'SUPX' }, 0);
  for (let left = 2_000; left > 0; left--) await other.next('event');
  t.is(new Set(other.of('event').map(({ seq }) => seq)).size, 2_000);
  stuck.ws.resume();
  for (let left = 2_000; left > 0; left--) await stuck.next('event');
  t.is(new Set(stuck.of('event').map(({ seq }) => seq)).size, 2_000);
});
