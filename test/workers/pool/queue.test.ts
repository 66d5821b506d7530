import test from 'ava';
import { Gate } from './support/toys.ts';
import { told, toy, toyPool } from './support/world.ts';

test('a queue that is full in requests refuses a call whole, and takes it when there is room', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1, queueRequests: 3 });
  const first = pool.run([toy('wait', gate.index)]);
  await gate.reached();
  const second = pool.run([toy('echo', 1)]);
  t.deepEqual(told(await pool.run([toy('echo', 2), toy('echo', 3)])), ['pool_busy', 'pool_busy']);
  gate.open();
  await Promise.all([first, second]);
  t.deepEqual(told(await pool.run([toy('echo', 2), toy('echo', 3)])), [[2], [3]]);
  t.is(pool.metrics().requests.busy, 2);
});

test('a queue that is full in octets refuses', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1, queueBytes: 100 });
  const first = pool.run([toy('wait', gate.index)]);
  await gate.reached();
  t.deepEqual(told(await pool.run([{ op: 'echo', octets: new Uint8Array(100) }])), ['pool_busy']);
  gate.open();
  t.deepEqual(told(await first), [[gate.index]]);
});

test('live overtakes bulk that came before it', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 1 });
  const order: string[] = [];
  const first = pool.run([toy('wait', gate.index)]);
  await gate.reached();
  const bulk = pool.run([toy('echo', 1)], { priority: 'bulk' }).then(() => order.push('bulk'));
  const live = pool.run([toy('echo', 2)]).then(() => order.push('live'));
  gate.open();
  await Promise.all([first, bulk, live]);
  t.deepEqual(order, ['live', 'bulk']);
});

test('bulk never holds the last thread', async (t) => {
  const gate = new Gate();
  const pool = toyPool(t, { threads: 2 });
  const bulk = [0, 1, 2].map(() => pool.run([toy('wait', gate.index)], { priority: 'bulk' }));
  await gate.reached();
  t.deepEqual(told(await pool.run([toy('echo', 1)])), [[1]]);
  gate.open();
  await Promise.all(bulk);
});

test('requests of one turn cross in one batch', async (t) => {
  const pool = toyPool(t);
  await pool.ready;
  const before = pool.metrics().batches;
  const calls = [1, 2, 3].map(async (n) => {
    await undefined;
    return told(await pool.run([toy('echo', n)]));
  });
  t.deepEqual(await Promise.all(calls), [[[1]], [[2]], [[3]]]);
  t.is(pool.metrics().batches - before, 1);
  t.is(pool.metrics().batchSize.max, 3);
});

test('an answer that finds no room is run again with as much as it needs', async (t) => {
  const pool = toyPool(t);
  const [answer, small] = await pool.run([{ op: 'swell', octets: new Uint8Array(100).fill(7) }, toy('echo', 1)]);
  t.is(answer?.kind === 'good' ? answer.value.length : 0, 10_000);
  t.true(answer?.kind === 'good' && answer.value.every((octet) => octet === 7));
  t.deepEqual(told([small!]), [[1]]);
  t.is(pool.metrics().requests.again, 1);
});

test('a request of several units crosses', async (t) => {
  const pool = toyPool(t);
  const octets = Uint8Array.from({ length: 20_000 }, (_, index) => index);
  const [answer] = await pool.run([{ op: 'echo', octets }]);
  t.deepEqual(answer?.kind === 'good' ? answer.value : undefined, octets);
});

test('a request that the shared memory cannot hold is refused, and so is such an answer', async (t) => {
  const pool = toyPool(t);
  const answers = await pool.run([{ op: 'echo', octets: new Uint8Array(70_000) }, { op: 'swell', octets: new Uint8Array(1_000) }, toy('echo', 1)]);
  t.deepEqual(told(answers), ['pool_too_large', 'pool_too_large', [1]]);
});

test('more than fits one slot goes in several batches, in order', async (t) => {
  const pool = toyPool(t);
  const requests = Array.from({ length: 500 }, (_, index) => toy('echo', index & 255));
  t.deepEqual(
    told(await pool.run(requests, { priority: 'bulk' })),
    requests.map(({ octets }) => [...octets]),
  );
  t.true(pool.metrics().batches > 5);
});

test('a call without requests is answered at once', async (t) => {
  const pool = toyPool(t);
  t.deepEqual(await pool.run([]), []);
});

test('an operation that the table does not have is a bug of the caller', async (t) => {
  const pool = toyPool(t);
  await t.throwsAsync(async () => pool.run([{ op: 'nothing' as 'echo', octets: new Uint8Array(1) }]), { instanceOf: TypeError });
});
