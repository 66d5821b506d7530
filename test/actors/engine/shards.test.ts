import test from 'ava';
import type { Leases } from '../../../actors/engine/index.ts';
import { NotOwnerError } from '../../../actors/errors/error.ts';
import { openMemoryStore } from '../../../actors/store/memory/memory-store.ts';
import { START, TestChannel, type ToyWorldOptions, toyWorld } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { toyContext } from '../../support/toy.ts';

/** Leases that the test gives and takes. */
class TestLeases implements Leases {
  readonly epochs = new Map<number, number>();
  readonly over: (readonly [shard: number, epoch: number])[] = [];

  epochOf(shard: number): number | undefined {
    return this.epochs.get(shard);
  }

  overtaken(shard: number, storedEpoch: number): void {
    this.over.push([shard, storedEpoch]);
  }
}

const ALL = [0, 1, 2, 3];

function nodeWorld(given: ToyWorldOptions, epoch = 1) {
  const leases = new TestLeases();
  const world = toyWorld({ ...given, leases });
  const open = (...shards: number[]): void => {
    for (const shard of shards) {
      leases.epochs.set(shard, epoch);
      world.engine.openShard(shard);
    }
  };
  return { ...world, leases, open };
}

const never = new AbortController().signal;

/** All shards open, and one effect of `a` under way until the gate opens. */
async function sending() {
  const gate = Promise.withResolvers<void>();
  const out = new TestChannel('out', 'none', async (effect) => {
    await gate.promise;
    return { kind: 'done', event: { type: 'sent', name: effect.name } };
  });
  const world = nodeWorld({ store: openMemoryStore(), out });
  world.open(...ALL);
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  return { world, gate, shard: world.engine.shardOf('a') };
}

test('a shard that is not ours is refused as not owned, and served once it is opened', async (t) => {
  const world = nodeWorld({ store: openMemoryStore() });
  const shard = world.engine.shardOf('a');
  const error = await t.throwsAsync(world.create('a'), { instanceOf: NotOwnerError });
  t.is(error?.code, 'not_owner');
  world.open(shard);
  await world.create('a');
  t.is((await world.doc('a'))?.epoch, 1);
});

test('a lease that ended by our own clock refuses commands that had begun, and nothing is written', async (t) => {
  const world = nodeWorld({ store: openMemoryStore() });
  world.open(...ALL);
  await world.create('a');
  const adding = world.apply('a', { type: 'add', amount: 1 });
  world.leases.epochs.clear();
  await t.throwsAsync(adding, { code: 'not_owner' });
  t.is(toyContext(await world.doc('a')).total, 0);
});

test('a document that a higher epoch wrote is not written under a lower one, and the holder of leases is told', async (t) => {
  const store = openMemoryStore();
  const old = nodeWorld({ store }, 3);
  const young = nodeWorld({ store }, 4);
  old.open(...ALL);
  await old.create('a');
  young.open(...ALL);
  await young.apply('a', { type: 'add', amount: 1 });
  await t.throwsAsync(old.apply('a', { type: 'add', amount: 10 }), { instanceOf: NotOwnerError });
  t.deepEqual(old.leases.over, [[old.engine.shardOf('a'), 4]]);
  t.is(toyContext(await young.doc('a')).total, 1);
});

test('the next owner does what the former left undone, and does not believe what it remembers from before', async (t) => {
  const store = openMemoryStore();
  const first = nodeWorld({ store, out: new TestChannel('out', 'none', () => ({ kind: 'retry', delayMs: 60_000, text: 'away' })) }, 1);
  const second = nodeWorld({ store }, 2);
  first.open(...ALL);
  await first.create('a');
  await first.apply('a', { type: 'send', name: 'x' });
  await first.settle();
  for (const shard of ALL) first.engine.loseShard(shard);
  second.open(...ALL);
  await second.settle();
  t.deepEqual(second.out.names, ['x']);
  await second.apply('a', { type: 'add', amount: 5 });
  for (const shard of ALL) second.engine.loseShard(shard);
  first.leases.epochs.clear();
  for (const shard of ALL) {
    first.leases.epochs.set(shard, 3);
    first.engine.openShard(shard);
  }
  await first.apply('a', { type: 'add', amount: 1 });
  t.is(toyContext(await first.doc('a')).total, 6);
  t.is((await first.doc('a'))?.epoch, 3);
});

test('closing waits for the effect that is under way and commits its outcome, then nothing of the shard is done here', async (t) => {
  const { world, gate, shard } = await sending();
  let closed = false;
  const closing = world.engine.closeShard(shard, never).then(() => {
    closed = true;
  });
  await t.throwsAsync(world.apply('a', { type: 'add', amount: 1 }), { code: 'not_owner' });
  await world.settle();
  t.false(closed);
  gate.resolve();
  await closing;
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send', 'sent']);
  t.false(world.engine.shards.includes(shard));
});

test('closing cuts what does not end when the signal says so', async (t) => {
  const cut = Promise.withResolvers<void>();
  class Hanging extends TestChannel {
    override async perform(_effect: unknown, _attempt: number, signal?: AbortSignal) {
      await new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));
      cut.resolve();
      return { kind: 'retry', delayMs: 1_000, text: 'cut' } as const;
    }
  }
  const world = nodeWorld({ store: openMemoryStore(), out: new Hanging('out') });
  world.open(...ALL);
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  const abort = new AbortController();
  const closing = world.engine.closeShard(world.engine.shardOf('a'), abort.signal);
  abort.abort();
  await Promise.all([cut.promise, closing]);
  t.is(await world.store.outboxSize('out'), 1);
});

test('closing tells effects that are under way to come to an end, without cutting them', async (t) => {
  const told: string[] = [];
  class Long extends TestChannel {
    override async perform(_effect: unknown, _attempt: number, signal?: AbortSignal, leaving?: AbortSignal) {
      signal?.addEventListener('abort', () => told.push('cut'));
      await new Promise<void>((resolve) => leaving?.addEventListener('abort', () => resolve(), { once: true }));
      told.push('leaving');
      return { kind: 'done', event: { type: 'sent', name: 'x' } } as const;
    }
  }
  const world = nodeWorld({ store: openMemoryStore(), out: new Long('out') });
  world.open(...ALL);
  await world.create('a');
  await world.apply('a', { type: 'send', name: 'x' });
  await world.settle();
  await world.engine.closeShard(world.engine.shardOf('a'), never);
  t.deepEqual(told, ['leaving']);
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send', 'sent']);
});

test('what an effect under way says of its key is taken while its shard is given away, and no more when it is gone', async (t) => {
  const { world, gate, shard } = await sending();
  const say = () =>
    world.engine.takeUnderWay({ key: 'a', type: 'toy.apply', payload: { id: 'toy:a', event: { type: 'add', amount: 1 } }, origin: 'caller', id: 'x' });
  const closing = world.engine.closeShard(shard, never);
  await say();
  gate.resolve();
  await closing;
  t.is(toyContext(await world.doc('a')).total, 1);
  await t.throwsAsync(say(), { code: 'not_owner' });
});

test('an effect whose shard was lost while it was under way is left to the next owner', async (t) => {
  const { world, gate, shard } = await sending();
  world.leases.epochs.delete(shard);
  world.engine.loseShard(shard);
  gate.resolve();
  await world.settle();
  t.deepEqual(toyContext(await world.doc('a')).seen, ['send']);
  t.is(await world.store.outboxSize('out'), 1);
  t.deepEqual(world.engine.backlog().find(({ channel }) => channel === 'out')?.inMemory, 0);
});

test('reminders of a shard fire at its owner only, and late ones at the next owner', async (t) => {
  const store = openMemoryStore();
  const clock = new FakeClock(START);
  const first = nodeWorld({ store, clock }, 1);
  const second = nodeWorld({ store, clock }, 2);
  first.open(...ALL);
  await first.create('a');
  await first.apply('a', { type: 'wake-me', name: 'w', dueAt: START + 1_000 });
  for (const shard of ALL) first.engine.loseShard(shard);
  await clock.advance(2_000);
  await first.settle();
  t.deepEqual(toyContext(await first.doc('a')).seen, []);
  second.open(...ALL);
  await second.settle();
  await clock.advance(10);
  await second.settle();
  t.deepEqual(toyContext(await second.doc('a')).seen, ['reminder:w']);
});

test('a tell to a key of another node travels by the given way', async (t) => {
  const store = openMemoryStore();
  const other = nodeWorld({ store }, 1);
  const world = nodeWorld(
    { store, route: (command) => (world.engine.serves(world.engine.shardOf(command.key)) ? world.engine.take(command) : other.engine.take(command)) },
    1,
  );
  const key = ['b', 'c', 'd', 'e', 'f'].find((name) => world.engine.shardOf(name) !== world.engine.shardOf('a')) ?? 'b';
  world.open(world.engine.shardOf('a'));
  other.open(other.engine.shardOf(key));
  await world.create('a');
  await other.create(key);
  await world.apply('a', { type: 'pass-on', to: `toy:${key}`, key, amount: 7 });
  await world.settle();
  await other.settle();
  t.is(toyContext(await other.doc(key)).total, 7);
  t.is(await store.outboxSize('tell'), 0);
});
