/** Serial numbers and clock samples within a session. */
import test from 'ava';
import { fail, run, SessionWorld, T0 } from '../../support/machines/meter-session-world.ts';

test('a serial number that does not match ends in an error, the clock is neither read nor written', async (t) => {
  const { world, result } = await run({ script: { readSerial: [() => '87654321'] } });
  t.is(result.outcome, 'error');
  t.deepEqual(result.failure, { stage: 'serial', class: 'guard', guard: 'serial', text: 'serial number does not match, the meter gave 87654321' });
  t.is(result.serialNumber, '87654321');
  t.is(result.serialError, 'serial number does not match, the meter gave 87654321');
  t.false(world.calls.includes('readClock'));
  t.deepEqual(world.calls.slice(-2), ['logOff', 'close']);
});

test('where the serial guard is off, a mismatch is only noted', async (t) => {
  const { result } = await run({ policy: { guards: { serial: false } }, script: { readSerial: [() => '87654321'] } });
  t.is(result.outcome, 'success');
  t.deepEqual(result.notes, ['serial number does not match, the meter gave 87654321']);
});

test('serial numbers are compared in their plain form', async (t) => {
  const { result } = await run({ input: { serialPrefixes: ['LGZ'] }, script: { readSerial: [() => '\0lgz0012345678 '] } });
  t.is(result.outcome, 'success');
});

for (const [title, act] of [
  ['the meter answers with an error code', fail('meter', 'ERR 4')],
  ['the meter gives an empty one', () => ' \0 '],
] as const) {
  test(`serial expected but unreadable, ${title}: an error, nothing is written`, async (t) => {
    const { world, result } = await run({ script: { readSerial: [act] } });
    t.is(result.outcome, 'error');
    t.is(result.failure?.class, 'meter');
    t.truthy(result.serialError);
    t.false(world.calls.includes('readClock'));
  });

  test(`serial not expected and unreadable, ${title}: the clock is set, the success is partial`, async (t) => {
    const { world, result } = await run({ input: { target: { serialNumber: undefined as never } }, script: { readSerial: [act] } });
    t.true(world.calls.includes('setClock'));
    t.is(result.outcome, 'partial');
    t.is(result.failure?.stage, 'serial');
    t.is(result.after?.offsetSeconds, 0);
  });
}

test('a link that fails while the serial number is read ends the session, expected or not', async (t) => {
  const { result } = await run({ input: { target: { serialNumber: undefined as never } }, script: { readSerial: [fail('link')] } });
  t.is(result.outcome, 'error');
  t.is(result.failure?.class, 'link');
});

test('a sample whose request was repeated is thrown away and the clock is read again', async (t) => {
  const world: SessionWorld = new SessionWorld({ script: { readClock: [() => world.sample({ repeated: true, meterAt: T0 + 999_000 })] } });
  const result = await world.end();
  t.is(result.outcome, 'success');
  t.is(result.before?.offsetSeconds, 60);
  t.is(world.count('readClock'), 3);
});

test('a sample whose round trip exceeds 10 s is thrown away', async (t) => {
  const world: SessionWorld = new SessionWorld({ offset: 5, script: { readClock: [() => world.sample({}, 10_100)] } });
  await world.end();
  t.is(world.count('readClock'), 2);
});

test('samples are thrown away so often, then the session ends in an error', async (t) => {
  const world: SessionWorld = new SessionWorld({ script: { readClock: Array(9).fill(() => world.sample({ repeated: true })) } });
  const result = await world.end();
  t.is(world.count('readClock'), 3);
  t.deepEqual(result.failure, { stage: 'clock', class: 'link', text: 'clock: no usable reading in 3: the request had to be repeated' });
  t.is(result.before, undefined);
});

test('what the meter says of its own clock is noted', async (t) => {
  const world: SessionWorld = new SessionWorld({ offset: 5, script: { readClock: [() => world.sample({ flags: ['doubtful'] })] } });
  t.true((await world.end()).notes.includes('the meter says of its clock: doubtful'));
});
