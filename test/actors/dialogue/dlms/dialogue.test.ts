import test from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import { data } from '../../../../workers/codec/index.ts';
import { dialogueWith, loggedIn, plainMeter, profile, startMeter, within } from './rig.ts';

for (const framing of ['hdlc', 'wrapper'] as const) {
  test(`${framing}: serial number and clock are read, the clock is set, and the meter is released`, async (t) => {
    const { state, script } = plainMeter({ offsetMs: 42_000 });
    const meter = await startMeter(t, framing, script);
    const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing }) });
    t.is(await dialogue.readSerial(within()), '12345678');
    const sample = await dialogue.readClock(within());
    t.true(Math.abs(sample.meterAt - (sample.sentAt.wallMs + sample.firstAt.wallMs) / 2 - 42_000) < 250);
    t.false(sample.repeated);
    t.false(sample.wholeSeconds);
    const target = Date.UTC(2026, 5, 1, 12, 0, 7);
    await dialogue.writeClock(() => target, within());
    const [write] = state.writes;
    t.true(write?.pdu === 'set-request' && write.choice === 'normal' && write.data.type === 'octet-string');
    if (write?.pdu === 'set-request' && write.choice === 'normal' && write.data.type === 'octet-string') {
      t.is(Buffer.from(write.data.octets).toString('hex'), '07ea0601010c000700800000');
    }
    await dialogue.logOff(within());
    t.deepEqual(
      meter.asked.map(({ pdu }) => pdu),
      ['AARQ', 'get-request', 'get-request', 'set-request', 'RLRQ'],
    );
    t.is(state.writes.length, 1);
  });
}

test('the octets of a write frame and the transit are told', async (t) => {
  const meter = await startMeter(t, 'hdlc', plainMeter().script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing: 'hdlc' }) });
  await dialogue.readClock(within());
  t.is(dialogue.writeOctets, 42);
  t.true(dialogue.transitMs >= 0 && dialogue.transitMs < 250);
});

test('an access result of a reading is named, with its code', async (t) => {
  const meter = await startMeter(t, 'wrapper', plainMeter().script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({ serial: { classId: 1, obis: '0.0.96.1.7.255', attribute: 2 } }) });
  const error = await t.throwsAsync(dialogue.readSerial(within()), { instanceOf: DialogueError });
  t.is(error.class, 'meter');
  t.is(error.message, 'serial number: object-undefined (4)');
  t.is(error.meterCode, '4');
});

test('a refused write is class meter with the result in words', async (t) => {
  const meter = await startMeter(t, 'wrapper', plainMeter({ setResult: 3 }).script);
  const dialogue = await loggedIn(t, meter.port);
  const error = await t.throwsAsync(
    dialogue.writeClock(() => Date.now(), within()),
    { instanceOf: DialogueError },
  );
  t.is(error.class, 'meter');
  t.regex(error.message, /read-write-denied \(3\)/);
});

test('an exception response is class meter with state and service', async (t) => {
  const { script } = plainMeter({ first: ({ pdu }) => (pdu === 'get-request' ? { pdu: 'exception-response', stateError: 1, serviceError: 2 } : undefined) });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await loggedIn(t, meter.port);
  const error = await t.throwsAsync(dialogue.readClock(within()), { instanceOf: DialogueError });
  t.is(error.class, 'meter');
  t.is(error.meterCode, 'exception 1/2');
  t.regex(error.message, /service-not-allowed, service-not-supported/);
});

for (const framing of ['hdlc', 'wrapper'] as const) {
  test(`${framing}: a lost reply to the write is class write, the write is not sent again, and the reading that follows is right`, async (t) => {
    const { state, script } = plainMeter();
    const meter = await startMeter(t, framing, (asked, octets) => {
      const said = script(asked, octets);
      return asked.pdu === 'set-request' ? 'silence' : said;
    });
    const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing }, { timing: { retries: 0 } }) });
    const error = await t.throwsAsync(
      dialogue.writeClock(() => Date.now(), within(600)),
      { instanceOf: DialogueError },
    );
    t.is(error.class, 'write');
    t.is(state.writes.length, 1);
    const sample = await dialogue.readClock(within());
    t.true(Math.abs(sample.meterAt - Date.now()) < 10_000);
    t.is(state.writes.length, 1);
    t.is(meter.links, framing === 'hdlc' ? 2 : 0);
  });
}

test('the late answer to a write passes for no answer to the reading after it', async (t) => {
  let late: Parameters<Awaited<ReturnType<typeof startMeter>>['say']>[0] | undefined;
  const { script } = plainMeter();
  const meter = await startMeter(t, 'wrapper', async (asked, octets) => {
    const said = await script(asked, octets);
    if (asked.pdu === 'set-request') {
      late = said as unknown as typeof late;
      return 'silence';
    }
    return late !== undefined && asked.pdu === 'get-request' ? ([late, said] as never) : said;
  });
  const dialogue = await loggedIn(t, meter.port);
  await t.throwsAsync(
    dialogue.writeClock(() => Date.now(), within()),
    { instanceOf: DialogueError },
  );
  const sample = await dialogue.readClock(within());
  t.true(Math.abs(sample.meterAt - Date.now()) < 10_000);
  t.false(sample.repeated);
});

test('the late answer to a reading that was given up passes for no answer to the next one', async (t) => {
  let held: Parameters<Awaited<ReturnType<typeof startMeter>>['say']>[0] | undefined;
  const { script, state } = plainMeter();
  const meter = await startMeter(t, 'wrapper', async (asked, octets) => {
    const said = await script(asked, octets);
    if (asked.pdu !== 'get-request') return said;
    if (held === undefined) {
      state.offsetMs = 100_000;
      held = said as unknown as typeof held;
      return 'silence';
    }
    return [held, said] as never;
  });
  const dialogue = await loggedIn(t, meter.port);
  const sample = await dialogue.readClock(within());
  t.true(sample.meterAt - Date.now() > 90_000, 'the answer to the second question');
  t.true(sample.repeated);
});

test('DM in the middle of a reading begins the link and the log-in again, and the reading is done', async (t) => {
  let once = true;
  const { script } = plainMeter({
    first: ({ pdu }) => {
      if (pdu !== 'get-request' || !once) return undefined;
      once = false;
      return 'disconnect';
    },
  });
  const meter = await startMeter(t, 'hdlc', script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing: 'hdlc' }) });
  t.is(await dialogue.readSerial(within()), '12345678');
  t.is(meter.links, 2);
  t.is(meter.asked.filter(({ pdu }) => pdu === 'AARQ').length, 2);
});

test('a meter that loses the link again and again is given up', async (t) => {
  const { script } = plainMeter({ first: ({ pdu }) => (pdu === 'get-request' ? 'disconnect' : undefined) });
  const meter = await startMeter(t, 'hdlc', script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing: 'hdlc' }) });
  for (let tries = 0; tries < 4; tries++) {
    const error = await t.throwsAsync(dialogue.readClock(within()), { instanceOf: DialogueError });
    t.is(error.class, 'link');
  }
  t.true(meter.links <= 3);
});

test('a write that was lost on its way goes out anew, with the time of then', async (t) => {
  const { state, script } = plainMeter();
  const meter = await startMeter(t, 'hdlc', script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing: 'hdlc' }, { timing: { retries: 3 } }) });
  await dialogue.readClock(within());
  let lost = 0;
  meter.lose = (octets) => Buffer.from(octets).toString('hex').includes('c101c1') && lost++ === 0;
  let asked = 0;
  await dialogue.writeClock(() => Date.UTC(2026, 0, 1, 0, 0, asked++), within());
  t.is(lost, 2);
  t.is(asked, 2);
  t.is(state.writes.length, 1);
  const [write] = state.writes;
  t.true(write?.pdu === 'set-request' && write.choice === 'normal' && write.data.type === 'octet-string' && write.data.octets[7] === 1);
});

test('a meter that vanishes is class transport', async (t) => {
  const { script } = plainMeter({ first: ({ pdu }) => (pdu === 'get-request' ? 'close' : undefined) });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await loggedIn(t, meter.port);
  const error = await t.throwsAsync(dialogue.readClock(within()), { instanceOf: DialogueError });
  t.is(error.class, 'transport');
});

test('a meter that vanishes at the write leaves its outcome unknown', async (t) => {
  const { script } = plainMeter({ first: ({ pdu }) => (pdu === 'set-request' ? 'close' : undefined) });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await loggedIn(t, meter.port);
  const error = await t.throwsAsync(
    dialogue.writeClock(() => Date.now(), within()),
    { instanceOf: DialogueError },
  );
  t.is(error.class, 'write');
});

test('a silent meter ends a step at its deadline', async (t) => {
  const meter = await startMeter(t, 'wrapper', () => 'silence');
  const dialogue = await dialogueWith(t, meter.port, { profile: profile({}, { timing: { replyTimeoutMs: 60_000 } }) });
  await dialogue.signOn(within());
  const began = performance.now();
  const error = await t.throwsAsync(dialogue.logIn(within(200)), { instanceOf: DialogueError });
  t.is(error.class, 'link');
  t.true(performance.now() - began < 20_000);
});

test('a step that is stopped ends at once', async (t) => {
  const meter = await startMeter(t, 'wrapper', ({ pdu }) => (pdu === 'AARQ' ? plainMeter().state.aare({} as never) : 'silence'));
  const dialogue = await loggedIn(t, meter.port, { profile: profile({}, { timing: { replyTimeoutMs: 60_000 } }) });
  const stop = new AbortController();
  const reading = dialogue.readClock(within(60_000, stop.signal));
  stop.abort();
  const error = await t.throwsAsync(reading, { instanceOf: DialogueError });
  t.is(error.class, 'engine');
});

test('log-off ends with meters that do not know the release', async (t) => {
  const { script } = plainMeter({ first: ({ pdu }) => (pdu === 'RLRQ' ? 'silence' : undefined) });
  const meter = await startMeter(t, 'hdlc', script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({ framing: 'hdlc' }) });
  await t.notThrowsAsync(dialogue.logOff(within(800)));
  t.is(meter.asked.at(-1)?.pdu, 'RLRQ');
});

test('shift_time is used for small corrections where the profile says so, and SET beyond', async (t) => {
  const { state, script } = plainMeter({ offsetMs: 120_000 });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await loggedIn(t, meter.port, { profile: profile({}, { clock: { method: 'shift-when-small' } }) });
  await dialogue.readClock(within());
  await dialogue.writeClock(() => Date.now() + dialogue.transitMs, within());
  const [shift] = state.writes;
  t.true(shift?.pdu === 'action-request' && shift.choice === 'normal' && shift.method.id === 6);
  if (shift?.pdu === 'action-request' && shift.choice === 'normal') t.deepEqual(shift.parameters, { type: 'long', value: -120 });
  state.offsetMs = 2_000_000;
  await dialogue.readClock(within());
  await dialogue.writeClock(() => Date.now(), within());
  t.is(state.writes[1]?.pdu, 'set-request');
});

test('a clock without a wholly specified time is refused by field', async (t) => {
  const octets = Uint8Array.of(0xff, 0xff, 6, 1, 0xff, 12, 0, 0, 0, 0x80, 0, 0);
  const { script } = plainMeter({
    first: (asked) =>
      asked.pdu === 'get-request' && asked.choice === 'normal' && asked.attribute.classId === 8
        ? { pdu: 'get-response', choice: 'normal', invokeId: asked.invokeId, confirmed: true, highPriority: true, data: { type: 'octet-string', octets } }
        : undefined,
  });
  const meter = await startMeter(t, 'wrapper', script);
  const dialogue = await loggedIn(t, meter.port);
  const error = await t.throwsAsync(dialogue.readClock(within()), { instanceOf: DialogueError });
  t.is(error.class, 'meter');
  t.is(error.message, 'clock: year not-specified');
});

test('what the meter says of its clock comes with the sample, and no hundredths mean whole seconds', async (t) => {
  const made = data.fromInstant(Date.now(), { hundredths: 'unspecified' });
  t.is(made.kind, 'good');
  const fields = made.kind === 'good' ? { ...made.value, clockStatus: 0x83 } : undefined;
  const encoded = data.encodeDateTime(fields!);
  const octets = encoded.kind === 'good' ? encoded.octets : new Uint8Array();
  const { script } = plainMeter({
    first: (asked) =>
      asked.pdu === 'get-request'
        ? { pdu: 'get-response', choice: 'normal', invokeId: asked.invokeId, confirmed: true, highPriority: true, data: { type: 'octet-string', octets } }
        : undefined,
  });
  const meter = await startMeter(t, 'wrapper', script);
  const sample = await (await loggedIn(t, meter.port)).readClock(within());
  t.true(sample.wholeSeconds);
  t.deepEqual(sample.flags, ['invalid', 'doubtful']);
});
