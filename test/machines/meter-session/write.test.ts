/** Deciding, writing, verifying: the guards within a session, and no blind second write. */
import test from 'ava';
import { fail, run, SessionWorld, T0 } from '../../support/machines/meter-session-world.ts';

/** The host's clock is asked for before the write and again for the reading after it. */
const WRITE = ['conditions', 'intend', 'setClock', 'readClock', 'conditions'] as const;

for (const [title, setup, guard] of [
  ['off by an hour', { offset: 3_600 }, 'zone'],
  ['off by more than the largest correction', { offset: 5_000 }, 'largest'],
  ['a dry run', { policy: { guards: { dryRun: true } } }, 'dry-run'],
  ['the stop switch is on', { script: { conditions: [() => ({ hostClock: { good: true }, stopped: true })] } }, 'stop-switch'],
  ['the host clock is not known to be right', { script: { conditions: [() => ({ hostClock: { good: false }, stopped: false })] } }, 'host-clock'],
  ['nobody can say whether a write is allowed', { script: { conditions: [fail('engine')] } }, 'host-clock'],
  ['nobody says in time whether a write is allowed', { script: { conditions: ['hang'] } }, 'host-clock'],
  ['the stop switch goes on while the intent is committed', { script: { intend: [() => ({ kind: 'refused', reason: 'stop-switch' })] } }, 'stop-switch'],
  ['the stop switch goes on before the frame leaves', { script: { setClock: [fail('guard', 'held', { guard: 'stop-switch' })] } }, 'stop-switch'],
] as const) {
  test(`${title}: nothing is written, partial success by guard ${guard}`, async (t) => {
    const { world, result } = await run(setup as never);
    t.is(result.outcome, 'partial');
    t.is(result.failure?.class, 'guard');
    t.is(result.failure?.guard, guard);
    t.false(result.wrote);
    t.truthy(result.before);
    t.is(result.after, undefined);
    t.deepEqual(world.calls.slice(-2), ['logOff', 'close']);
  });
}

for (const [title, setup] of [
  ['a zone that is allowed for the meter', { offset: 3_600, input: { allowZone: true } }],
  ['a zone, with that guard off', { offset: 3_600, policy: { guards: { zoneSeconds: null } } }],
  ['a large correction, with that guard off', { offset: 5_000, policy: { guards: { largestSeconds: null } } }],
  [
    'the stop switch, with that guard off',
    { policy: { guards: { stopSwitch: false } }, script: { conditions: [() => ({ hostClock: { good: true }, stopped: true })] } },
  ],
  [
    'an unknown host clock, with that guard off',
    { policy: { guards: { hostClock: false } }, script: { conditions: [() => ({ hostClock: { good: false }, stopped: false })] } },
  ],
] as const) {
  test(`${title}: is written`, async (t) => {
    const { result } = await run(setup as never);
    t.is(result.outcome, 'success');
    t.true(result.wrote);
  });
}

test('a host clock that is stepped between opening and reading forbids the write', async (t) => {
  const { result } = await run({ script: { open: [() => ({ openedAt: { wallMs: T0 - 5_000, monotonicMs: 0 } })] } });
  t.is(result.failure?.guard, 'host-clock');
});

test('near a boundary the session waits with keep-alives, reads the clock anew, then writes', async (t) => {
  const { world, result } = await run({ startedAt: Date.UTC(2026, 2, 24, 10, 29, 45), policy: { guards: { boundary: { leadTcpMs: null } } } });
  t.is(result.outcome, 'success');
  t.deepEqual(world.calls.slice(5, -2), ['readClock', 'conditions', 'keepAlive', 'keepAlive', 'readClock', ...WRITE]);
  t.true(world.clock.now() >= 45_000 && world.clock.now() <= 47_000);
  t.true(result.notes.includes('waited for a boundary to pass'));
});

test('a boundary that takes too long to pass is given up: partial success by guard boundary', async (t) => {
  const { world, result } = await run({
    startedAt: Date.UTC(2026, 2, 24, 10, 28, 45),
    offset: 50,
    policy: { guards: { boundary: { leadTcpMs: null } } },
  });
  t.is(result.failure?.guard, 'boundary');
  t.is(result.outcome, 'partial');
  t.false(world.calls.includes('intend'));
});

test('a boundary guard of 0 s neither waits nor flags', async (t) => {
  const { world, result } = await run({ startedAt: Date.UTC(2026, 2, 24, 10, 29, 59), policy: { guards: { boundary: { withinSeconds: 0 } } } });
  t.is(world.clock.now(), 0);
  t.deepEqual(result.notes, []);
});

test('a correction that crosses a boundary is done and flagged', async (t) => {
  const { result } = await run({ startedAt: Date.UTC(2026, 2, 24, 10, 29, 0), offset: 120 });
  t.is(result.outcome, 'success');
  t.deepEqual(result.notes, ['the correction crossed a boundary of 30 minutes']);
});

test('dialling is put off when the write would meet a boundary', async (t) => {
  const { world, result } = await run({ startedAt: Date.UTC(2026, 2, 24, 10, 29, 45), offset: 5 });
  t.is(result.connectionStartAt, Date.UTC(2026, 2, 24, 10, 30, 27));
  t.is(world.calls[0], 'open');
});

test('a cancel before dialling opens nothing', async (t) => {
  const world = new SessionWorld({ startedAt: Date.UTC(2026, 2, 24, 10, 29, 45) });
  world.actor.start();
  const result = await world.cancel();
  t.is(result.outcome, 'cancelled');
  t.deepEqual(world.calls, []);
});

test('a keep-alive that fails ends the session before anything is written', async (t) => {
  const { result } = await run({
    startedAt: Date.UTC(2026, 2, 24, 10, 29, 45),
    policy: { guards: { boundary: { leadTcpMs: null } } },
    script: { keepAlive: [fail('link', 'lost')] },
  });
  t.is(result.outcome, 'error');
  t.is(result.failure?.class, 'link');
  t.false(result.wrote);
});

test('a cancel while waiting for a boundary ends it', async (t) => {
  const world = await new SessionWorld({ startedAt: Date.UTC(2026, 2, 24, 10, 29, 45), policy: { guards: { boundary: { leadTcpMs: null } } } }).until(
    'keepAlive',
  );
  t.is((await world.cancel()).outcome, 'cancelled');
  t.deepEqual(world.calls.slice(-2), ['logOff', 'close']);
});

test('a cancel while conditions are asked ends it', async (t) => {
  const world = await new SessionWorld({ script: { conditions: ['hang'] } }).until('conditions');
  t.is((await world.cancel()).outcome, 'cancelled');
});

test('an intent that cannot be committed is an error of the engine, nothing is written', async (t) => {
  for (const act of [fail('engine', 'store is gone'), 'hang'] as const) {
    const { world, result } = await run({ script: { intend: [act] } });
    t.is(result.outcome, 'error');
    t.is(result.failure?.class, 'engine');
    t.false(world.calls.includes('setClock'));
  }
});

test('whoever commits the intent decides whether a cancel came first', async (t) => {
  const refused = await run({ script: { intend: [() => ({ kind: 'refused', reason: 'cancelled' })] } });
  t.is(refused.result.outcome, 'cancelled');
  t.false(refused.world.calls.includes('setClock'));
  let go = (_: unknown) => {};
  const world = await new SessionWorld({ script: { intend: [() => new Promise((resolve) => (go = resolve))] } }).until('intend');
  world.actor.send({ type: 'cancel', reason: 'cancelled' });
  go({ kind: 'go' });
  t.is((await world.end()).outcome, 'success');
});

for (const port of ['setClock', 'readClock'] as const) {
  test(`a cancel after the intent, during ${port}, changes nothing: the result stands`, async (t) => {
    let go = (_: unknown) => {};
    const hold = () => new Promise((resolve) => (go = resolve));
    const world: SessionWorld = new SessionWorld({ script: port === 'setClock' ? { setClock: [hold] } : { readClock: [() => world.sample(), hold] } });
    await world.until(port, port === 'setClock' ? 1 : 2);
    world.actor.send({ type: 'cancel', reason: 'cancelled' });
    await world.settle();
    t.false(world.signals.get(port)?.aborted);
    world.offsetMs = 0;
    go(port === 'setClock' ? { value: world.now } : world.sample());
    const result = await world.end();
    t.is(result.outcome, 'success');
    t.is(result.after?.offsetSeconds, 0);
  });
}

test('a write that the meter refuses is partial success with its reason, without a second try', async (t) => {
  const { world, result } = await run({ script: { setClock: [fail('meter', 'read-write denied')] } });
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, { stage: 'set', class: 'meter', text: 'set: read-write denied' });
  t.is(result.afterError, 'set: read-write denied');
  t.true(result.wrote);
  t.is(world.count('setClock'), 1);
});

test('a write without a reply is judged by reading: it took', async (t) => {
  for (const kind of ['write', 'link', 'engine', 'transport']) {
    const world: SessionWorld = new SessionWorld({
      script: {
        setClock: [
          () => {
            world.offsetMs = 0;
            return fail(kind, 'no reply')();
          },
        ],
      },
    });
    const result = await world.end();
    t.is(result.outcome, 'success');
    t.is(world.count('setClock'), 1);
    t.deepEqual(result.notes, ['the reply to the write was lost; the reading shows that it took']);
  }
});

test('a write without a reply that did not take is written again after the reading, through all guards', async (t) => {
  const { world, result } = await run({ script: { setClock: [fail('write', 'no reply')] } });
  t.is(result.outcome, 'success');
  t.deepEqual(world.calls.slice(5, -2), ['readClock', ...WRITE, ...WRITE]);
  t.is(result.before?.offsetSeconds, 60);
  t.is(result.after?.offsetSeconds, 0);
});

test('writes that never take are given up: partial success with the reading after', async (t) => {
  const { world, result } = await run({ script: { setClock: Array(9).fill(fail('write', 'no reply')) } });
  t.is(world.count('setClock'), 2);
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, { stage: 'set', class: 'write', text: 'set: no reply; the clock is still off by +60s' });
  t.is(result.after?.offsetSeconds, 60);
});

const nothingLeft = (kind: string, message: string) => () => Promise.reject(Object.assign(new Error(message), { class: kind, nothingLeft: true }));

test('what goes wrong before a frame with a time is made is no write: tried once more after a reading, then a failure of the link', async (t) => {
  for (const kind of ['link', 'transport', 'write'] as const) {
    const { world, result } = await run({ script: { setClock: Array(9).fill(nothingLeft(kind, 'no reply to the password')) } });
    t.is(world.count('setClock'), 2, kind);
    t.is(result.outcome, 'error');
    t.false(result.wrote);
    t.deepEqual(result.failure, { stage: 'set', class: 'link', text: 'set: no reply to the password; the clock is still off by +60s' });
    t.is(result.before?.offsetSeconds, 60);
    t.is(result.after, undefined);
    t.is(result.notTaken, undefined);
  }
});

test('a link that is lost before a frame with a time is made, and stays so: nothing was written', async (t) => {
  const world: SessionWorld = new SessionWorld({
    script: { setClock: [nothingLeft('transport', 'connection lost')], readClock: [() => world.sample(), fail('transport', 'connection lost')] },
  });
  const result = await world.end();
  t.is(result.outcome, 'error');
  t.false(result.wrote);
  t.deepEqual(result.failure, { stage: 'set', class: 'transport', text: 'set: connection lost' });
  t.is(result.afterError, undefined);
});

test('a password that is refused before a write ends the session as such, and nothing was written', async (t) => {
  const { world, result } = await run({ script: { setClock: [nothingLeft('login', 'password refused')] } });
  t.is(world.count('setClock'), 1);
  t.is(result.outcome, 'error');
  t.true(result.passwordRefused);
  t.false(result.wrote);
});

test('told to stop after a write that did not take, the session writes no more and says that it would have', async (t) => {
  const world: SessionWorld = new SessionWorld({
    script: {
      setClock: [
        () => {
          world.actor.send({ type: 'cancel', reason: 'stopping' });
          return fail('write', 'no reply')();
        },
      ],
    },
  });
  const result = await world.end();
  t.is(world.count('setClock'), 1);
  t.is(result.outcome, 'partial');
  t.is(result.failure?.class, 'engine');
  t.true(result.notTaken);
  t.is(result.after?.offsetSeconds, 60);
});

test('a write that hangs is judged by reading after its deadline', async (t) => {
  const { world, result } = await run({ policy: { writes: 1 }, script: { setClock: ['hang'] } });
  t.is(world.clock.now(), 30_000);
  t.is(result.outcome, 'partial');
  t.is(result.failure?.class, 'write');
  t.true(result.wrote);
});

test('no reply and no reading after: partial success, the outcome of the write is not known', async (t) => {
  const world: SessionWorld = new SessionWorld({
    script: { setClock: [fail('write', 'no reply')], readClock: [() => world.sample(), fail('link', 'line is dead')] },
  });
  const result = await world.end();
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, { stage: 'set', class: 'write', text: 'set: no reply' });
  t.is(result.afterError, 'verify: line is dead');
  t.is(world.count('setClock'), 1);
});

test('an acknowledged write without a reading after is partial success of the class of that reading', async (t) => {
  for (const act of [fail('link', 'line is dead'), 'hang'] as const) {
    const world: SessionWorld = new SessionWorld({ script: { readClock: [() => world.sample(), act] } });
    const result = await world.end();
    t.is(result.outcome, 'partial');
    t.is(result.failure?.class, 'link');
    t.is(result.failure?.stage, 'verify');
    t.truthy(result.afterError);
    t.is(result.after, undefined);
  }
});

test('bad samples after the write are read again, within bounds', async (t) => {
  const world: SessionWorld = new SessionWorld({ script: { readClock: [() => world.sample(), ...Array(9).fill(() => world.sample({ repeated: true }))] } });
  const result = await world.end();
  t.is(world.count('readClock'), 4);
  t.is(result.outcome, 'partial');
  t.regex(result.afterError ?? '', /no usable reading in 3/);
});

test('an acknowledged write that did not take is partial success, and not repeated', async (t) => {
  const { world, result } = await run({ script: { setClock: [() => ({ value: T0 })] } });
  t.is(world.count('setClock'), 1);
  t.is(result.outcome, 'partial');
  t.deepEqual(result.failure, { stage: 'verify', class: 'write', text: 'verify: the update did not take, the clock is off by +60s' });
});

test("the session's deadline during the write leaves an unknown outcome", async (t) => {
  const { world, result } = await run({ policy: { deadlines: { sessionMs: 5_000 } }, script: { setClock: ['hang'] } });
  t.is(world.clock.now(), 5_000);
  t.is(result.outcome, 'partial');
  t.is(result.failure?.class, 'write');
  t.true(result.wrote);
  t.deepEqual(world.calls.slice(-2), ['logOff', 'close']);
});
