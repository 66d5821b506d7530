import test, { type ExecutionContext } from 'ava';
import type { Command } from '../../../actors/engine/index.ts';
import { MeterwrightError } from '../../../actors/errors/error.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { actionHandlers, GroupedRequestIds, Puller, Slots, StopSwitch } from '../../../actors/time-update/index.ts';
import { testPorts, toyWorld } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { Voices } from '../../support/voice.ts';
import { actionWorld, newAction } from './world.ts';

const EVENING = Date.parse('2026-01-13T20:00:00Z');
const rejecting = (): Promise<never> => Promise.reject(new MeterwrightError('store_failed', 'away'));

/** Nodes that share an engine and its store; commands and reads of each can be cut. */
function shared(count: number) {
  const world = toyWorld({ store: openMemoryStore(), handlers: actionHandlers });
  const commands: Command[] = [];
  const voices = new Voices();
  const cut = new Set<number>();
  const node = (index: number) => ({
    command: <T>(command: Command): Promise<T> => {
      commands.push(command);
      return cut.has(index) ? rejecting() : world.engine.command<T>(command);
    },
    store: { ...world.engine.store, get: (ids: Parameters<typeof world.store.get>[0]) => (cut.has(index) ? rejecting() : world.store.get(ids)) } as never,
  });
  return { world, commands, voices, cut, engines: Array.from({ length: count }, (_, index) => node(index)) };
}

test('request ids of one turn of the event loop take one command', async (t) => {
  const { world, commands, engines } = shared(1);
  const ids = new GroupedRequestIds(engines[0]!, testPorts(world.clock).ids, world.clock);
  const given = await Promise.all(Array.from({ length: 100 }, () => ids.next()));
  t.deepEqual(
    given,
    Array.from({ length: 100 }, (_, index) => index + 1),
  );
  t.is(commands.length, 1);
});

test('among many nodes an id is above all that were given before it was asked for', async (t) => {
  const { world, engines } = shared(3);
  const nodes = engines.map((engine) => new GroupedRequestIds(engine, testPorts(world.clock).ids, world.clock));
  let last = 0;
  const all = new Set<number>();
  for (let round = 0; round < 30; round++) {
    const given = await Promise.all(Array.from({ length: 20 }, (_, index) => nodes[(round + index) % 3]!.next()));
    t.true(Math.min(...given) > last);
    last = Math.max(...given);
    for (const id of given) all.add(id);
  }
  t.is(all.size, 600);
});

test('who cannot be given a request id hears why, and the next one is given', async (t) => {
  const { world, engines, cut } = shared(1);
  const ids = new GroupedRequestIds(engines[0]!, testPorts(world.clock).ids, world.clock);
  cut.add(0);
  const asked = await Promise.allSettled([ids.next(), ids.next()]);
  t.deepEqual(
    asked.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  cut.delete(0);
  t.is(await ids.next(), 1);
});

async function switches(t: ExecutionContext, count: number) {
  const all = shared(count);
  const { clock } = all.world;
  const log = testPorts(clock).log;
  const nodes = all.engines.map((engine, index) => new StopSwitch(engine, testPorts(clock).ids, { voice: all.voices.of(`n${index}`), clock, log }));
  for (const node of nodes) await node.load();
  t.teardown(() => {
    for (const node of nodes) node.stop();
  });
  return { ...all, clock, nodes: nodes as [StopSwitch, StopSwitch, ...StopSwitch[]] };
}

test('a stop switch that is set on one node holds on all at once, and lets go on all', async (t) => {
  const { nodes, clock } = await switches(t, 3);
  await nodes[0].set(true, 'me', 'a test');
  await clock.flush();
  t.deepEqual(
    nodes.map(({ on, gate, state }) => [on, gate.open, state.reason]),
    nodes.map(() => [true, false, 'a test']),
  );
  await nodes[1].set(false, 'you', 'over');
  await clock.flush(10);
  t.deepEqual(
    nodes.map(({ on, gate }) => [on, gate.open]),
    nodes.map(() => [false, true]),
  );
});

test('a stop switch whose word is lost holds within a second', async (t) => {
  const { nodes, clock, voices } = await switches(t, 2);
  voices.loses = () => true;
  await nodes[0].set(true, 'me', 'a test');
  await clock.advance(999);
  t.true(nodes[1].on);
});

test('no session begins while the switch cannot be looked at for a second, and then again', async (t) => {
  const { nodes, clock, cut } = await switches(t, 2);
  const opened: boolean[] = [];
  nodes[1].gate.onChange((open) => opened.push(open));
  await clock.advance(5_000);
  t.true(nodes[1].gate.open);
  cut.add(1);
  await clock.advance(1_500);
  t.false(nodes[1].gate.open);
  t.false(nodes[1].on, 'sessions that run go on');
  cut.delete(1);
  await clock.advance(1_000);
  t.true(nodes[1].gate.open);
  t.deepEqual(opened, [true]);
});

test('a word that comes late does not put a switch on that was let go since', async (t) => {
  const { nodes, clock, voices } = await switches(t, 2);
  voices.loses = () => true;
  const late = await nodes[0].set(true, 'me', 'a test');
  await clock.advance(1_000);
  await nodes[0].set(false, 'me', 'over');
  await clock.advance(1_000);
  const changes: boolean[] = [];
  nodes[1].gate.onChange((open) => changes.push(open));
  voices.loses = () => false;
  voices.of('stranger').tell('stop-switch', { ...late, at: late.at - 1 });
  await clock.flush(10);
  t.deepEqual(changes, []);
});

test('a switch that cannot be kept is let go as soon as the record can be read', async (t) => {
  const { nodes, clock, cut } = await switches(t, 2);
  cut.add(0);
  await t.throwsAsync(nodes[0].set(true, 'me', 'a test'), { message: 'away' });
  t.true(nodes[0].on, 'nobody knows what was kept');
  cut.delete(0);
  await clock.advance(1_000);
  t.false(nodes[0].on);
});

/** Two pullers on one engine, each with its own slots and some of the four shards. */
function pullers(world: ReturnType<typeof actionWorld>, owner: (shard: number) => number, leader: () => number = () => 0) {
  const released: number[][] = [[], []];
  const told: number[][] = [[], []];
  const nodes = [0, 1].map((index) => {
    const engine = {
      command: <T>(command: Command): Promise<T> => {
        const { requestId } = command.payload as { requestId: number };
        if (command.type === 'action.release') released[index]!.push(requestId);
        if (command.type === 'action.window-missed') told[index]!.push(requestId);
        return world.engine.command<T>(command);
      },
      store: world.engine.store,
    };
    const slots = new Slots({ clock: world.clock, limits: { tcp: 500 }, perSecond: 100_000, maxWaiting: 1_000, reservedMs: 30_000 });
    return new Puller({
      options: world.options,
      ports: testPorts(world.clock),
      engine,
      slots,
      stopSwitch: world.stopSwitch,
      classOf: world.classOf,
      serves: (shard) => owner(shard) === index,
      leads: () => leader() === index,
    });
  });
  return { released, told, nodes };
}

async function waiting(world: ReturnType<typeof actionWorld>, count: number): Promise<number[]> {
  const all = Array.from({ length: count }, (_, i) => world.actions.submit(newAction(`10.0.0.1:${i + 1}`, { immediate: false })));
  return Promise.all(all);
}

test('each node lets go the actions of its own shards, also when a page holds none of them', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), options: { windowSpreadMs: 0, pullPage: 2, sessions: 500 } });
  const ids = await waiting(world, 120);
  // The second node has one shard of four: most pages hold nothing for it.
  const { nodes, released } = pullers(world, (shard) => (shard === 3 ? 1 : 0));
  for (const node of nodes) node.start();
  await world.clock.advance(Date.parse('2026-01-14T00:31:00Z') - world.clock.now());
  await world.settle();
  const shards = new Map(await Promise.all(ids.map(async (id) => [id, (await world.doc(id))!.shard] as const)));
  t.true(released[1]!.length > 0);
  t.true(released[0]!.every((id) => shards.get(id) !== 3));
  t.true(released[1]!.every((id) => shards.get(id) === 3));
  t.deepEqual(
    [...released[0]!, ...released[1]!].sort((a, b) => a - b),
    ids,
  );
  for (const session of [...world.held]) session.end();
  for (const node of nodes) await node.stop();
  await world.stop();
});

test('one node tells the actions that missed their window; the next one does where it did not come to its end', async (t) => {
  const world = actionWorld({ clock: new FakeClock(EVENING), options: { missedPerSecond: 10 } });
  const ids = await waiting(world, 40);
  await world.clock.advance(Date.parse('2026-01-14T06:00:00Z') - world.clock.now());
  let leader = 0;
  const { nodes, told } = pullers(
    world,
    () => 0,
    () => leader,
  );
  for (const node of nodes) node.start();
  await world.clock.advance(1_500);
  t.true(told[0]!.length > 0 && told[0]!.length < ids.length);
  t.deepEqual(told[1], []);
  leader = 1;
  await world.clock.advance(180_000);
  t.deepEqual(
    [...new Set([...told[0]!, ...told[1]!])].sort((a, b) => a - b),
    ids,
  );
  t.true(told[0]!.length < ids.length);
  for (const id of ids) t.is(await world.state(id), 'waiting');
  for (const node of nodes) await node.stop();
  await world.stop();
});
