import test from 'ava';
import { Gate } from './support/toys.ts';
import { told, toy, toyPool } from './support/world.ts';

test('a request that waits is answered at its deadline', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1 });
  const first = pool.run([toy('wait', gate.index)]);
  await gate.reached();
  t.deepEqual(told(await pool.run([toy('echo', 1)], { deadlineMs: 20 })), ['pool_deadline']);
  gate.open();
  t.deepEqual(told(await first), [[gate.index]]);
});

test('a request that runs is answered at its deadline, and its worker goes on', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1 });
  await pool.ready;
  const running = pool.run([toy('wait', gate.index)], { deadlineMs: 200 });
  await gate.reached();
  t.deepEqual(told(await running), ['pool_deadline']);
  gate.open();
  t.deepEqual(told(await pool.run([toy('echo', 1)])), [[1]]);
  t.is(pool.metrics().restarts.lost + pool.metrics().restarts.hung, 0);
  t.is(pool.metrics().requests.expired, 1);
});

test('a hanging request with a short deadline costs one worker and is not tried again', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1, hangMs: 1_000 });
  await pool.ready;
  const hanging = pool.run([toy('wait', gate.index)], { deadlineMs: 200 });
  await gate.reached();
  t.deepEqual(told(await hanging), ['pool_deadline']);
  t.deepEqual(told(await pool.run([toy('echo', 1)])), [[1]]);
  t.is(pool.metrics().restarts.hung, 1);
});

test('an aborted signal is answered at once and sends nothing', async (t) => {
  const pool = toyPool(t);
  t.deepEqual(told(await pool.run([toy('echo', 1)], { signal: AbortSignal.abort() })), ['pool_aborted']);
  t.is(pool.metrics().requests.crossed, 0);
});

test('abort answers what waits, and the worker never sees it', async (t) => {
  const gate = new Gate();
  const other = new Gate();
  const pool = toyPool(t, { threads: 1 });
  const first = pool.run([toy('wait', gate.index)]);
  await gate.reached();
  const controller = new AbortController();
  const waiting = pool.run([toy('exit-once', other.index), toy('echo', 2)], { signal: controller.signal });
  controller.abort();
  t.deepEqual(told(await waiting), ['pool_aborted', 'pool_aborted']);
  gate.open();
  await first;
  t.deepEqual(told(await pool.run([toy('echo', 3)])), [[3]]);
  t.is(pool.metrics().restarts.lost, 0);
});

test('abort answers what runs, and its answer is dropped', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1 });
  const controller = new AbortController();
  const running = pool.run([toy('wait', gate.index)], { signal: controller.signal });
  await gate.reached();
  controller.abort();
  t.deepEqual(told(await running), ['pool_aborted']);
  gate.open();
  t.deepEqual(told(await pool.run([toy('echo', 1)])), [[1]]);
});

test('abort after the answer does nothing', async (t) => {
  const pool = toyPool(t);
  const controller = new AbortController();
  t.deepEqual(told(await pool.run([toy('echo', 1)], { signal: controller.signal })), [[1]]);
  controller.abort();
  t.is(pool.metrics().requests.aborted, 0);
});
