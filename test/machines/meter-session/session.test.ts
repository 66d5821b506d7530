/** The stages in order, their failures and deadlines, and the way out. */
import test from 'ava';
import type { FailureClass, Stage } from '../../../machines/meter-session/index.ts';
import { fail, type PortName, run, SessionWorld, T0 } from '../../support/machines/meter-session-world.ts';

const UNTIL_CLOCK: PortName[] = ['open', 'signOn', 'identify', 'logIn', 'readSerial', 'readClock'];
const WRITE: PortName[] = ['conditions', 'intend', 'setClock', 'readClock', 'conditions'];

test('a clock beyond the limit is set and verified: success, with both readings', async (t) => {
  const { world, result } = await run({ offset: -203 });
  t.deepEqual(world.calls, [...UNTIL_CLOCK, ...WRITE, 'logOff', 'close']);
  t.is(result.outcome, 'success');
  t.is(result.failure, undefined);
  t.true(result.wrote);
  t.is(result.before?.offsetSeconds, -203);
  t.is(result.after?.offsetSeconds, 0);
  t.is(result.serialNumber, '12345678');
  t.is(result.connectionStartAt, T0);
  t.is(result.connectionEndAt, T0);
  t.deepEqual([result.octetsIn, result.octetsOut], [100, 50]);
});

test('a clock within the limit is left alone: success, no reading after', async (t) => {
  const { world, result } = await run({ offset: 20 });
  t.deepEqual(world.calls, [...UNTIL_CLOCK, 'conditions', 'logOff', 'close']);
  t.is(result.outcome, 'success');
  t.false(result.wrote);
  t.is(result.after, undefined);
  t.deepEqual(result.notes, ['within the limit of 20 s, left alone']);
});

test('the task read-clock never writes', async (t) => {
  const { world, result } = await run({ offset: 500, input: { task: 'read-clock' } });
  t.deepEqual(world.calls, [...UNTIL_CLOCK, 'conditions', 'logOff', 'close']);
  t.is(result.outcome, 'success');
  t.is(result.before?.offsetSeconds, 500);
});

test('the task verify never writes and reports its reading as the one after', async (t) => {
  const right = await run({ offset: 1, input: { task: 'verify' } });
  t.is(right.result.outcome, 'success');
  t.is(right.result.after?.offsetSeconds, 1);
  t.is(right.result.before, undefined);
  const wrong = await run({ offset: 60, input: { task: 'verify' } });
  t.is(wrong.result.outcome, 'error');
  t.is(wrong.result.after?.offsetSeconds, 60);
  t.deepEqual(wrong.result.failure, { stage: 'clock', class: 'write', text: 'clock: the update did not take, the clock is off by +60s' });
  t.false(wrong.world.calls.includes('setClock'));
});

test('each stage is told as it begins, with what is known by then', async (t) => {
  const { world } = await run();
  t.deepEqual(
    world.progress.map(({ stage }) => stage),
    ['open', 'sign-on', 'identify', 'log-in', 'serial', 'clock', 'decide', 'set', 'verify', 'log-off', 'close'],
  );
  t.deepEqual(world.progress[0], { type: 'progress', stage: 'open' });
  t.deepEqual(world.progress[1], { type: 'progress', stage: 'sign-on', connectionStartAt: T0 });
  const decide = world.progress.find(({ stage }) => stage === 'decide');
  t.is(decide?.serialNumber, '12345678');
  t.is(decide?.before?.offsetSeconds, 60);
});

const STAGES: readonly { readonly port: PortName; readonly stage: Stage; readonly overdue: FailureClass; readonly ms: number }[] = [
  { port: 'open', stage: 'open', overdue: 'transport', ms: 30_000 },
  { port: 'signOn', stage: 'sign-on', overdue: 'link', ms: 30_000 },
  { port: 'identify', stage: 'identify', overdue: 'link', ms: 30_000 },
  { port: 'logIn', stage: 'log-in', overdue: 'link', ms: 30_000 },
  { port: 'readSerial', stage: 'serial', overdue: 'link', ms: 30_000 },
  { port: 'readClock', stage: 'clock', overdue: 'link', ms: 30_000 },
];

for (const [index, { port, stage, overdue, ms }] of STAGES.entries()) {
  const way: PortName[] = index < 2 ? ['close'] : ['logOff', 'close'];
  test(`${stage}: a failure ends in an error of its class that names the stage, and closes`, async (t) => {
    const { world, result } = await run({ script: { [port]: [fail('link', 'bad checksum')] } });
    t.is(result.outcome, 'error');
    t.deepEqual(result.failure, { stage, class: 'link', text: `${stage}: bad checksum` });
    t.false(result.wrote);
    t.deepEqual(world.calls, [...UNTIL_CLOCK.slice(0, index + 1), ...way]);
  });

  test(`${stage}: silence ends at its deadline and aborts the port`, async (t) => {
    const { world, result } = await run({ script: { [port]: ['hang'] } });
    t.deepEqual(result.failure, { stage, class: overdue, text: `${stage}: no end within its time` });
    t.is(world.clock.now(), ms);
    t.true(world.signals.get(port)?.aborted);
    t.deepEqual(world.calls, [...UNTIL_CLOCK.slice(0, index + 1), ...way]);
  });

  test(`${stage}: a cancel ends it at once, logged off and closed`, async (t) => {
    const world = await new SessionWorld({ script: { [port]: ['hang'] } }).until(port);
    const result = await world.cancel();
    t.is(result.outcome, 'cancelled');
    t.is(world.clock.now(), 0);
    t.true(world.signals.get(port)?.aborted);
    t.deepEqual(world.calls, [...UNTIL_CLOCK.slice(0, index + 1), ...way]);
  });
}

test('a modem has 60 s to connect', async (t) => {
  const { world } = await run({ input: { target: { canonicalAddress: 'tel:07777000000' } }, script: { open: ['hang'] } });
  t.is(world.clock.now(), 60_000);
});

test('a refused password is marked as such', async (t) => {
  const { result } = await run({ script: { logIn: [fail('login', 'password refused')] } });
  t.deepEqual(result.failure, { stage: 'log-in', class: 'login', text: 'log-in: password refused' });
  t.true(result.passwordRefused);
});

test('what a port throws without a class is a fault of the engine, in one bounded line', async (t) => {
  const { result } = await run({
    script: {
      identify: [
        () => {
          throw new Error(`odd\r\n\u0000 ${'x'.repeat(500)}`);
        },
      ],
    },
  });
  t.is(result.failure?.class, 'engine');
  t.true(result.failure!.text.startsWith('identify: odd xxx'));
  t.true(result.failure!.text.length <= 210);
});

test('the whole session has its own deadline', async (t) => {
  const slow = (world: () => SessionWorld, name: 'readClock') => () => ({ ...world().sample(), repeated: name === 'readClock' });
  const world: SessionWorld = new SessionWorld({
    policy: { clockReads: 1_000, deadlines: { sessionMs: 5_000 } },
    script: { readClock: [...Array(50).fill(slow(() => world, 'readClock')), 'hang'] },
  });
  const result = await world.end();
  t.is(world.clock.now(), 5_000);
  t.deepEqual(result.failure, { stage: 'clock', class: 'link', text: 'clock: the session took too long in all' });
  t.deepEqual(world.calls.slice(-2), ['logOff', 'close']);
});

test('a log-off that fails changes nothing but the notes', async (t) => {
  const { world, result } = await run({ script: { logOff: [fail('link', 'no answer')] } });
  t.is(result.outcome, 'success');
  t.deepEqual(result.notes, ['log-off: no answer']);
  t.is(world.calls.at(-1), 'close');
});

test('a log-off that hangs is given up, then the link is closed', async (t) => {
  const { world, result } = await run({ script: { logOff: ['hang'] } });
  t.is(world.clock.now(), 10_000);
  t.is(result.outcome, 'success');
  t.is(world.calls.at(-1), 'close');
});

test('a close that fails or hangs still ends the session', async (t) => {
  const failing = await run({ script: { close: [fail('link', 'gone')] } });
  t.is(failing.result.outcome, 'success');
  t.is(failing.result.connectionEndAt, undefined);
  const hanging = await run({ script: { close: ['hang'] } });
  t.is(hanging.result.outcome, 'success');
  t.is(hanging.world.clock.now(), 10_000);
});

test('a cancel during log-off or close changes nothing', async (t) => {
  const world = await new SessionWorld({ script: { logOff: ['hang'] } }).until('logOff');
  t.is((await world.cancel()).outcome, 'success');
});

test('a process that stops before the write leaves an error of the engine behind', async (t) => {
  const world = await new SessionWorld({ script: { logIn: ['hang'] } }).until('logIn');
  const result = await world.cancel('stopping');
  t.is(result.outcome, 'error');
  t.deepEqual(result.failure, { stage: 'log-in', class: 'engine', text: 'log-in: the process is stopping' });
});
