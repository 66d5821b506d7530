import test from 'ava';
import type { MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { readVectorFile } from '../../../../ops/vectors/file.ts';
import { Members } from '../../../../ops/vectors/members.ts';
import { must } from '../../../../workers/codec/common/index.ts';
import { itemRead, itemWrite, loginCommands, seedOf } from '../../../../workers/codec/elster/index.ts';
import {
  command,
  encodeTelegram,
  IecClient,
  type IecClientCommand,
  type IecClientEvent,
  type IecReply,
  type Telegram,
} from '../../../../workers/codec/iec62056-21/index.ts';
import { Client, type Line, type Rig, rig } from './rig.ts';

const A1700: MeterSpec = { meterType: 'ELSTERA1700', serialNumber: '12345678', password: 'FEDC0003', clock: { offsetSeconds: -25 } };
const SESSION = { pauseMs: 0, settleMs: 0, operandPauseMs: 0, breakPauseMs: 0, replyTimeoutMs: 5_000, retries: 2 } as const;

type Meter = Client<IecClientCommand, IecClientEvent>;

const octetsOf = (telegram: Telegram): Uint8Array => must(encodeTelegram(telegram));

async function signOn(line: Line, option = '6', deviceAddress = ''): Promise<{ meter: Meter; seed: Uint8Array }> {
  const meter: Meter = new Client(line, new IecClient({ ...SESSION, option, deviceAddress }));
  const { operand } = await meter.ask({ type: 'open' }, 'opened');
  return { meter, seed: seedOf(operand)! };
}

async function ask(meter: Meter, telegram: Telegram): Promise<IecReply> {
  return (await meter.ask({ type: 'request', payload: octetsOf(telegram), volatile: true }, 'reply')).telegram;
}

const data = (reply: IecReply): string => ('data' in reply ? reply.data : 'errorCode' in reply ? reply.errorCode : reply.type);

async function logIn(meter: Meter, seed: Uint8Array, password = 'FEDC0003', level: 1 | 2 | 3 = 2): Promise<readonly string[]> {
  const commands = loginCommands(level, seed, password);
  const replies: string[] = [];
  for (const telegram of commands.kind === 'good' ? commands.value : []) replies.push(data(await ask(meter, telegram)));
  return replies;
}

const read = (dataId: string, length: number, packet = 1): Telegram => {
  const telegram = itemRead({ dataId, packet, length });
  if (telegram.kind === 'bad') throw new Error(telegram.error.rule);
  return telegram.value;
};
const write = (dataId: string, hex: string): Telegram => {
  const telegram = itemWrite({ dataId, packet: 1, octets: Buffer.from(hex, 'hex') });
  if (telegram.kind === 'bad') throw new Error(telegram.error.rule);
  return telegram.value;
};

async function opened({ call }: Rig): Promise<Meter> {
  const { meter, seed } = await signOn(await call());
  await logIn(meter, seed);
  return meter;
}

test('a session logs in, reads serial number and clock, sets the clock and reads it again', async (t) => {
  const { farm, call } = await rig(t, [A1700]);
  const { meter, seed } = await signOn(await call());
  t.deepEqual(await logIn(meter, seed), ['ack']);
  t.is(data(await ask(meter, read('798', 16))), '(31323334353637382020202020202020)');
  t.is(data(await ask(meter, read('861', 7))), '(35590924030226)', '10:00:00 less 25 s on a Tuesday');
  t.is(data(await ask(meter, write('861', '00001024030026'))), 'ack');
  t.is(data(await ask(meter, read('861', 7))), '(00001024030226)');
  t.is(farm.offset(0), 0);
});

test('the recorded exchange gets the recorded answers, but for the time', async (t) => {
  const { call } = await rig(t, [{ ...A1700, outstationAddress: '001', elster: { loginSeed: '29EDC6D335E59C87' } }]);
  const session = readVectorFile(new URL('../../../vectors/sessions.json', import.meta.url).pathname).find(({ id }) => id === 'sess-els-a1700')!;
  const frames = new Members(session.context.given ?? {}).list('frames', (value, path) => Members.of(value, path));
  const line = await call();
  let compared = 0;
  for (const frame of frames) {
    const octets = frame.hex('hex');
    if (frame.text('direction') === 'client->meter') {
      line.send(octets);
      continue;
    }
    const answer = await line.take(octets.length);
    // A clock reading: STX ( fourteen digits ) ETX BCC.
    if (octets.length === 19) t.is(answer.length, 19);
    else t.is(answer.toString('hex'), Buffer.from(octets).toString('hex'));
    compared += 1;
  }
  t.true(compared >= 6);
});

test('each sign-on has a seed of its own, the same for the same seed of the meter', async (t) => {
  const { call } = await rig(t, [
    { ...A1700, seed: 7 },
    { ...A1700, seed: 7 },
  ]);
  const first = (await signOn(await call(0))).seed;
  const second = (await signOn(await call(0))).seed;
  t.notDeepEqual(first, second);
  t.deepEqual((await signOn(await call(1))).seed, first);
});

test('a wrong password gets NAK, and ERR5 where it locked the meter', async (t) => {
  const { call, farm } = await rig(t, [{ ...A1700, faults: { lockAfter: 2 } }]);
  const { meter, seed } = await signOn(await call());
  t.deepEqual(await logIn(meter, seed, 'WRONG001'), ['nak']);
  t.deepEqual(await logIn(meter, seed, 'WRONG001'), ['ERR5']);
  t.deepEqual(await logIn(meter, seed), ['ERR5'], 'the right one is refused too');
  t.true(farm.stats(0).locked);
});

for (const [how, wanted] of [
  ['error', 'ERR1'],
  ['break', 'closed'],
] as const) {
  test(`a wrong password gets ${wanted} where the fault says ${how}`, async (t) => {
    const { call } = await rig(t, [{ ...A1700, faults: { wrongPassword: how } }]);
    const { meter, seed } = await signOn(await call());
    const [telegram] = (loginCommands(2, seed, 'WRONG001') as { value: readonly Telegram[] }).value;
    const event = await meter.ask({ type: 'request', payload: octetsOf(telegram!), volatile: true }, 'reply', 'closed', 'failed', 'unknown-outcome');
    t.is(event.type === 'reply' ? data(event.telegram) : 'closed', wanted);
  });
}

test('without a password nothing is read and nothing written', async (t) => {
  const { call, farm } = await rig(t, [A1700]);
  const { meter } = await signOn(await call());
  t.is(data(await ask(meter, read('798', 16))), 'ERR5');
  t.is(data(await ask(meter, write('861', '00001024030026'))), 'ERR5');
  t.is(farm.offset(0), -25);
  t.like(farm.records()[0], { what: '861001', outcome: 'refused', authenticated: false });
});

test('a plain password reads and does not write', async (t) => {
  const { call } = await rig(t, [A1700]);
  const { meter, seed } = await signOn(await call());
  t.deepEqual(await logIn(meter, seed, 'FEDC0003', 1), ['ack']);
  t.is(data(await ask(meter, read('861', 7))).length, 16);
  t.is(data(await ask(meter, write('861', '00001024030026'))), 'ERR5');
});

test('270 s after the last P2 a write gets ERR5, and P2 again opens it', async (t) => {
  const { call, clock } = await rig(t, [A1700]);
  const { meter, seed } = await signOn(await call());
  await logIn(meter, seed);
  for (let waited = 0; waited < 270_000; waited += 90_000) {
    await clock.advance(90_000);
    if (waited < 180_000) t.is(data(await ask(meter, read('798', 16))).length, 34);
  }
  await clock.advance(1);
  t.is(data(await ask(meter, write('861', '00001024030026'))), 'ERR5');
  t.deepEqual(await logIn(meter, seed), ['ack']);
  t.is(data(await ask(meter, write('861', '00001024030026'))), 'ack');
});

test('unknown ids get ERR2, packets and lengths that are not there ERR3, other commands ERR1', async (t) => {
  const meter = await opened(await rig(t, [A1700]));
  t.is(data(await ask(meter, read('799', 4))), 'ERR2');
  t.is(data(await ask(meter, read('861', 7, 2))), 'ERR3');
  t.is(data(await ask(meter, read('861', 8))), 'ERR3');
  t.is(data(await ask(meter, write('799', '00'))), 'ERR2');
  t.is(data(await ask(meter, command('E2', '(00)'))), 'ERR1');
});

test('a clock that is none is refused', async (t) => {
  const rigged = await rig(t, [A1700]);
  const meter = await opened(rigged);
  t.is(data(await ask(meter, write('861', '00001031020026'))), 'ERR3', '31 February');
  t.is(rigged.farm.offset(0), -25);
});

test('an adjustment moves the clock by 5 s at most', async (t) => {
  const rigged = await rig(t, [A1700]);
  const meter = await opened(rigged);
  t.is(data(await ask(meter, write('862', '0005'))), 'ack');
  t.is(rigged.farm.offset(0), -20);
  t.is(data(await ask(meter, write('862', '8003'))), 'ack');
  t.is(rigged.farm.offset(0), -23);
  t.is(data(await ask(meter, write('862', '0006'))), 'ERR3');
});

test('AS230: programming mode 1, and P2 of zeros first', async (t) => {
  const { call } = await rig(t, [{ ...A1700, meterType: 'ELSTERAS230' }]);
  const { meter, seed } = await signOn(await call(), '1');
  t.deepEqual(await logIn(meter, seed), ['nak'], 'the real one alone');
  t.deepEqual(await logIn(meter, seed, 'FEDC0003', 3), ['ack', 'ack']);
});

test('a mode that it does not know is answered by the identification', async (t) => {
  const { call } = await rig(t, [A1700]);
  const line = await call();
  line.send('/?!\r\n');
  const identification = await line.until('\r\n');
  t.is(identification, '/GEC5090100100400@000\r\n');
  line.send('\x06051\r\n');
  t.is(await line.until('\r\n'), identification);
});

test('A1140: another outstation is not answered, its own is, with or without zeros', async (t) => {
  const { call } = await rig(t, [{ ...A1700, meterType: 'ELSTERA1140', outstationAddress: '7' }]);
  const line = await call();
  line.send('/?008!\r\n');
  line.send('/?007!\r\n');
  t.is(await line.until('\r\n'), '/GEC5090510100400@000\r\n');
  t.is(line.drain().length, 0);
});
