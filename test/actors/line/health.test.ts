import test from 'ava';
import { judge } from '../../../actors/line/health.ts';
import { lineOptions, NEVER, request, startPool, startWorld } from './rig.ts';

const POLICY = { failuresBeforeRest: 3, restMs: 300_000, hangUpRetryMs: 30_000 };

test('a clean call without fault forgets the faults before it', (t) => {
  t.deepEqual(judge({ clean: true, fault: undefined }, 2, POLICY), { failuresInRow: 0, restMs: undefined });
});

test('faults below the limit only count', (t) => {
  t.deepEqual(judge({ clean: true, fault: 'x' }, 1, POLICY), { failuresInRow: 2, restMs: undefined });
});

test('the last fault allowed sends the line to rest', (t) => {
  t.deepEqual(judge({ clean: true, fault: 'x' }, 2, POLICY), { failuresInRow: 3, restMs: 300_000 });
});

test('a line that nobody saw hang up is tried again soon, whatever its count', (t) => {
  t.deepEqual(judge({ clean: false, fault: 'x' }, 0, POLICY), { failuresInRow: 1, restMs: 30_000 });
  t.deepEqual(judge({ clean: false, fault: 'x' }, 9, POLICY), { failuresInRow: 10, restMs: 30_000 });
});

test('a deaf modem rests, is probed, and is used again once it answers', async (t) => {
  const quick = { guardMs: 100, escapeMarginMs: 20, commandTimeoutMs: 150, commandTries: 1 };
  const { pool, bank, watch } = await startWorld(t, {
    bank: { lines: [{ kind: 'tcp', deaf: true }] },
    line: quick,
    lines: { hangUpRetryMs: 100, restMs: 100 },
  });
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'modem_fault', message: 'modem: no answer to ATH' });
  const waiting = pool.open(request({ owner: 'action:2' }), NEVER);
  t.like(await watch.until((view) => view.state === 'resting' && view.failures === 1), {
    failuresInRow: 1,
    lastFailure: 'modem: no answer to ATH',
    owner: null,
  });
  t.like(await watch.until((view) => view.state === 'resting' && view.failures === 2), { failuresInRow: 2, lastFailure: 'the modem does not answer' });
  bank.setDeaf(0, false);
  const link = await waiting;
  t.like(pool.lines()[0], { owner: 'action:2', failuresInRow: 0 });
  await link.close();
  t.true(watch.states('line0').includes('probing'));
});

test('a call that the far end refused is no fault of the line', async (t) => {
  const { pool, watch } = await startWorld(t, { entry: { fault: 'busy' }, lines: { failuresBeforeRest: 1 } });
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'busy' });
  t.like(await watch.until((view) => view.state === 'free'), { failures: 0, calls: 1, connected: 0 });
});

test('no dial tone is a fault of the line', async (t) => {
  const { pool, watch } = await startWorld(t, { entry: { fault: 'no-dialtone' }, lines: { failuresBeforeRest: 1, restMs: 50 } });
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_dialtone' });
  await watch.until((view) => view.state === 'resting');
  // Its modem answers, so the probe lets it go on.
  await watch.until((view) => view.state === 'free');
});

test('a port that cannot be opened is a fault of the line, and the other line goes on', async (t) => {
  const { bank } = await startWorld(t);
  const host = '127.0.0.1';
  const { pool, watch } = startPool(t, {
    failuresBeforeRest: 1,
    modems: [
      // Port 1 of loopback: nothing listens there.
      lineOptions({ id: 'bad', kind: 'tcp', host, port: 1 }),
      lineOptions({ id: 'good', kind: 'tcp', host, port: bank.lines[0]?.tcpPort ?? 0 }),
    ],
  });
  const error = await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_line' });
  t.regex(error?.message ?? '', /^line bad: the port cannot be opened: /);
  await watch.until((view) => view.id === 'bad' && view.state === 'resting');
  for (let call = 0; call < 2; call++) await (await pool.open(request(), NEVER)).close();
  t.like(pool.lines()[1], { id: 'good', calls: 2, connected: 2 });
});

test('a serial port that is not there is a fault of the line', async (t) => {
  const { pool } = startPool(t, { modems: [lineOptions({ id: 'serial', kind: 'serial', path: '/dev/no-such-port' })] });
  await t.throwsAsync(pool.open(request(), NEVER), { code: 'no_line' });
});
