/** Channels that say themselves what waits for what: lanes within a shard, and effects that stand aside. */
import test from 'ava';
import { OutboxPump, type PumpWorld } from '../../../actors/engine/outbox-pump.ts';
import type { Effect } from '../../../actors/store/store.ts';
import { START, TestChannel, testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const effect = (name: string, lane: string, shard: number, createdAt: number): Effect => ({
  key: `toy:${name}/1/0`,
  actor: `toy:${name}`,
  routingKey: name,
  shard,
  version: 1,
  n: 0,
  channel: 'out',
  name,
  createdAt,
  data: { lane },
});

class LaneChannel extends TestChannel {
  readonly laneOf = ({ data }: Effect): string => (data as { lane: string }).lane;
}

function world() {
  const clock = new FakeClock(START);
  const served = new Set([0, 1]);
  const done: string[] = [];
  const out = new LaneChannel('out', 'lane');
  const pumpWorld: PumpWorld = {
    ports: testPorts(clock),
    memory: 100,
    scanIntervalMs: 3_600_000,
    scan: async () => ({ items: [] }),
    undone: async () => [],
    due: async () => 'go',
    finish: async ({ name }) => void done.push(name),
    park: async () => {},
    pass: () => undefined,
    serves: (shard) => served.has(shard),
    onError: () => {},
  };
  const pump = new OutboxPump(out, pumpWorld);
  pump.start();
  return { clock, served, done, out, pump };
}

test('in one lane of one shard one is under way at a time, in order; other lanes and other shards go on', async (t) => {
  const { clock, out, pump, done } = world();
  const free: (() => void)[] = [];
  out.answer = () => new Promise((resolve) => free.push(() => resolve({ kind: 'done' })));
  await clock.flush();
  for (const one of [effect('a1', 'A', 0, 1), effect('a2', 'A', 0, 2), effect('b1', 'B', 0, 3), effect('a3', 'A', 1, 4)]) pump.offer(one);
  await clock.flush();
  t.deepEqual(out.names, ['a1', 'b1', 'a3']);
  for (const go of free.splice(0)) go();
  await clock.flush();
  t.deepEqual(out.names, ['a1', 'b1', 'a3', 'a2']);
  t.deepEqual(done, ['a1', 'b1', 'a3']);
  pump.abandon();
});

test('the first of a lane that waits for its retry keeps the others waiting, unless it stands aside', async (t) => {
  const { clock, out, pump, done } = world();
  let aside = false;
  out.answer = ({ name }, attempt) =>
    name === 'a1' && attempt < 3 ? { kind: 'retry', delayMs: 1_000, text: 'no', ...(aside ? { aside: true } : {}) } : { kind: 'done' };
  await clock.flush();
  for (const one of [effect('a1', 'A', 0, 1), effect('a2', 'A', 0, 2)]) pump.offer(one);
  await clock.flush();
  t.deepEqual(out.names, ['a1']);
  aside = true;
  await clock.advance(1_000);
  t.deepEqual(done, ['a2']);
  pump.offer(effect('a3', 'A', 0, 3));
  await clock.advance(1_000);
  t.deepEqual(done, ['a2', 'a3', 'a1']);
  pump.abandon();
});

test('a shard that goes takes its own lanes along, and no other shard’s', async (t) => {
  const { clock, served, out, pump, done } = world();
  out.answer = ({ shard }) => (shard === 0 ? { kind: 'retry', delayMs: 1_000, text: 'no' } : { kind: 'done' });
  await clock.flush();
  for (const one of [effect('a1', 'A', 0, 1), effect('a2', 'A', 0, 2)]) pump.offer(one);
  await clock.flush();
  served.delete(0);
  await pump.drop(0);
  t.is(pump.size, 0);
  pump.offer(effect('a3', 'A', 1, 3));
  await clock.flush();
  t.deepEqual(done, ['a3']);
  pump.abandon();
});
