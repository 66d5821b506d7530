import test from 'ava';
import { Parked, type ParkingNode, parkedShards, spokesman } from '../../../actors/cluster/parked.ts';

const node = (id: string, failed: readonly number[], state: 'up' | 'draining' = 'up'): ParkingNode => ({
  id,
  state,
  failed: failed.map((shard) => ({ shard, reason: `${id} cannot` })),
});
const nobody = () => false;

for (const [title, nodes, parked] of [
  ['what every node failed', [node('b', [1, 2]), node('a', [2, 3])], [[2, 'a cannot']]],
  ['nothing that one node has not tried', [node('a', [1]), node('b', [])], []],
  ['what all but a draining node failed', [node('a', [1]), node('b', [], 'draining')], [[1, 'a cannot']]],
  ['nothing while no node is up', [node('a', [1], 'draining')], []],
] as const) {
  test(`parked is ${title}`, (t) => t.deepEqual([...parkedShards(nodes, nobody)] as unknown, parked));
}

test('what is served is not parked, whoever failed it before', (t) => {
  t.is(parkedShards([node('a', [1])], (shard) => shard === 1).size, 0);
});

test('the first by name speaks for all', (t) => t.is(spokesman([node('c', []), node('b', []), node('d', [])]), 'b'));

test('each is told once, by the one who speaks; a new spokesman says it again and knows what to take back', (t) => {
  const said: string[] = [];
  const parked = new Parked({ onParked: (shard) => said.push(`parked ${shard}`), onUnparked: (shard) => said.push(`unparked ${shard}`) });
  parked.update(new Map([[1, 'x']]), false);
  t.deepEqual(said, []);
  t.is(parked.reasonOf(1), 'x');
  parked.update(new Map([[1, 'x']]), true);
  parked.update(new Map([[1, 'x']]), true);
  parked.update(new Map([[2, 'y']]), true);
  t.deepEqual(said, ['parked 1', 'parked 2', 'unparked 1']);
});

test('what ended in the moment in which the spokesman changed is taken back by the new one', (t) => {
  const said: string[] = [];
  const parked = new Parked({ onParked: (shard) => said.push(`parked ${shard}`), onUnparked: (shard) => said.push(`unparked ${shard}`) });
  parked.update(new Map([[1, 'x']]), false);
  parked.update(new Map(), true);
  t.deepEqual(said, ['unparked 1']);
});
