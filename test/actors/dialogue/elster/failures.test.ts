import test from 'ava';
import { ByteTrace, TracedLink } from '../../../../actors/link/index.ts';
import { openTo } from '../../../support/link/peer.ts';
import { realClock } from '../../../support/real-ports.ts';
import { error, type IecAnswer, NAK } from '../iec-meter.ts';
import { errorOfStep, failureOf, loggedIn, profileOf, talkTo, within } from '../scripted.ts';
import { P2, PASSWORD, QUICK, startElster, talk } from './meter.ts';

const TIME = Date.UTC(2019, 0, 2, 4, 2, 40);
const isWrite = (said: string): boolean => said.startsWith('W1');

const refusals: readonly (readonly [string, IecAnswer, string])[] = [
  ['NAK', NAK, 'NAK'],
  ['ERR1', error('ERR1'), 'ERR1'],
  ['ERR5', error('ERR5'), 'ERR5'],
  ['a break', 'break', 'B0'],
];
for (const [name, answer, code] of refusals) {
  test(`a password that is answered by ${name} is refused, and is not tried again`, async (t) => {
    const meter = await startElster(t);
    meter.instead.push({ to: 'P2', answer });
    const { dialogue, limits } = await talk(t, meter);
    await dialogue.signOn(limits);
    t.deepEqual(await failureOf(t, dialogue.logIn(limits)), ['login', code]);
    t.deepEqual(await failureOf(t, dialogue.keepAlive(limits)), ['login', code]);
    t.is(meter.heard.filter((said) => said.startsWith('P2')).length, 1);
  });
}

test('a wrong password is refused, and stands in no text', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await talk(t, meter, { password: 'WRONG123' });
  await dialogue.signOn(limits);
  const refused = await errorOfStep(t, dialogue.logIn(limits));
  t.is(refused.class, 'login');
  t.notRegex(refused.message, /WRONG123/);
  t.is(refused.message, 'password refused (NAK)');
});

test('a password of the wrong length fails before anything is sent, and stands in no text', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await talk(t, meter, { password: 'SHORT' });
  await dialogue.signOn(limits);
  const failed = await errorOfStep(t, dialogue.logIn(limits));
  t.is(failed.class, 'config');
  t.notRegex(failed.message, /SHORT/);
  t.false(meter.heard.some((said) => said.startsWith('P')));
});

test('a password without an answer is a fault of the link, and is sent once', async (t) => {
  const meter = await startElster(t);
  meter.instead.push({ to: 'P2', answer: null });
  const { dialogue, limits } = await talk(t, meter, { change: { timing: { replyTimeoutMs: 200 } } });
  await dialogue.signOn(limits);
  t.deepEqual(await failureOf(t, dialogue.logIn(limits)), ['link', undefined]);
  t.is(meter.heard.filter((said) => said === P2).length, 1);
});

test('a connection that ends in place of an answer to the password is class hang-up: the password may be wrong', async (t) => {
  const meter = await startElster(t);
  meter.instead.push({ to: 'P2', answer: 'hang-up-tcp' });
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  const failed = await errorOfStep(t, dialogue.logIn(limits));
  t.is(failed.class, 'hang-up');
  t.is(failed.message, 'the meter hung up during log-in (the far side closed the connection); the password may be wrong');
});

test('a connection that ends when a password is given again that was taken before is a fault of the transport', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'P2', answer: 'hang-up-tcp' });
  t.deepEqual(await failureOf(t, dialogue.keepAlive(limits)), ['transport', undefined]);
});

test('a P0 without a seed is a fault of the meter', async (t) => {
  const meter = await startElster(t, { operand: '(12)' });
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  t.is((await errorOfStep(t, dialogue.logIn(limits))).class, 'meter');
});

for (const code of ['ERR1', 'ERR2', 'ERR3', 'ERR6']) {
  test(`${code} to a read is the meter's refusal, with its code`, async (t) => {
    const meter = await startElster(t);
    const { dialogue, limits } = await loggedIn(await talk(t, meter));
    meter.instead.push({ to: 'R1', answer: error(code) });
    t.deepEqual(await failureOf(t, dialogue.readSerial(limits)), ['meter', code]);
  });

  test(`${code} to the write is the meter's refusal, and nothing is written again`, async (t) => {
    const meter = await startElster(t);
    const { dialogue, limits } = await loggedIn(await talk(t, meter));
    meter.instead.push({ to: 'W1', answer: error(code) });
    t.deepEqual(
      await failureOf(
        t,
        dialogue.writeClock(() => TIME, limits),
      ),
      ['meter', code],
    );
    t.is(meter.heard.filter(isWrite).length, 1);
  });
}

test('ERR5 to a read brings the password and the read once more', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.heard.length = 0;
  meter.instead.push({ to: 'R1', answer: error('ERR5') });
  t.is(await dialogue.readSerial(limits), '12345678');
  t.deepEqual(meter.heard, ['R1 798001(10)', P2, 'R1 798001(10)']);
});

test('ERR5 to the write brings the password and the write once more, with a value that is asked for anew', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.heard.length = 0;
  meter.instead.push({ to: 'W1', answer: error('ERR5') });
  const value = () => TIME + (meter.heard.some(isWrite) ? 1_000 : 0);
  await dialogue.writeClock(value, limits);
  t.deepEqual(meter.heard, [P2, 'W1 861001(40020402010019)', P2, 'W1 861001(41020402010019)']);
});

test('ERR5 twice is the meter’s refusal', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'W1', answer: error('ERR5') }, { to: 'W1', answer: error('ERR5') });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['meter', 'ERR5'],
  );
  t.is(meter.heard.filter(isWrite).length, 2);
});

test('NAK to the write is a refusal, and nothing is written again', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'W1', answer: NAK });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['meter', 'NAK'],
  );
  t.is(meter.heard.filter(isWrite).length, 1);
});

test('a refused password before the write keeps the write back', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'P2', answer: error('ERR5') });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['login', 'ERR5'],
  );
  t.false(meter.heard.some(isWrite));
});

test('a write without an answer has an unknown outcome, went out once, and the clock may be read behind it', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 300 } } }));
  meter.instead.push({ to: 'W1', answer: null });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['write', undefined],
  );
  t.is(meter.heard.filter(isWrite).length, 1);
  t.is((await dialogue.readClock(limits)).meterAt, Date.UTC(2019, 0, 2, 4, 2, 15));
});

test('a connection that ends in place of an answer to the write leaves its outcome unknown', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'W1', answer: 'hang-up-tcp' });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['write', undefined],
  );
});

test('a write that runs out of time has an unknown outcome', async (t) => {
  const meter = await startElster(t);
  const { dialogue } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'W1', answer: null });
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, within(400)),
    ),
    ['write', undefined],
  );
  t.is(meter.heard.filter(isWrite).length, 1);
});

test('a meter that does not answer the sign-on is a fault of the link, within the time of the step', async (t) => {
  const meter = await startElster(t);
  const { dialogue } = await talk(t, meter, { outstationAddress: '099' });
  const began = performance.now();
  t.is((await errorOfStep(t, dialogue.signOn(within(150)))).class, 'link');
  t.true(performance.now() - began < 5_000);
});

test('a meter without the mode is a fault of the link', async (t) => {
  const meter = await startElster(t, { modeCharacter: '1' });
  const { dialogue, limits } = await talk(t, meter, { change: { timing: { retries: 1, replyTimeoutMs: 150 } } });
  t.is((await errorOfStep(t, dialogue.signOn(limits))).class, 'link');
});

test('a step ends at once when its signal is aborted', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'R1', answer: null });
  const stop = new AbortController();
  const reading = errorOfStep(t, dialogue.readClock({ ...limits, signal: stop.signal }));
  stop.abort();
  t.is((await reading).class, 'engine');
});

test('a clock that is none is a fault of the meter, named', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'R1', answer: { type: 'answer', data: '(99999999999999)', terminator: 'ETX' } });
  t.regex((await errorOfStep(t, dialogue.readClock(limits))).message, /^clock: cannot be read/);
});

for (const passwordLevel of ['P1', 'P2']) {
  test(`a byte trace shows the log-in by ${passwordLevel} without what the password is made into`, async (t) => {
    const meter = await startElster(t);
    const trace = new ByteTrace(4_096);
    const link = new TracedLink(await openTo(t, meter.port), trace, realClock);
    const profile = profileOf('ELSTERA1700', { elster: { ...QUICK, passwordLevel } });
    await loggedIn(await talkTo(t, meter.port, profile, { link, password: PASSWORD }));
    const line = trace.lines.filter(({ direction }) => direction === 'out').at(-1);
    const [soh, p, level, stx, open, ...rest] = line?.text.split(' ') ?? [];
    t.deepEqual([soh, p, level, stx, open], ['01', '50', passwordLevel === 'P1' ? '31' : '32', '02', '28']);
    t.true(rest.every((octet) => octet === '**'));
  });
}
