import test from 'ava';
import type { OpenBus } from '../../../actors/bus/index.ts';
import { LiveFeed } from '../../../actors/bus/index.ts';
import { FakeClock } from '../../support/fake-clock.ts';

function world() {
  const clock = new FakeClock();
  const said: string[] = [];
  const connection = { publish: (subject: string, payload: string) => void said.push(`${subject} ${payload}`) };
  const bus: { connection: OpenBus['connection'] } = { connection: connection as unknown as OpenBus['connection'] };
  return { clock, said, bus, feed: new LiveFeed(bus, clock) };
}

test('what is told within a moment leaves together, in its order', async (t) => {
  const { clock, said, feed } = world();
  feed.tell('a', { n: 1 });
  feed.tell('b', { n: 2 });
  t.deepEqual(said, []);
  await clock.advance(50);
  t.deepEqual(said, ['a {"n":1}', 'b {"n":2}']);
  t.is(clock.pending, 0);
});

test('while there is no connection nothing is kept for later', async (t) => {
  const { clock, said, bus, feed } = world();
  const { connection } = bus;
  bus.connection = undefined;
  feed.tell('a', 1);
  await clock.advance(50);
  bus.connection = connection;
  feed.tell('b', 2);
  await clock.advance(50);
  t.deepEqual(said, ['b 2']);
});

test('no more than a bounded number waits', async (t) => {
  const { clock, said, feed } = world();
  for (let n = 0; n < 10_500; n++) feed.tell('a', n);
  await clock.advance(50);
  t.is(said.length, 10_000);
  t.is(said.at(-1), 'a 9999');
});

test('after the stop nothing is said', async (t) => {
  const { clock, said, feed } = world();
  feed.tell('a', 1);
  feed.stop();
  await clock.advance(50);
  t.deepEqual(said, []);
});
