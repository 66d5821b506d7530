import test from 'ava';
import { type Entry, Lane } from '../../../actors/cluster/lane.ts';
import fc from '../../support/fc.ts';

let order = 0;

function entry(lane: Lane, key: string): Entry {
  const command = { key, type: 't', payload: null, origin: 'caller' as const, id: `${order}` };
  return {
    command,
    take: false,
    lane,
    order: order++,
    deadlineAt: 0,
    resolve: () => {},
    reject: () => {},
    text: '',
    state: 'waiting',
    here: false,
    reached: false,
  };
}

const all = (): boolean => true;

test('all that is ready is given in one go, each key in order', (t) => {
  const lane = new Lane(1);
  const given = ['a', 'b', 'a', 'a'].map((key) => entry(lane, key));
  for (const one of given) lane.add(one);
  t.deepEqual(
    lane.next(all).filter(({ command }) => command.key === 'a'),
    given.filter(({ command }) => command.key === 'a'),
  );
  t.is(lane.size, 4);
  t.false(lane.isReady);
});

test('a key that has something under way waits until all of it is answered', (t) => {
  const lane = new Lane(1);
  const [first, second, third] = [entry(lane, 'a'), entry(lane, 'a'), entry(lane, 'a')];
  lane.add(first);
  lane.add(second);
  lane.next(all);
  lane.add(third);
  t.deepEqual(lane.next(all), []);
  t.false(lane.remove(first));
  t.deepEqual(lane.next(all), []);
  t.true(lane.remove(second));
  t.deepEqual(lane.next(all), [third]);
});

test('what is bounced takes its old place, in front of what came later', (t) => {
  const lane = new Lane(1);
  const [first, second] = [entry(lane, 'a'), entry(lane, 'a')];
  lane.add(first);
  lane.next(all);
  lane.add(second);
  lane.remove(first);
  lane.add(first);
  t.deepEqual(lane.next(all), [first, second]);
});

test('nothing is left of keys that are done', (t) => {
  const lane = new Lane(1);
  const one = entry(lane, 'a');
  lane.add(one);
  lane.next(all);
  lane.remove(one);
  one.state = 'settled';
  t.is(lane.size, 0);
  t.false(lane.has('a'));
  t.false(lane.remove(one));
});

test('whatever is bounced, given up and answered, a key has one batch under way and keeps its order', (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), key: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constantFrom('next' as const, 'bounce' as const, 'answer' as const, 'give up' as const), n: fc.nat(50) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const lane = new Lane(1);
      const open: Entry[] = [];
      for (const one of steps) {
        if (one.kind === 'add') {
          const added = entry(lane, one.key);
          lane.add(added);
          open.push(added);
          continue;
        }
        if (one.kind === 'next') {
          const under = new Set(open.filter(({ state }) => state === 'under way').map(({ command }) => command.key));
          let room = one.n % 4;
          const taken = lane.next(() => room-- > 0);
          for (const key of ['a', 'b', 'c']) {
            const orders = taken.filter(({ command }) => command.key === key).map((given) => given.order);
            t.true(orders.length === 0 || !under.has(key));
            t.deepEqual(
              orders,
              [...orders].sort((x, y) => x - y),
            );
            const before = open.filter(({ command, state }) => command.key === key && state === 'waiting').map((given) => given.order);
            t.true(orders.every((given) => before.every((other) => other > given)));
          }
          continue;
        }
        const fitting = open.filter(({ state }) => state === (one.kind === 'give up' ? 'waiting' : 'under way'));
        const chosen = fitting[one.n % Math.max(1, fitting.length)];
        if (!chosen) continue;
        lane.remove(chosen);
        if (one.kind === 'bounce') lane.add(chosen);
        else {
          chosen.state = 'settled';
          open.splice(open.indexOf(chosen), 1);
        }
      }
      t.is(lane.size, open.length);
      t.is(lane.waiting().length, open.filter(({ state }) => state === 'waiting').length);
      const idle = ['a', 'b', 'c'].filter(
        (key) => open.some(({ command }) => command.key === key) && !open.some(({ command, state }) => command.key === key && state === 'under way'),
      );
      t.deepEqual([...new Set(lane.next(all).map(({ command }) => command.key))].sort(), idle);
    }),
    { numRuns: 300 },
  );
});
