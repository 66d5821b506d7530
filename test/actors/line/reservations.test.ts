/** Lines that are kept for one session, however often it dials. */
import test from 'ava';
import { NEVER, request, startWorld } from './rig.ts';

const wish = (owner: string) => ({ group: 'default', owner, priority: 'overnight' }) as const;

test('a reserved line is dialled by its session alone, also a second time while another one waits', async (t) => {
  const { pool, bank } = await startWorld(t);
  await pool.reserve(wish('action:1'), NEVER);
  t.like(pool.groups()[0], { name: 'default', dialogue: 'at', lines: 1, free: 0, waiting: 0 });
  t.is(pool.groups().length, 1);
  const other = pool.open(request({ owner: 'action:2' }), NEVER);
  const first = await pool.open(request({ owner: 'action:1' }), NEVER);
  const again = pool.open(request({ owner: 'action:1' }), NEVER);
  await first.close();
  await (await again).close();
  t.is(pool.load('default').waiting, 1);
  t.is(bank.calls.length, 2);
  pool.unreserve('action:1');
  await (await other).close();
  t.is(bank.calls.length, 3);
});

test('a line that was reserved and never dialled goes to the next one', async (t) => {
  const { pool, bank } = await startWorld(t);
  await pool.reserve(wish('action:1'), NEVER);
  const other = pool.open(request({ owner: 'action:2' }), NEVER);
  pool.unreserve('action:1');
  await (await other).close();
  t.is(bank.calls.length, 1);
});

test('a wish that is broken off while it waits leaves no line behind', async (t) => {
  const { pool } = await startWorld(t);
  await pool.reserve(wish('action:1'), NEVER);
  const end = new AbortController();
  const second = pool.reserve(wish('action:2'), end.signal);
  end.abort();
  await t.throwsAsync(second, { code: 'aborted' });
  pool.unreserve('action:1');
  t.deepEqual(pool.load('default'), { lines: 1, free: 1, waiting: 0 });
});

test('a session that dials again is refused once its line is kept no longer', async (t) => {
  const { pool } = await startWorld(t);
  await pool.reserve(wish('action:1'), NEVER);
  const link = await pool.open(request({ owner: 'action:1' }), NEVER);
  const again = pool.open(request({ owner: 'action:1' }), NEVER);
  pool.unreserve('action:1');
  await t.throwsAsync(again, { code: 'aborted' });
  await link.close();
});
