import test from 'ava';
import { ByteTrace, TracedLink } from '../../../../actors/link/index.ts';
import { openTo, startPeer } from '../../../support/link/peer.ts';
import { realClock } from '../../../support/real-ports.ts';
import { errorOfStep, failureOf, loggedIn, profileOf, talkTo, within } from '../scripted.ts';
import { ACK, CLOCK, can, SERIAL, startEdmi, talk } from './meter.ts';

const CLOCK_AT = Date.UTC(CLOCK.year, CLOCK.month - 1, CLOCK.day, CLOCK.hour, CLOCK.minute, CLOCK.second);
const TIME = Date.UTC(2019, 0, 2, 4, 2, 40);
const isWrite = (said: string): boolean => said.startsWith('W');
const isLogin = (said: string): boolean => said.startsWith('L');

test('a whole session says what the protocol asks for, in its order', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  t.is(await dialogue.identify(limits), 'EDMI meter');
  await dialogue.logIn(limits);
  t.is(await dialogue.readSerial(limits), String(SERIAL));
  const sample = await dialogue.readClock(limits);
  t.is(sample.meterAt, CLOCK_AT);
  t.true(sample.wholeSeconds && !sample.repeated);
  t.true(sample.sentAt.monotonicMs <= sample.firstAt.monotonicMs);
  await dialogue.writeClock(() => TIME, limits);
  await dialogue.keepAlive(limits);
  await dialogue.logOff(limits);
  t.deepEqual(meter.heard, ['esc', 'L EDMI,secret', 'R F002', 'R F03D', 'W F03D 020113040228', 'R F03D', 'X']);
});

test('with an address every frame is extended and goes to that serial number', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { outstationAddress: String(SERIAL) }));
  await dialogue.readClock(limits);
  await dialogue.logOff(limits);
  t.deepEqual(meter.heard, ['esc', `L EDMI,secret@${SERIAL}`, `R F03D@${SERIAL}`, `X@${SERIAL}`]);
});

for (const wake of ['esc', 'stx-etx', 'iec-request'] as const) {
  test(`the meter is woken by ${wake} where the profile says so`, async (t) => {
    const meter = await startEdmi(t);
    const { dialogue, limits } = await talk(t, meter, { change: { edmi: { wake } } });
    await dialogue.signOn(limits);
    t.deepEqual(meter.heard, [wake]);
  });
}

test('a password may bring its user along', async (t) => {
  const meter = await startEdmi(t, 'READER,a,b');
  await loggedIn(await talk(t, meter, { password: 'READER,a,b' }));
  t.deepEqual(meter.heard, ['esc', 'L READER,a,b']);
});

for (const [name, answer, code] of [
  ['CAN alone', can(null), 'CAN'],
  ['CAN 4', can(4), 'CAN 4'],
] as const) {
  test(`a log-in that is answered by ${name} is refused, and the password stands in no text`, async (t) => {
    const meter = await startEdmi(t);
    meter.instead.push({ to: 'L', answer });
    const { dialogue, limits } = await talk(t, meter);
    await dialogue.signOn(limits);
    const refused = await errorOfStep(t, dialogue.logIn(limits));
    t.deepEqual([refused.class, refused.meterCode], ['login', code]);
    t.notRegex(refused.message, /secret/);
    t.is(meter.heard.filter(isLogin).length, 1);
  });
}

test('a meter that is not ready for a log-in has not refused the password', async (t) => {
  const meter = await startEdmi(t);
  meter.instead.push({ to: 'L', answer: can(7) });
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  t.deepEqual(await failureOf(t, dialogue.logIn(limits)), ['meter', 'CAN 7']);
});

test('a log-in without an answer is a fault of the link, and is sent once', async (t) => {
  const meter = await startEdmi(t);
  meter.instead.push({ to: 'L', answer: null });
  const { dialogue, limits } = await talk(t, meter, { change: { timing: { replyTimeoutMs: 150 } } });
  await dialogue.signOn(limits);
  t.deepEqual(await failureOf(t, dialogue.logIn(limits)), ['link', undefined]);
  t.is(meter.heard.filter(isLogin).length, 1);
});

test('a connection that ends in place of an answer to the log-in is class hang-up, and the log-in is sent once', async (t) => {
  const meter = await startEdmi(t);
  meter.instead.push({ to: 'L', answer: 'hang-up-tcp' });
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  const failed = await errorOfStep(t, dialogue.logIn(limits));
  t.is(failed.class, 'hang-up');
  t.notRegex(failed.message, /secret/);
  t.is(meter.heard.filter(isLogin).length, 1);
});

test('a connection that ends when a meter that had taken the log-in asks for it again is a fault of the transport', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'R', answer: can(9) }, { to: 'L', answer: 'hang-up-tcp' });
  t.deepEqual(await failureOf(t, dialogue.readSerial(limits)), ['transport', undefined]);
});

for (const code of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`CAN ${code} is the meter's refusal of a read and of a write, and nothing is sent again`, async (t) => {
    const meter = await startEdmi(t);
    const { dialogue, limits } = await loggedIn(await talk(t, meter));
    meter.instead.push({ to: 'R', answer: can(code) }, { to: 'W', answer: can(code) });
    t.deepEqual(await failureOf(t, dialogue.readSerial(limits)), ['meter', `CAN ${code}`]);
    t.deepEqual(
      await failureOf(
        t,
        dialogue.writeClock(() => TIME, limits),
      ),
      ['meter', `CAN ${code}`],
    );
    t.deepEqual(meter.heard.slice(2), ['R F002', 'W F03D 020113040228']);
  });
}

test('CAN 9 to a read brings one more log-in and the read once more', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.heard.length = 0;
  meter.instead.push({ to: 'R', answer: can(9) });
  t.is(await dialogue.readSerial(limits), String(SERIAL));
  t.deepEqual(meter.heard, ['R F002', 'L EDMI,secret', 'R F002']);
});

test('CAN 9 to the write brings one more log-in and the write once more, with a value that is asked for anew', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.heard.length = 0;
  meter.instead.push({ to: 'W', answer: can(9) });
  let second = 0;
  await dialogue.writeClock(() => TIME + 1_000 * second++, limits);
  t.deepEqual(meter.heard, ['W F03D 020113040228', 'L EDMI,secret', 'W F03D 020113040229']);
});

test('CAN 9 twice is the meter’s refusal', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'W', answer: can(9) }, { to: 'W', answer: can(9) });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['meter', 'CAN 9'],
  );
  t.is(meter.heard.filter(isWrite).length, 2);
});

test('a write without an answer has an unknown outcome, went out once, and the clock may be read behind it', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 300 } } }));
  meter.instead.push({ to: 'W', answer: null });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['write', undefined],
  );
  t.is(meter.heard.filter(isWrite).length, 1);
  t.is((await dialogue.readClock(limits)).meterAt, CLOCK_AT);
});

test('a sample whose request went out twice says so', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 300 } } }));
  meter.instead.push({ to: 'R', answer: null });
  t.true((await dialogue.readClock(limits)).repeated);
  t.is(meter.heard.filter((said) => said === 'R F03D').length, 2);
});

test('a meter that does not wake is a fault of the link, within the time of the step, and has nothing to log off from', async (t) => {
  const deaf = await startPeer(t);
  const { dialogue, link } = await talkTo(t, deaf.port, profileOf('EDMIATLAS'), { password: 'secret' });
  t.deepEqual(await failureOf(t, dialogue.signOn(within(100))), ['link', undefined]);
  const said = link.octetsOut;
  await dialogue.logOff(within(100));
  t.is(link.octetsOut, said);
});

test('the log-off goes out though the link was given up', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 100, retries: 0 } } }));
  meter.instead.push({ to: 'R', answer: null });
  await t.throwsAsync(dialogue.readClock(limits));
  await dialogue.logOff(limits);
  await dialogue.logOff(limits);
  const again = await talk(t, meter);
  await again.dialogue.signOn(limits);
  t.deepEqual(meter.heard.slice(-3), ['R F03D', 'X', 'esc']);
});

test('a log-off without an answer is done', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 150 } } }));
  meter.instead.push({ to: 'X', answer: null });
  await t.notThrowsAsync(dialogue.logOff(limits));
});

test('a clock that is none is a fault of the meter, named', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'R', answer: { kind: 'read-reply', register: 0xf03d, data: Uint8Array.of(99, 99, 99, 99, 99, 99) } });
  t.regex((await errorOfStep(t, dialogue.readClock(limits))).message, /^clock: cannot be read/);
});

test('the write frame is as long as it says, escaped octets included', async (t) => {
  const meter = await startEdmi(t);
  const { dialogue, limits, link } = await loggedIn(await talk(t, meter));
  const before = link.octetsOut;
  // The second of the month and the third hour are escaped: at most so many more.
  await dialogue.writeClock(() => Date.UTC(2019, 1, 2, 3, 16, 17), limits);
  t.true(Math.abs(link.octetsOut - before - dialogue.writeOctets) <= 8);
});

test('a byte trace shows nothing of the log-in', async (t) => {
  const meter = await startEdmi(t);
  const trace = new ByteTrace(4_096);
  const link = new TracedLink(await openTo(t, meter.port), trace, realClock);
  const { dialogue, limits } = await loggedIn(await talkTo(t, meter.port, profileOf('EDMIATLAS'), { link, password: 'secret' }));
  await dialogue.readClock(limits);
  const [, login, read] = trace.lines.filter(({ direction }) => direction === 'out').map(({ text }) => text);
  t.regex(login ?? '', /^\*\*(?: \*\*)*$/);
  t.regex(read ?? '', /52/);
});

test('a meter that acknowledges at once is logged in to', async (t) => {
  const meter = await startEdmi(t);
  meter.instead.push({ to: 'L', answer: ACK });
  await t.notThrowsAsync(loggedIn(await talk(t, meter, { password: 'any' })));
});
