/** Who writes what within one process. */
import test from 'ava';
import { Lanes } from '../../../actors/store/mongodb/lanes.ts';
import { Turns } from '../../../actors/store/mongodb/turns.ts';

/** All promises that can go on have gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('T1: a key has one holder, and who asked first has it first', async (t) => {
  const turns = new Turns();
  const order: string[] = [];
  const first = await turns.take(['a']);
  const others = ['second', 'third'].map(async (name) => {
    const turn = await turns.take(['a']);
    order.push(name);
    await settled();
    turn.end();
  });
  await settled();
  t.deepEqual(order, []);
  first.end();
  await Promise.all(others);
  t.deepEqual(order, ['second', 'third']);
});

test('T2: requests that overlap in opposite orders do not wait for each other', async (t) => {
  const turns = new Turns();
  const done: number[] = [];
  const keys = ['a', 'b', 'c', 'd'];
  await Promise.all(
    Array.from({ length: 40 }, async (_, i) => {
      const turn = await turns.take([keys[i % 4]!, keys[(i * 3 + 1) % 4]!, keys[i % 3]!]);
      await settled();
      done.push(i);
      turn.end();
    }),
  );
  t.is(done.length, 40);
});

test('what touches nothing that is held goes at once', async (t) => {
  const turns = new Turns();
  await turns.take(['a', 'b']);
  (await turns.take(['c'])).end();
  t.pass();
});

test('a chore takes what nobody has or waits for, as many as it may', async (t) => {
  const turns = new Turns();
  const held = await turns.take(['a']);
  void turns.take(['a', 'b']);
  const chore = turns.takeFree(['a', 'b', 'c', 'd', 'e'], 2);
  t.deepEqual([...chore.keys], ['c', 'd']);
  t.deepEqual([...turns.takeFree(['c', 'd'], 9).keys], []);
  held.end();
});

test('a commit waits for the chore that has its document', async (t) => {
  const turns = new Turns();
  const chore = turns.takeFree(['a'], 9);
  let has = false;
  const commit = turns.take(['a', 'b']).then(() => (has = true));
  await settled();
  t.false(has);
  chore.end();
  await commit;
  t.true(has);
});

test('who finds nothing free is told when a turn ends, and not by another who found nothing', async (t) => {
  const turns = new Turns();
  const held = await turns.take(['a']);
  let told = false;
  void turns.changed().then(() => (told = true));
  turns.takeFree(['a'], 9).end();
  await settled();
  t.false(told);
  held.end();
  await settled();
  t.true(told);
});

test('lanes: so many at a time, the others in the order in which they came, also past one that fails', async (t) => {
  const lanes = new Lanes(2);
  const begun: number[] = [];
  const gates = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const runs = gates.map(({ promise }, i) =>
    lanes.run(async () => {
      begun.push(i);
      await promise;
    }),
  );
  await settled();
  t.deepEqual(begun, [0, 1]);
  gates[1]!.reject(new Error('broken'));
  await t.throwsAsync(runs[1]!, { message: 'broken' });
  await settled();
  t.deepEqual(begun, [0, 1, 2]);
  for (const { resolve } of gates) resolve();
  await Promise.all([runs[0], runs[2], runs[3]]);
  t.deepEqual(begun, [0, 1, 2, 3]);
});
