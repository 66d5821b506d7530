import test from 'ava';
import { Sweeps } from '../../../actors/engine/sweeps.ts';
import type { ActorDoc } from '../../../actors/store/store.ts';
import { testPorts } from '../../support/engine.ts';
import { FakeClock } from '../../support/fake-clock.ts';

test('a round drops every slot whose end has come, a thousand at a time', async (t) => {
  const clock = new FakeClock();
  let expired = 2_500;
  const sweeps = new Sweeps({
    ports: testPorts(clock),
    store: {
      sweep: async (_now, limit) => {
        const dropped = Math.min(limit, expired);
        expired -= dropped;
        return dropped;
      },
      recount: async () => 0,
      page: async () => ({ items: [] }),
    },
    intervalMs: 60_000,
    shards: 4,
    retention: [],
    command: async () => null,
    onError: (error) => t.fail(String(error)),
  });
  sweeps.start();
  await clock.advance(60_000);
  await sweeps.stop();
  t.is(expired, 0);
});

/** A store of ended documents, in shards 0 to 3 in turn, and what nodes do to it. */
function housekeeping(count: number) {
  const clock = new FakeClock();
  const docs = Array.from({ length: count }, (_, index) => ({ id: `toy:${index}`, key: `k${index}`, version: 1, shard: index % 4 })) as unknown as ActorDoc[];
  const done = { sweeps: 0, recounted: [] as number[], dropped: [] as ActorDoc[], messages: [] as string[] };
  const node = (served?: () => readonly number[]) =>
    new Sweeps({
      ports: testPorts(clock),
      store: {
        sweep: async () => {
          done.sweeps++;
          return 0;
        },
        recount: async (shard) => {
          done.recounted.push(shard);
          return 0;
        },
        page: async ({ limit, cursor = '0' }) => {
          const from = Number(cursor);
          const items = docs.slice(from, from + limit);
          return from + limit < docs.length ? { items, cursor: String(from + limit) } : { items };
        },
      },
      intervalMs: 60_000,
      shards: 4,
      ...(served ? { served } : {}),
      retention: [{ kind: 'toy', state: 'ended', days: 1 }],
      command: async ({ payload, id: message }) => {
        const { id } = payload as { id: string };
        done.messages.push(message);
        done.dropped.push(...docs.filter((doc) => doc.id === id));
      },
      onError: (error) => {
        throw error;
      },
    });
  return { docs, done, node };
}

test('a process alone recounts every shard in turn', async (t) => {
  const { done, node } = housekeeping(0);
  const sweeps = node();
  for (let round = 0; round < 50; round++) await sweeps.round();
  t.deepEqual(done.recounted, [0, 1, 2, 3, 0]);
});

test('of many nodes each recounts and drops for the shards that it serves', async (t) => {
  const { docs, done, node } = housekeeping(40);
  const sweeps = node(() => [1, 3]);
  sweeps.start();
  for (let round = 0; round < 30; round++) await sweeps.round();
  await sweeps.stop();
  t.deepEqual(done.recounted, [1, 3, 1]);
  t.deepEqual(
    [...new Set(done.dropped)],
    docs.filter(({ shard }) => shard === 1 || shard === 3),
  );
});

test('a document is dropped by a message of its version: one that came again after a drop is not taken for dropped', async (t) => {
  const { docs, done, node } = housekeeping(1);
  const sweeps = node();
  sweeps.start();
  await sweeps.round();
  Object.assign(docs[0] as object, { version: 7 });
  await sweeps.round();
  await sweeps.stop();
  t.deepEqual(done.messages, ['drop:toy:0/1', 'drop:toy:0/7']);
});

test('what is of no shard is swept by the node that serves shard 0', async (t) => {
  const { done, node } = housekeeping(0);
  await node(() => [1, 2]).round();
  await node(() => []).round();
  t.is(done.sweeps, 0);
  await node(() => [0, 3]).round();
  t.is(done.sweeps, 1);
});

test('a node whose shards are not on the first pages comes to them all the same', async (t) => {
  const { docs, done, node } = housekeeping(25_000);
  for (const [index, doc] of docs.entries()) Object.assign(doc, { shard: index < 24_990 ? 0 : 2 });
  const sweeps = node(() => [2]);
  sweeps.start();
  await sweeps.round();
  t.is(done.dropped.length, 0);
  await sweeps.round();
  t.is(done.dropped.length, 10);
  await sweeps.stop();
});
