import test from 'ava';
import { openPool } from '../../../workers/pool/pool.ts';
import { Gate, TOYS } from './support/toys.ts';
import { entry, told, toy, toyPool } from './support/world.ts';

test('close lets the work in hand finish', async (t) => {
  const pool = toyPool(t);
  const calls = Array.from({ length: 50 }, (_, index) => pool.run([toy('echo', index)], { priority: 'bulk' }));
  await pool.close();
  t.deepEqual(
    (await Promise.all(calls)).map((answers) => told(answers)[0]),
    calls.map((_, index) => [index]),
  );
});

test('close answers what is not done in time', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { closeMs: 20, threads: 1 });
  const calls = [pool.run([toy('wait', gate.index)]), pool.run([toy('echo', 1)])];
  await gate.reached();
  await pool.close();
  t.deepEqual((await Promise.all(calls)).map(told), [['pool_closed'], ['pool_closed']]);
  t.is(pool.metrics().depth.freeSlots, 16);
});

test('close under load that kills workers comes to its end', async (t) => {
  const pool = toyPool(t, { closeMs: 30_000 });
  const calls = Array.from({ length: 40 }, (_, index) => pool.run([toy(index % 7 === 0 ? 'exit' : 'echo', index)]));
  await pool.close();
  const answers = (await Promise.all(calls)).map((answer) => told(answer)[0]);
  t.deepEqual(
    answers,
    calls.map((_, index) => (index % 7 === 0 ? 'pool_poisoned' : [index])),
  );
});

test('a closed pool refuses, and closing twice is closing once', async (t) => {
  const pool = toyPool(t);
  t.is(pool.close(), pool.close());
  t.deepEqual(told(await pool.run([toy('echo', 1)])), ['pool_closed']);
  await pool.close();
  t.is(pool.metrics().threads.ready, 0);
});

test('a pool that is closed before its threads have started ends them', async (t) => {
  const pool = toyPool(t);
  await pool.close();
  t.is(pool.metrics().threads.ready, 0);
});

test('a pool that sends nothing starts no threads and runs inline', async (t) => {
  const pool = toyPool(t, { inlineBelowBytes: Number.POSITIVE_INFINITY });
  t.deepEqual(told(await pool.run([toy('echo', 1), toy('throw')])), [[1], 'pool_failed']);
  t.is(pool.metrics().requests.inline, 2);
  await pool.close();
  t.deepEqual(told(await pool.run([toy('echo', 1)])), ['pool_closed']);
});

test('workers that cannot start are told, and requests are answered', async (t) => {
  const pool = openPool({ threads: 1, inlineBelowBytes: 0 }, TOYS, entry('broken-worker'));
  t.teardown(() => pool.close());
  const [answer] = await pool.run([toy('echo', 1)], { priority: 'live' });
  t.like(answer, { kind: 'bad', error: { code: 'pool_down' } });
  t.regex(pool.metrics().threads.lastFault ?? '', /does not start/);
});
