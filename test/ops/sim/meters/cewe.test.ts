import test from 'ava';
import type { MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { ceweRead, ceweWrite } from '../../../../workers/codec/cewe/index.ts';
import { must } from '../../../../workers/codec/common/index.ts';
import { command, encodeTelegram, IecClient, type IecReply, type Telegram } from '../../../../workers/codec/iec62056-21/index.ts';
import { Client, type Line, rig } from './rig.ts';

const PROMETER: MeterSpec = { meterType: 'CEWEPRO', serialNumber: 'W123456', password: '4321', clock: { offsetSeconds: 5 } };

async function signOn(line: Line) {
  const machine = new IecClient({ pauseMs: 0, settleMs: 0, operandPauseMs: 0, breakPauseMs: 0, replyTimeoutMs: 5_000, option: '1', deviceAddress: 'W123456' });
  const meter = new Client(line, machine);
  await meter.ask({ type: 'open' }, 'opened');
  return async (telegram: Telegram): Promise<string> => {
    const payload = must(encodeTelegram(telegram));
    const { telegram: reply }: { telegram: IecReply } = await meter.ask({ type: 'request', payload, volatile: true }, 'reply');
    return 'data' in reply ? reply.data : 'errorCode' in reply ? reply.errorCode : reply.type;
  };
}

const made = (outcome: ReturnType<typeof ceweRead>): Telegram => {
  if (outcome.kind === 'bad') throw new Error(outcome.error.rule);
  return outcome.value;
};

test('serial number, software, date and time are read', async (t) => {
  const { call } = await rig(t, [PROMETER]);
  const ask = await signOn(await call());
  t.is(await ask(command('P1', '(4321)')), 'ack');
  t.is(await ask(made(ceweRead('0001'))), '0001(W123456)');
  t.is(await ask(made(ceweRead('0006'))), '0006(V2.61)');
  t.is(await ask(made(ceweRead('0021'))), '0021(260324)');
  t.is(await ask(made(ceweRead('0022'))), '0022(100005)');
});

test('every write is refused and recorded', async (t) => {
  const { call, farm } = await rig(t, [PROMETER]);
  const ask = await signOn(await call());
  t.is(await ask(made(ceweWrite('0022', '100000'))), 'ER:006');
  t.like(farm.records()[0], { what: '0022', outcome: 'refused', reason: 'read only' });
  t.is(farm.offset(0), 5);
});

test('unknown registers, wrong formats and a wrong password are refused', async (t) => {
  const { call } = await rig(t, [PROMETER]);
  const ask = await signOn(await call());
  t.is(await ask(made(ceweRead('0099'))), 'ER:001');
  t.is(await ask(command('R1', 'zz')), 'ER:004');
  t.is(await ask(command('P1', '(0000)')), 'nak');
});

test('only its own serial number, or none, calls it', async (t) => {
  const { call } = await rig(t, [PROMETER]);
  const line = await call();
  line.send('/?W999999!\r\n');
  line.send('/?!\r\n');
  t.is(await line.until('\r\n'), '/CWE5PROMETER\r\n');
  t.is(line.drain().length, 0);
});
