import test, { type ExecutionContext } from 'ava';
import { type ModemBank, type ModemBankInput, startModemBank } from '../../../../ops/sim/modems/index.ts';
import { type Computer, GUARD_MS, type Meter, ptyComputer, quiet, startMeter, tcpComputer } from './rig.ts';

const NUMBER = '07777000000';
const ALL = String.fromCharCode(...Array.from({ length: 256 }, (_, code) => code));

interface World {
  readonly bank: ModemBank;
  readonly meter: Meter;
  readonly computer: Computer;
}

async function world(t: ExecutionContext, change: Partial<ModemBankInput> & { readonly entry?: object; readonly meter?: Meter } = {}): Promise<World> {
  const { entry, meter: given, ...rest } = change;
  const meter = given ?? (await startMeter());
  const bank = await startModemBank({
    lines: [{ kind: 'tcp' }],
    numbers: { [NUMBER]: { port: meter.port, ...entry } },
    guardMs: GUARD_MS,
    connectMs: 0,
    carrierLossMs: 150,
    ...rest,
  });
  const [line] = bank.lines;
  const computer = line?.ptyPath === undefined ? await tcpComputer(line?.tcpPort ?? 0) : await ptyComputer(line.ptyPath);
  t.teardown(async () => {
    await computer.close();
    await bank.stop();
    await meter.stop();
  });
  return { bank, meter, computer };
}

test('a modem echoes and answers in words until it is told not to', async (t) => {
  const { computer } = await world(t);
  t.is(await computer.ask('AT'), 'AT\r\r\nOK\r\n');
  t.is(await computer.ask('ATE0'), 'ATE0\r\r\nOK\r\n');
  t.is(await computer.ask('AT'), '\r\nOK\r\n');
  t.is(await computer.ask('ATV0', '\r'), '0\r');
  t.is(await computer.ask('ATJ', '\r'), '4\r');
  t.is(await computer.ask('ATZ'), '\r\nOK\r\n');
  t.is(await computer.ask('AT'), 'AT\r\r\nOK\r\n');
});

for (const kind of ['tcp', 'pty'] as const) {
  test(`over ${kind}, a number connects to its meter, and every octet passes both ways`, async (t) => {
    const { computer, meter, bank } = await world(t, { lines: [{ kind }] });
    await computer.ask('ATE0');
    t.is(await computer.ask(`ATD${NUMBER}`, '9600\r\n'), '\r\nCONNECT 9600\r\n');
    // Node's raw mode still puts CR before LF on the computer's side; a serial port does not.
    const octets = kind === 'pty' ? ALL.replace('\n', '') : ALL;
    computer.send(octets);
    t.is(await computer.until('\xff'), octets);
    t.is(meter.received().toString('latin1'), octets);
    t.is(bank.callsNow, 1);
  });
}

test('+++ between silences brings command mode, ATO goes back, ATH hangs up', async (t) => {
  const { computer, bank } = await world(t);
  await computer.ask(`ATE0D${NUMBER}`, 'CONNECT 9600\r\n');
  await quiet();
  computer.send('+++');
  t.is(await computer.until('OK\r\n'), '+++\r\nOK\r\n');
  t.is(await computer.ask('ATO', 'CONNECT\r\n'), '\r\nCONNECT\r\n');
  computer.send('data');
  t.is(await computer.until('data'), 'data');
  await quiet();
  computer.send('+++');
  await computer.until('OK\r\n');
  t.is(await computer.ask('ATH'), '\r\nOK\r\n');
  t.like(await bank.ended(() => true), { number: NUMBER, end: 'hung-up', octetsToMeter: 10, octetsFromMeter: 10, parityErrors: 0 });
});

test('+++ within data is data', async (t) => {
  const { computer } = await world(t);
  await computer.ask(`ATE0D${NUMBER}`, 'CONNECT 9600\r\n');
  await quiet();
  computer.send('+++a');
  t.is(await computer.until('a'), '+++a');
  computer.send('b+++');
  t.is(await computer.until('+++'), 'b+++');
  await quiet();
  computer.send('c');
  t.is(await computer.until('c'), 'c');
});

const RESULTS = [
  ['busy', 'BUSY', '7'],
  ['no-carrier', 'NO CARRIER', '3'],
  ['no-answer', 'NO ANSWER', '8'],
  ['no-dialtone', 'NO DIALTONE', '6'],
] as const;

for (const [fault, word, code] of RESULTS) {
  test(`a number may end in ${word}, or ${code}`, async (t) => {
    const { computer, bank } = await world(t, { entry: { fault } });
    t.is(await computer.ask(`ATE0D${NUMBER}`, `${word}\r\n`), `ATE0D${NUMBER}\r\r\n${word}\r\n`);
    t.is(await computer.ask(`ATV0D${NUMBER}`, `${code}\r`), `${code}\r`);
    t.deepEqual(
      bank.calls.map(({ end, connectedAt }) => ({ end, connectedAt })),
      [
        { end: word, connectedAt: null },
        { end: word, connectedAt: null },
      ],
    );
  });
}

test('nobody answers a number that is not in the directory', async (t) => {
  const { computer } = await world(t);
  await computer.ask('ATE0');
  t.is(await computer.ask('ATD123', '\r\nNO ANSWER\r\n'), '\r\nNO ANSWER\r\n');
});

test('an octet breaks off a dial', async (t) => {
  const { computer, bank } = await world(t, { entry: { fault: 'silent' } });
  await computer.ask('ATE0');
  computer.send(`ATD${NUMBER}\r`);
  computer.send('\r');
  await computer.until('NO CARRIER\r\n');
  t.is((await bank.ended(() => true)).end, 'broken-off');
});

test('a call that drops after so many octets says NO CARRIER behind the last of them', async (t) => {
  const { computer, bank } = await world(t, { entry: { dropAfterOctets: 6 } });
  await computer.ask(`ATE0D${NUMBER}`, 'CONNECT 9600\r\n');
  computer.send('abcd');
  t.is(await computer.until('NO CARRIER\r\n'), 'ab\r\nNO CARRIER\r\n');
  t.is((await bank.ended(() => true)).end, 'dropped');
});

test('the meter that hangs up ends the call', async (t) => {
  const meter = await startMeter((_octets, socket) => {
    socket.end();
    return null;
  });
  const { computer, bank } = await world(t, { meter });
  await computer.ask(`ATE0D${NUMBER}`, 'CONNECT 9600\r\n');
  computer.send('x');
  t.is(await computer.until('NO CARRIER\r\n'), '\r\nNO CARRIER\r\n');
  t.is((await bank.ended(() => true)).end, 'far-end');
});

test('a far end with even parity gives the meter seven bits and us the eighth', async (t) => {
  const { computer, meter, bank } = await world(t, { entry: { farParity: 'even' } });
  await computer.ask(`ATE0D${NUMBER}`, 'CONNECT 9600\r\n');
  computer.send('A\xc3C');
  t.is(await computer.until('\xc3'), 'A\xc3');
  t.is(meter.received().toString('latin1'), 'AC');
  t.is(bank.calls[0]?.parityErrors, 1);
});

test('a computer that goes away leaves no call behind', async (t) => {
  const { computer, bank } = await world(t);
  await computer.ask(`ATE0D${NUMBER}`, 'CONNECT 9600\r\n');
  await computer.close();
  t.is((await bank.ended(() => true)).end, 'disconnected');
  t.is(bank.callsNow, 0);
});

test('the same seed gives the same faults', async (t) => {
  const run = async (): Promise<readonly (string | null)[]> => {
    const { computer, bank } = await world(t, { seed: 7, entry: { port: 0 }, faults: { busy: 0.3, noCarrier: 0.3 } });
    await computer.ask('ATE0');
    await computer.ask('ATV0', '0\r');
    for (let call = 0; call < 20; call++) {
      computer.send(`ATD${NUMBER}\r`);
      await computer.until('\r');
    }
    return bank.calls.map((call) => call.end);
  };
  const first = await run();
  t.deepEqual(await run(), first);
  t.true(new Set(first).size === 3);
});

test('options that are not valid are refused, field first', async (t) => {
  await t.throwsAsync(startModemBank({ lines: [] }), { message: /^modems\/lines: / });
});
