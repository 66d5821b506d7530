import test, { type ExecutionContext } from 'ava';
import { ACK, data, error, type IecBehaviour, type IecMeter, NAK, startIecMeter } from '../iec-meter.ts';
import { errorOfStep, failureOf, hears, loggedIn, profileOf, type Talk, talkTo } from '../scripted.ts';

const PASSWORD = 'reader';
const SERIAL = 'C123456';
const REGISTERS: Readonly<Record<string, string>> = { '0001': SERIAL, '0021': '190102', '0022': '040215' };

function answer(command: string, value: string): ReturnType<IecBehaviour['answer']> {
  if (command === 'P1') return value === `(${PASSWORD})` ? ACK : NAK;
  const register = value.slice(0, 4);
  const held = REGISTERS[register];
  return command === 'R1' && held !== undefined ? data(`${register}(${held})`) : error('ER:001');
}

const startCewe = (t: ExecutionContext): Promise<IecMeter> =>
  startIecMeter(t, { identification: 'PROMETER', manufacturer: 'CWE', address: SERIAL, modeCharacter: '1', operand: '()', answer });

function talk(t: ExecutionContext, meter: IecMeter, given: { readonly password?: string; readonly passwordLevel?: string } = {}): Promise<Talk> {
  const { password, passwordLevel = 'P1' } = given;
  const profile = profileOf('CEWEPRO', { cewe: { operandPauseMs: 1, breakPauseMs: 1, passwordLevel } });
  return talkTo(t, meter.port, profile, { outstationAddress: SERIAL, ...(password === undefined ? {} : { password }) });
}

const named = (meter: IecMeter, register: string, value: string) => meter.instead.push({ to: `R1 ${register}`, answer: data(`${register}(${value})`) });

test('a whole session reads serial number, date and time, and ends with the break', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await talk(t, meter, { password: PASSWORD });
  await dialogue.signOn(limits);
  t.is(await dialogue.identify(limits), 'CWE, PROMETER');
  await dialogue.logIn(limits);
  t.is(await dialogue.readSerial(limits), SERIAL);
  const sample = await dialogue.readClock(limits);
  t.is(sample.meterAt, Date.UTC(2019, 0, 2, 4, 2, 15));
  t.true(sample.wholeSeconds);
  await dialogue.logOff(limits);
  const reads = ['R1 0001(1)', 'R1 0021(1)', 'R1 0022(1)', 'R1 0021(1)'];
  const all = [`sign-on ${SERIAL}`, 'option 1', 'P1 (reader)', ...reads, 'break'];
  t.deepEqual(await hears(meter, all.length), all);
});

test('without a password the meter is read without one', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  t.is(await dialogue.readSerial(limits), SERIAL);
  t.false(meter.heard.some((said) => said.startsWith('P1')));
});

test('a password stays here where the profile has no log-in', async (t) => {
  const meter = await startCewe(t);
  await loggedIn(await talk(t, meter, { password: PASSWORD, passwordLevel: 'none' }));
  t.false(meter.heard.some((said) => said.startsWith('P1')));
});

test('a refused password is not tried again, and stands in no text', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await talk(t, meter, { password: 'WRONG' });
  await dialogue.signOn(limits);
  const refused = await errorOfStep(t, dialogue.logIn(limits));
  t.deepEqual([refused.class, refused.meterCode, refused.message], ['login', 'NAK', 'password refused (NAK)']);
  t.is(meter.heard.filter((said) => said.startsWith('P1')).length, 1);
});

test('when the date changes between two looks, both are read again', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.heard.length = 0;
  named(meter, '0021', '190101');
  named(meter, '0022', '235959');
  t.is((await dialogue.readClock(limits)).meterAt, Date.UTC(2019, 0, 2, 4, 2, 15));
  t.deepEqual(meter.heard, ['R1 0021(1)', 'R1 0022(1)', 'R1 0021(1)', 'R1 0022(1)', 'R1 0021(1)']);
});

test('a date that never stands still is a fault of the meter', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  for (const day of ['03', '04', '05']) named(meter, '0021', `1901${day}`);
  t.regex((await errorOfStep(t, dialogue.readClock(limits))).message, /date changed/);
});

test('the stamps of a sample are those of the time, not of the date', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits, link } = await loggedIn(await talk(t, meter));
  const sent: number[] = [];
  const write = link.write.bind(link);
  link.write = async (octets) => {
    const result = await write(octets);
    sent.push(result.sentAt.monotonicMs);
    return result;
  };
  const sample = await dialogue.readClock(limits);
  t.is(sample.sentAt.monotonicMs, sent[1] ?? Number.NaN);
});

for (const [code, name] of [
  ['ER:001', 'no-such-main-id'],
  ['ER:010', 'access-denied'],
  ['ER:999', undefined],
] as const) {
  test(`${code} is the meter's refusal, with its code`, async (t) => {
    const meter = await startCewe(t);
    const { dialogue, limits } = await loggedIn(await talk(t, meter));
    meter.instead.push({ to: 'R1', answer: error(code) });
    const refused = await errorOfStep(t, dialogue.readSerial(limits));
    t.deepEqual([refused.class, refused.meterCode], ['meter', code]);
    if (name !== undefined) t.true(refused.message.includes(name));
  });
}

test('a value of another register is not taken', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push({ to: 'R1 0001', answer: data('0006(V1)') });
  t.is((await errorOfStep(t, dialogue.readSerial(limits))).class, 'meter');
});

test('the clock is never written', async (t) => {
  const meter = await startCewe(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  const said = meter.heard.length;
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => 0, limits),
    ),
    ['config', undefined],
  );
  t.is(meter.heard.length, said);
});
