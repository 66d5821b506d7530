import type { Worker } from 'node:worker_threads';
import test, { type ExecutionContext } from 'ava';
import { Gate } from './support/toys.ts';
import { told, toy, toyPool } from './support/world.ts';

/** Every worker that is made from now on. */
function watchWorkers(t: ExecutionContext): Worker[] {
  const workers: Worker[] = [];
  const add = (worker: Worker): void => {
    workers.push(worker);
  };
  process.on('worker', add);
  t.teardown(() => process.off('worker', add));
  return workers;
}

test('a worker that ends by process.exit is replaced, and its request alone is poisoned', async (t) => {
  const pool = toyPool(t);
  const answers = await pool.run([toy('echo', 1), toy('exit'), toy('echo', 2), toy('echo', 3)]);
  t.deepEqual(told(answers), [[1], 'pool_poisoned', [2], [3]]);
  t.deepEqual(told(await pool.run([toy('echo', 4)])), [[4]]);
  t.is(pool.metrics().restarts.lost, 2);
});

test('a worker that ends by its heap limit is replaced, and its request alone is poisoned', async (t) => {
  const pool = toyPool(t, { heapMb: 16 });
  const answers = await pool.run([toy('echo', 1), toy('hog'), toy('echo', 2)]);
  t.deepEqual(told(answers), [[1], 'pool_poisoned', [2]]);
  t.deepEqual(told(await pool.run([toy('echo', 3)])), [[3]]);
});

test('a worker that hangs is ended, and its request alone is poisoned', async (t) => {
  const pool = toyPool(t, { hangMs: 1_000 });
  const answers = await pool.run([toy('echo', 1), toy('hang'), toy('echo', 2)]);
  t.deepEqual(told(answers), [[1], 'pool_poisoned', [2]]);
  t.is(pool.metrics().restarts.hung, 2);
});

test.serial('a worker that is terminated while it runs is replaced, and its batch is tried again', async (t) => {
  const gate = new Gate();
  const workers = watchWorkers(t);
  const pool = toyPool(t, { threads: 1 });
  const answers = pool.run([toy('echo', 1), toy('wait', gate.index), toy('echo', 2)]);
  await gate.reached();
  await workers[0]?.terminate();
  gate.open();
  t.deepEqual(told(await answers), [[1], [gate.index], [2]]);
  t.is(pool.metrics().requests.again, 2);
});

test.serial('workers that are terminated while they are idle are replaced', async (t) => {
  const workers = watchWorkers(t);
  const pool = toyPool(t);
  await pool.ready;
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()));
  t.deepEqual(told(await pool.run([toy('echo', 1)])), [[1]]);
  t.is(workers.length, 2);
});

test('a request that was only unlucky is answered by its second worker', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t);
  t.deepEqual(told(await pool.run([toy('echo', 1), toy('exit-once', gate.index), toy('echo', 2)])), [[1], [gate.index], [2]]);
  t.is(pool.metrics().requests.again, 2);
});

test('several poisonous requests of one batch cost at most two workers each', async (t) => {
  const pool = toyPool(t);
  const requests = [toy('exit'), toy('echo', 1), toy('exit'), toy('echo', 2), toy('exit')];
  t.deepEqual(told(await pool.run(requests)), ['pool_poisoned', [1], 'pool_poisoned', [2], 'pool_poisoned']);
  t.is(pool.metrics().restarts.lost, 6);
  t.is(pool.metrics().requests.poisoned, 3);
});

test('workers of two sessions that die at once lose nothing of others', async (t) => {
  const pool = toyPool(t);
  const calls = Array.from({ length: 20 }, (_, index) =>
    pool.run([toy(index % 10 === 3 ? 'exit' : 'echo', index)], { priority: index % 2 === 0 ? 'bulk' : 'live' }),
  );
  const answers = (await Promise.all(calls)).map((answer) => told(answer)[0]);
  t.deepEqual(
    answers,
    Array.from({ length: 20 }, (_, index) => (index % 10 === 3 ? 'pool_poisoned' : [index])),
  );
});

test('an operation that throws is answered without what it said', async (t) => {
  const pool = toyPool(t);
  const [answer] = await pool.run([toy('throw')]);
  t.like(answer, { kind: 'bad', error: { code: 'pool_failed', got: 'RangeError' } });
  t.is(pool.metrics().restarts.lost, 0);
});

test('all slots are back when all is answered, whatever happened to the workers', async (t) => {
  const pool = toyPool(t, { hangMs: 1_000 });
  await pool.run([toy('exit'), toy('echo', 1), toy('hang'), toy('echo', 2), toy('swell', 3)]);
  t.is(pool.metrics().depth.freeSlots, 16);
  t.like(pool.metrics().depth, { live: 0, bulk: 0, inHand: 0, octets: 0 });
});
