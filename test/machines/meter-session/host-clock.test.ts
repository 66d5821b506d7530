/** What a reading is worth while the clock of the host is in doubt (meter-protocols 2, "Guards"). */
import test from 'ava';
import { type Act, fail, run, SessionWorld, T0 } from '../../support/machines/meter-session-world.ts';

const STEPPED = "the host's clock was stepped during the session";
const JUMP_MS = 64_000;
const wrong: Act = () => ({ hostClock: { good: false, text: 'it was stepped' }, stopped: false });
/** Opened by a clock that stood 64 s behind what it says at the reading. */
const jumped = { open: [() => ({ openedAt: { wallMs: T0 - JUMP_MS, monotonicMs: 0 } })] };
/** The clock jumps after the reading: seen only when the conditions are asked. */
const jumpsLate: Act = () => ({ hostClock: { good: true }, stopped: false, askedAt: { wallMs: T0 + JUMP_MS, monotonicMs: 0 } });

for (const [title, script, text] of [
  ['is known to be wrong', { conditions: [wrong] }, "the host's clock is not known to be right: it was stepped"],
  ['was stepped before the reading', jumped, STEPPED],
  ['was stepped after the reading', { conditions: [jumpsLate] }, STEPPED],
  ['cannot be asked for', { conditions: [fail('engine', 'gone')] }, "the host's clock is not known to be right: clock: gone"],
  ['is not told in time', { conditions: ['hang'] }, "the host's clock is not known to be right: clock: no end within its time"],
] as const) {
  test(`a clock within the limit is an error of the host-clock guard while the host's own ${title}`, async (t) => {
    const { world, result } = await run({ offset: 11, script });
    t.is(result.outcome, 'error');
    t.deepEqual(result.failure, { stage: 'clock', class: 'guard', guard: 'host-clock', text });
    t.false(result.wrote);
    t.deepEqual(result.notes, []);
    t.deepEqual(world.calls.slice(-2), ['logOff', 'close']);
  });

  test(`the task read-clock gives the same error while the host's clock ${title}`, async (t) => {
    const { result } = await run({ offset: 11, input: { task: 'read-clock' }, script });
    t.is(result.outcome, 'error');
    t.is(result.failure?.guard, 'host-clock');
  });

  for (const offset of [1, 60]) {
    test(`the task verify does not tell of a reading of ${offset} s while the host's clock ${title}`, async (t) => {
      const { result } = await run({ offset, input: { task: 'verify' }, script });
      t.is(result.outcome, 'error');
      t.is(result.failure?.guard, 'host-clock');
      t.is(result.after, undefined);
      t.is(result.afterError, text);
    });
  }
}

for (const [title, act, text] of [
  ['is found to be wrong', wrong, "the host's clock is not known to be right: it was stepped"],
  ['was stepped', jumpsLate, STEPPED],
  ['cannot be asked for', fail('engine', 'gone'), "the host's clock is not known to be right: verify: gone"],
] as const) {
  test(`a write is not verified by a reading during which the host's clock ${title}: partial success by guard host-clock`, async (t) => {
    const world: SessionWorld = new SessionWorld({ script: { conditions: [() => world.good('conditions'), act] } });
    const result = await world.end();
    t.is(result.outcome, 'partial');
    t.deepEqual(result.failure, { stage: 'verify', class: 'guard', guard: 'host-clock', text });
    t.true(result.wrote);
    t.is(result.after, undefined);
    t.is(result.afterError, text);
    t.is(world.count('setClock'), 1);
  });
}

test('a write whose reply was lost is not written again by a reading under a clock that was stepped', async (t) => {
  const world: SessionWorld = new SessionWorld({ script: { setClock: [fail('write', 'no reply')], conditions: [() => world.good('conditions'), jumpsLate] } });
  const result = await world.end();
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, { stage: 'set', class: 'write', text: 'set: no reply' });
  t.is(world.count('setClock'), 1);
});

test('a clock that is stepped between the reading and the decision forbids the write', async (t) => {
  const { world, result } = await run({ script: { conditions: [jumpsLate] } });
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, { stage: 'decide', class: 'guard', guard: 'host-clock', text: STEPPED });
  t.false(world.calls.includes('setClock'));
});

test('the stop switch does not touch a clock that is within the limit', async (t) => {
  const { result } = await run({ offset: 11, script: { conditions: [() => ({ hostClock: { good: true }, stopped: true })] } });
  t.is(result.outcome, 'success');
});

test('with that guard off nobody is asked for a reading, and it stands', async (t) => {
  for (const task of ['time-update', 'read-clock', 'verify'] as const) {
    const { world, result } = await run({ offset: 11, input: { task }, policy: { guards: { hostClock: false } }, script: { ...jumped, conditions: [wrong] } });
    t.is(result.outcome, 'success');
    t.false(world.calls.includes('conditions'));
  }
});

test('a cancel while the host is asked for its clock ends the session', async (t) => {
  const world = await new SessionWorld({ offset: 11, script: { conditions: ['hang'] } }).until('conditions');
  t.is((await world.cancel()).outcome, 'cancelled');
});
