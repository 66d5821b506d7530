import test from 'ava';
import { WaitingList } from '../../../actors/line/waiting-list.ts';
import type { LinkRequest } from '../../../actors/link/link.ts';
import { NEVER, NUMBER, request, startPool, startWorld } from './rig.ts';

test('one session per line: the second waits until the first has hung up', async (t) => {
  const { pool, bank } = await startWorld(t);
  const first = await pool.open(request({ owner: 'action:1' }), NEVER);
  const second = pool.open(request({ owner: 'action:2' }), NEVER);
  t.like(pool.lines()[0], { state: 'in-call', owner: 'action:1' });
  t.deepEqual(pool.load('default'), { lines: 1, free: 0, waiting: 1 });
  await first.close();
  const link = await second;
  t.like(pool.lines()[0], { state: 'in-call', owner: 'action:2', calls: 2, connected: 2 });
  await link.close();
  t.deepEqual(
    bank.calls.map((call) => call.end),
    ['hung-up', 'hung-up'],
  );
  const [one, two] = bank.calls;
  t.true((one?.endedAt ?? Number.NaN) <= (two?.startedAt ?? Number.NaN));
});

test('immediate sessions go first, and otherwise first come, first served', async (t) => {
  const { pool, watch } = await startWorld(t, { entry: { fault: 'busy' } });
  const open = (owner: string, priority: LinkRequest['priority']) => t.throwsAsync(pool.open(request({ owner, priority }), NEVER), { code: 'busy' });
  await Promise.all([open('o1', 'overnight'), open('o2', 'overnight'), open('i1', 'immediate'), open('o3', 'overnight'), open('i2', 'immediate')]);
  t.deepEqual(
    watch.seen.filter((view) => view.state === 'dialling').map((view) => view.owner),
    ['o1', 'i1', 'i2', 'o2', 'o3'],
  );
});

test('free lines are used in turn', async (t) => {
  const { pool, watch } = await startWorld(t, { bank: { lines: [{ kind: 'tcp' }, { kind: 'tcp' }, { kind: 'tcp' }] }, entry: { fault: 'busy' } });
  for (let call = 1; call <= 4; call++) {
    await t.throwsAsync(pool.open(request(), NEVER), { code: 'busy' });
    await watch.until((view) => view.state === 'free' && view.calls === Math.ceil(call / 3) && view.id === `line${(call - 1) % 3}`);
  }
  t.deepEqual(
    watch.seen.filter((view) => view.state === 'dialling').map((view) => view.id),
    ['line0', 'line1', 'line2', 'line0'],
  );
});

test('numbers are dialled by the group that the routes give them', async (t) => {
  const { pool } = await startWorld(t, { line: { group: 'gsm' }, lines: { routes: [{ numbers: '07*', group: 'gsm' }] } });
  t.is(pool.groupOf(request().address), 'gsm');
  t.is(pool.groupOf(request({}, '02012345678').address), 'default');
  await (await pool.open(request(), NEVER)).close();
  await t.throwsAsync(pool.open(request({}, '02012345678'), NEVER), { code: 'no_line', message: 'no modem line in group default' });
});

test('what is no telephone number is refused', async (t) => {
  const { pool } = startPool(t, {});
  const address = { kind: 'paknet', digits: '1234', canonical: 'paknet:1234' } as const;
  await t.throwsAsync(pool.open(request({ address }), NEVER), { code: 'no_line' });
});

test('an abort while waiting leaves the queue, and the line goes to the next', async (t) => {
  const { pool } = await startWorld(t);
  const first = await pool.open(request(), NEVER);
  const stop = new AbortController();
  const second = pool.open(request(), stop.signal);
  const third = pool.open(request({ owner: 'action:3' }), NEVER);
  stop.abort();
  await t.throwsAsync(second, { code: 'aborted' });
  await first.close();
  const link = await third;
  t.is(pool.lines()[0]?.owner, 'action:3');
  await link.close();
});

test('an abort in the turn in which the line is handed over gives the line back', async (t) => {
  const { pool, watch } = await startWorld(t);
  const stop = new AbortController();
  const opening = pool.open(request(), stop.signal);
  stop.abort();
  await t.throwsAsync(opening, { code: 'aborted' });
  await watch.until((view) => view.state === 'free');
  await (await pool.open(request(), NEVER)).close();
});

test('more than maxWaiting are refused, and nobody waits longer than waitTimeoutMs', async (t) => {
  const { pool } = await startWorld(t, { lines: { maxWaiting: 1, waitTimeoutMs: 200 } });
  const first = await pool.open(request(), NEVER);
  const second = pool.open(request(), NEVER);
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_line', message: 'more than 1 sessions wait for group default' });
  await t.throwsAsync(second, { code: 'no_line', message: 'no line of group default within 200 ms' });
  await first.close();
});

test('a line rests between calls', async (t) => {
  const { pool, watch } = await startWorld(t, { line: { betweenCallsMs: 100 } });
  await (await pool.open(request(), NEVER)).close();
  const pausing = await watch.until((view) => view.state === 'pausing');
  const free = await watch.until((view) => view.state === 'free');
  t.true(free.since - pausing.since >= 95);
  t.deepEqual(watch.states('line0'), ['dialling', 'in-call', 'hanging-up', 'pausing', 'free']);
});

test('the longest use of a line is kept', async (t) => {
  const { pool, watch } = await startWorld(t);
  await (await pool.open(request(), NEVER)).close();
  const { longestUseMs } = await watch.until((view) => view.state === 'free');
  // Silence, +++, silence, twice.
  t.true(longestUseMs >= 600 && longestUseMs < 10_000, `${longestUseMs}`);
});

test('a request keeps its number out of the view of the line', async (t) => {
  const { pool } = await startWorld(t);
  const link = await pool.open(request(), NEVER);
  t.false(JSON.stringify(pool.lines()).includes(NUMBER));
  await link.close();
});

test('the waiting list gives out immediate before overnight, each in order, and forgets who left', (t) => {
  const list = new WaitingList<string>();
  const taken: string[] = [];
  const waiter = (name: string, priority: 'immediate' | 'overnight') => ({ priority, take: (line: string) => void taken.push(`${name} ${line}`) });
  const gone = waiter('gone', 'immediate');
  for (const one of [waiter('o1', 'overnight'), gone, waiter('i1', 'immediate'), waiter('o2', 'overnight')]) list.add(one);
  list.remove(gone);
  t.is(list.size, 3);
  for (let line = 1; list.size > 0; line++) list.shift()?.take(`${line}`);
  t.deepEqual(taken, ['i1 1', 'o1 2', 'o2 3']);
  t.is(list.shift(), undefined);
});
