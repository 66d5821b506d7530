import test from 'ava';
import { hears, loggedIn, within } from '../scripted.ts';
import { CLOCK, NULL_P2, P2, startElster, talk } from './meter.ts';

const NEW_TIME = Date.UTC(2019, 0, 2, 4, 2, 40);
const CLOCK_AT = Date.UTC(CLOCK.year, CLOCK.month - 1, CLOCK.day, CLOCK.hour, CLOCK.minute, CLOCK.second);

test('a whole session says what the protocol asks for, in its order', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  t.is(await dialogue.identify(limits), 'GEC, range 010, device 010, issue 04');
  await dialogue.logIn(limits);
  t.is(await dialogue.readSerial(limits), '12345678');
  t.is((await dialogue.readClock(limits)).meterAt, CLOCK_AT);
  await dialogue.writeClock(() => NEW_TIME, limits);
  await dialogue.readClock(limits);
  await dialogue.logOff(limits);
  const write = 'W1 861001(40020402010019)';
  const all = ['break', 'sign-on 001', 'option 6', P2, 'R1 798001(10)', 'R1 861001(07)', P2, write, 'R1 861001(07)', 'break'];
  t.deepEqual(await hears(meter, all.length), all);
});

test('a sample of the clock lies between its request and its answer, in whole seconds', async (t) => {
  const { dialogue, limits } = await loggedIn(await talk(t, await startElster(t)));
  const before = performance.now();
  const sample = await dialogue.readClock(limits);
  t.true(sample.wholeSeconds);
  t.false(sample.repeated);
  t.deepEqual(sample.flags, []);
  t.true(before <= sample.sentAt.monotonicMs && sample.sentAt.monotonicMs <= sample.firstAt.monotonicMs && sample.firstAt.monotonicMs <= performance.now());
  t.is(dialogue.transitMs, (sample.firstAt.monotonicMs - sample.sentAt.monotonicMs) / 2);
});

test('a sample whose request went out twice says so', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 300 } } }));
  meter.instead.push({ to: 'R1 861', answer: null });
  const sample = await dialogue.readClock(limits);
  t.true(sample.repeated);
  t.is(sample.meterAt, CLOCK_AT);
  t.is(meter.heard.filter((said) => said.startsWith('R1 861')).length, 2);
});

test('an AS230 gets mode 1 and the step of zeros before the password', async (t) => {
  const meter = await startElster(t, { modeCharacter: '1' });
  await loggedIn(await talk(t, meter, { type: 'ELSTERAS230' }));
  t.deepEqual(meter.heard, ['break', 'sign-on 001', 'option 1', NULL_P2, P2]);
});

test('an AS230 gets no zeros when the password is given again', async (t) => {
  const meter = await startElster(t, { modeCharacter: '1' });
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { type: 'ELSTERAS230' }));
  meter.heard.length = 0;
  await dialogue.keepAlive(limits);
  t.deepEqual(meter.heard, [P2]);
});

test('an address of digits is filled up where the profile says so, and goes out as given elsewhere', async (t) => {
  const meter = await startElster(t);
  const a1140 = await talk(t, meter, { type: 'ELSTERA1140', outstationAddress: '1' });
  await a1140.dialogue.signOn(a1140.limits);
  const a1700 = await talk(t, meter, { outstationAddress: '1' });
  await a1700.dialogue.signOn(a1700.limits);
  const none = await talk(t, meter, { type: 'ELSTERA1140', outstationAddress: '' });
  await none.dialogue.signOn(none.limits);
  t.deepEqual(
    meter.heard.filter((said) => said.startsWith('sign-on')),
    ['sign-on 001', 'sign-on 1', 'sign-on '],
  );
});

test('no break wakes the meter where the profile says so', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await talk(t, meter, { change: { elster: { wakeWithBreak: false } } });
  await dialogue.signOn(limits);
  t.is(meter.heard[0], 'sign-on 001');
});

test('level 1 is the password as it is, for log-in and before a write', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { elster: { passwordLevel: 'P1' } } }));
  await dialogue.writeClock(() => NEW_TIME, limits);
  t.deepEqual(meter.heard.slice(3), ['P1 (FEDC0003)', 'P1 (FEDC0003)', 'W1 861001(40020402010019)']);
});

test('the password is given again before it grows old', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { elster: { refreshPasswordMs: 0 } } }));
  await dialogue.readSerial(limits);
  t.deepEqual(meter.heard.slice(3), [P2, P2, 'R1 798001(10)']);
});

test('a serial number of more octets than a packet holds is put together from packets', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { elster: { serialLength: 22 } } }));
  const hex = Buffer.from('A1140 0012345678'.padEnd(22)).toString('hex').toUpperCase();
  meter.instead.push({ to: 'R1 798001(16)', answer: { type: 'answer', data: `(${hex})`, terminator: 'ETX' } });
  t.is(await dialogue.readSerial(limits), 'A1140 0012345678');
});

test('what the meter shows is read and written in the base of the profile', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { clock: { baseOffsetMinutes: 60 } } }));
  t.is((await dialogue.readClock(limits)).meterAt, CLOCK_AT - 3_600_000);
  await dialogue.writeClock(() => NEW_TIME, limits);
  t.is(meter.heard.at(-1), 'W1 861001(40020502010019)');
});

test('the value is asked for when the write is made, behind the password', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  let heardThen: readonly string[] = [];
  await dialogue.writeClock(() => {
    heardThen = [...meter.heard];
    return NEW_TIME;
  }, limits);
  t.is(heardThen.at(-1), P2);
  t.is(heardThen.filter((said) => said === P2).length, 2);
});

test('the write frame is as long as it says', async (t) => {
  const { dialogue, link, limits } = await loggedIn(await talk(t, await startElster(t)));
  await dialogue.keepAlive(limits);
  const password = link.octetsOut;
  await dialogue.keepAlive(limits);
  const perPassword = link.octetsOut - password;
  const before = link.octetsOut;
  await dialogue.writeClock(() => NEW_TIME, limits);
  t.is(link.octetsOut - before - perPassword, dialogue.writeOctets);
});

test('an older unit of the family is not spoken to further', async (t) => {
  const meter = await startElster(t, { identification: '050100100400@000' });
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  await t.throwsAsync(dialogue.identify(limits), { message: /unit 05/ });
});

test('the break goes out at log-off though the link was given up', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { change: { timing: { replyTimeoutMs: 100, retries: 0 } } }));
  const said = meter.heard.length;
  meter.instead.push({ to: 'R1', answer: null });
  await t.throwsAsync(dialogue.readClock(limits));
  await dialogue.logOff(limits);
  t.deepEqual((await hears(meter, said + 2)).slice(-2), ['R1 861001(07)', 'break']);
});

test('the break goes out at log-off behind a step that ran out of time', async (t) => {
  const meter = await startElster(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  const said = meter.heard.length;
  meter.instead.push({ to: 'R1', answer: null });
  await t.throwsAsync(dialogue.readClock(within(100)), { message: /time of this step/ });
  await dialogue.logOff(limits);
  t.is((await hears(meter, said + 2)).at(-1), 'break');
});
