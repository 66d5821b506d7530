import test from 'ava';
import { type PlacedNode, type Placement, type PlacementInput, place } from '../../../actors/cluster/placement.ts';
import fc from '../../support/fc.ts';

const node = (id: string, state: 'up' | 'draining' = 'up', failed: readonly (readonly [number, number])[] = []): PlacedNode => ({
  id,
  state,
  failed: new Map(failed),
});
const ids = (count: number) => Array.from({ length: count }, (_, index) => `node-${index}`);
const after = ({ desired }: Placement) => desired;
const sizes = (owners: readonly (string | null)[], nodes: readonly string[]) => nodes.map((id) => owners.filter((owner) => owner === id).length);

/** Nodes alive, and owners among them, among nodes that are gone, or nobody. */
const world = fc
  .record({
    shards: fc.integer({ min: 1, max: 300 }),
    alive: fc.integer({ min: 1, max: 9 }),
    gone: fc.integer({ min: 0, max: 3 }),
    maxMoves: fc.integer({ min: 1, max: 20 }),
  })
  .chain(({ shards, alive, gone, maxMoves }) =>
    fc.array(fc.integer({ min: -1, max: alive + gone - 1 }), { minLength: shards, maxLength: shards }).map((picks): PlacementInput => {
      const names = ids(alive + gone);
      return { shards, maxMoves, nodes: names.slice(0, alive).map((id) => node(id)), owners: picks.map((pick) => names[pick] ?? null) };
    }),
  );

const holds = (property: fc.IRawProperty<unknown>) => fc.assert(property, { numRuns: 150 });

test('every node ends with the even share or one more', (t) => {
  holds(
    fc.property(world, (input) => {
      const found = sizes(
        after(place(input)),
        input.nodes.map(({ id }) => id),
      );
      return Math.max(...found) - Math.min(...found) <= 1 && found.reduce((sum, size) => sum + size, 0) === input.shards;
    }),
  );
  t.pass();
});

test('no more moves than shards without owner and shards above a quota', (t) => {
  holds(
    fc.property(world, (input) => {
      const { moves } = place({ ...input, maxMoves: input.shards });
      const alive = input.nodes.map(({ id }) => id);
      const orphaned = input.owners.filter((owner) => owner === null || !alive.includes(owner)).length;
      const owned = sizes(input.owners, alive).sort((a, b) => b - a);
      const share = Math.floor(input.shards / alive.length);
      const larger = input.shards - share * alive.length;
      const excess = owned.reduce((sum, size, index) => sum + Math.max(0, size - share - (index < larger ? 1 : 0)), 0);
      return moves.length === orphaned + excess && moves.every(({ why }) => why === 'orphaned' || why === 'balance');
    }),
  );
  t.pass();
});

test('nothing moves once everybody has its share', (t) => {
  holds(fc.property(world, (input) => place({ ...input, owners: place(input).desired }).moves.length === 0));
  t.pass();
});

test('a node that leaves moves only its own shards', (t) => {
  holds(
    fc.property(world, (input) => {
      const owners = place(input).desired;
      const [gone, ...nodes] = input.nodes;
      if (nodes.length === 0) return true;
      const next = place({ ...input, nodes, owners, maxMoves: input.shards });
      return owners.every((owner, shard) => owner === gone!.id || next.desired[shard] === owner);
    }),
  );
  t.pass();
});

test('a node that joins only receives', (t) => {
  holds(
    fc.property(world, (input) => {
      const owners = place(input).desired;
      const { moves } = place({ ...input, owners, nodes: [...input.nodes, node('node-new')], maxMoves: input.shards });
      return moves.every(({ to, why }) => to === 'node-new' && why === 'balance');
    }),
  );
  t.pass();
});

test('the order in which nodes are told changes nothing', (t) => {
  holds(
    fc.property(world, (input) => {
      const [one, other] = [place(input), place({ ...input, nodes: input.nodes.toReversed() })];
      return JSON.stringify(one) === JSON.stringify(other);
    }),
  );
  t.pass();
});

test('step by step under the limit it comes to rest, with no shard moved twice', (t) => {
  holds(
    fc.property(world, (input) => {
      let owners = input.owners;
      const moved = new Map<number, number>();
      for (let round = 0; round <= input.shards; round++) {
        const { moves, desired } = place({ ...input, owners });
        if (moves.length === 0) return owners.every((owner, shard) => owner === desired[shard]) && [...moved.values()].every((times) => times === 1);
        for (const { id } of input.nodes) if (moves.filter(({ from }) => from === id).length > input.maxMoves) return false;
        for (const { shard } of moves) moved.set(shard, (moved.get(shard) ?? 0) + 1);
        owners = owners.map((owner, shard) => moves.find((move) => move.shard === shard)?.to ?? owner);
      }
      return false;
    }),
  );
  t.pass();
});

test('a draining node gives everything away and gets nothing', (t) => {
  holds(
    fc.property(world, fc.boolean(), (input, settled) => {
      const owners = settled ? place(input).desired : input.owners;
      const nodes = input.nodes.map(({ id }, index) => node(id, index === 0 ? 'draining' : 'up'));
      const { desired, moves } = place({ ...input, nodes, owners });
      if (nodes.length === 1) return moves.length === 0;
      return desired.every((owner) => owner !== null && owner !== 'node-0') && moves.every(({ to }) => to !== 'node-0');
    }),
  );
  t.pass();
});

test('a shard goes to no node that failed to open it while another can take it', (t) => {
  const failures = fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 40 })), { maxLength: 60 });
  holds(
    fc.property(world, failures, (input, failed) => {
      const nodes = input.nodes.map(({ id }, index) =>
        node(
          id,
          'up',
          failed.filter(([at]) => at === index).map(([, shard]) => [shard, 1]),
        ),
      );
      let owners = input.owners;
      let rounds = 0;
      for (let next = place({ ...input, nodes, owners }); next.moves.length > 0; next = place({ ...input, nodes, owners })) {
        if (++rounds > input.shards) return false;
        const { moves } = next;
        owners = owners.map((owner, shard) => moves.find((move) => move.shard === shard)?.to ?? owner);
      }
      return owners.every((owner, shard) => {
        const able = nodes.filter((one) => !one.failed.has(shard));
        return owner !== null && (able.length === 0 || able.some(({ id }) => id === owner));
      });
    }),
  );
  t.pass();
});

test('a shard that every node failed is for the one that tried least', (t) => {
  const nodes = [node('a', 'up', [[0, 3]]), node('b', 'up', [[0, 1]]), node('c', 'up', [[0, 2]])];
  t.is(place({ shards: 1, nodes, owners: [null], maxMoves: 1 }).desired[0], 'b');
});

test('what is under way counts towards the limit', (t) => {
  const owners = Array.from({ length: 8 }, () => 'a');
  const input = { shards: 8, nodes: [node('a'), node('b')], owners, maxMoves: 2 };
  const first = place(input).moves.map(({ shard }) => shard);
  t.is(first.length, 2);
  const next = place({ ...input, underWay: new Set(first) }).moves.map(({ shard }) => shard);
  t.deepEqual(next, first);
});

test('without a node that is up, everything stays where it is', (t) => {
  const { desired, moves } = place({ shards: 3, nodes: [node('a', 'draining')], owners: ['a', null, 'gone'], maxMoves: 8 });
  t.deepEqual(desired, ['a', null, null]);
  t.is(moves.length, 0);
});
