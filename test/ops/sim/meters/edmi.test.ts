import test from 'ava';
import type { MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEdmiClock,
  decodeEdmiCommand,
  decodeEdmiFrame,
  decodeEdmiText,
  EDMI_REGISTERS,
  EDMI_WAKES,
  type EdmiAddress,
  type EdmiCommand,
  encodeEdmiClock,
  encodeEdmiCommand,
  encodeEdmiFrame,
  encodeEdmiWake,
} from '../../../../workers/codec/edmi/index.ts';
import { type Line, rig } from './rig.ts';

const ATLAS: MeterSpec = { meterType: 'EDMIATLAS', serialNumber: '250818610', password: 'EDMI,IMDEIMDE', clock: { offsetSeconds: 30 } };
const ETX = '\x03';

async function ask(line: Line, command: EdmiCommand, address: EdmiAddress | null = null): Promise<EdmiCommand> {
  line.send(must(encodeEdmiFrame(must(encodeEdmiCommand(command)), address)));
  const frame = mustDecode(decodeEdmiFrame(Buffer.from(await line.until(ETX), 'latin1')));
  if (address !== null) {
    // Numbers exchanged, sequence as it came.
    const wanted = { destination: address.source, source: address.destination, sequence: address.sequence };
    if (JSON.stringify(frame.extended) !== JSON.stringify(wanted)) throw new Error(`addressed ${JSON.stringify(frame.extended)}`);
  }
  return mustDecode(decodeEdmiCommand(frame.command, { direction: 'reply' }));
}

const login = (user: string, password: string): EdmiCommand => ({ kind: 'login', user, password });
const LOGIN = login('EDMI', 'IMDEIMDE');
const read = (register: number): EdmiCommand => ({ kind: 'read', register });
const clock = (text: string): Uint8Array => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number);
  return must(encodeEdmiClock({ year, month, day, hour, minute, second }));
};
const code = (command: EdmiCommand): number | null | string => (command.kind === 'can' ? command.errorCode : command.kind);

test('each of the three wakes gets an ACK', async (t) => {
  const { call } = await rig(t, [ATLAS]);
  const line = await call();
  for (const wake of EDMI_WAKES) {
    line.send(encodeEdmiWake(wake));
    t.is(toHex(await line.take(5)), '020606A403', wake);
  }
});

for (const address of [null, { destination: 250_818_610, source: 0x012b_1668, sequence: 513 }] as const) {
  test(`a session in ${address === null ? 'simple' : 'extended'} frames logs in, reads, sets and logs off`, async (t) => {
    const { call, farm } = await rig(t, [ATLAS]);
    const line = await call();
    t.is((await ask(line, LOGIN, address)).kind, 'ack');
    const serial = await ask(line, read(EDMI_REGISTERS.serialNumber), address);
    t.is(mustDecode(decodeEdmiText((serial as { data: Uint8Array }).data)), '250818610');
    const shown = await ask(line, { kind: 'read-extended', register: EDMI_REGISTERS.clock }, address);
    t.like(mustDecode(decodeEdmiClock((shown as { data: Uint8Array }).data)), { year: 2026, month: 3, day: 24, hour: 10, minute: 0, second: 30 });
    t.is((await ask(line, { kind: 'write', register: EDMI_REGISTERS.clock, data: clock('2026-03-24 10:00:02') }, address)).kind, 'ack');
    t.is(farm.offset(0), 2);
    t.is((await ask(line, { kind: 'logout' }, address)).kind, 'ack');
    t.is(code(await ask(line, read(EDMI_REGISTERS.clock), address)), 9);
  });
}

test('before the log-in everything gets CAN 9', async (t) => {
  const { call } = await rig(t, [ATLAS]);
  const line = await call();
  t.is(code(await ask(line, read(EDMI_REGISTERS.clock))), 9);
  t.is(code(await ask(line, { kind: 'multi-read', registers: [EDMI_REGISTERS.clock] })), 9);
  t.is(code(await ask(line, { kind: 'write', register: EDMI_REGISTERS.clock, data: clock('2026-03-24 10:00:02') })), 9);
});

test('CAN tells what is wrong: unknown register, read only, length, range; alone it is a wrong password', async (t) => {
  const { call } = await rig(t, [ATLAS]);
  const line = await call();
  t.is(code(await ask(line, login('EDMI', 'WRONG'))), null);
  await ask(line, LOGIN);
  t.is(code(await ask(line, read(0xf0f0))), 3);
  t.is(code(await ask(line, { kind: 'write', register: EDMI_REGISTERS.serialNumber, data: Uint8Array.of(0x31, 0) })), 1);
  t.is(code(await ask(line, { kind: 'write', register: EDMI_REGISTERS.clock, data: Uint8Array.of(1, 2, 3) })), 5);
  t.is(code(await ask(line, { kind: 'write', register: EDMI_REGISTERS.clock, data: Uint8Array.of(31, 2, 26, 0, 0, 0) })), 8);
  t.is(code(await ask(line, { kind: 'unit', register: EDMI_REGISTERS.clock })), 2);
});

test('a reader reads and gets CAN 4 for a write', async (t) => {
  const { call, farm } = await rig(t, [ATLAS]);
  const line = await call();
  t.is((await ask(line, login('READER', 'READER'))).kind, 'ack');
  t.is((await ask(line, read(EDMI_REGISTERS.clock))).kind, 'read-reply');
  t.is(code(await ask(line, { kind: 'write', register: EDMI_REGISTERS.clock, data: clock('2026-03-24 10:00:02') })), 4);
  t.is(farm.offset(0), 30);
});

test('several registers at once: each answer behind its error octet', async (t) => {
  const { call } = await rig(t, [ATLAS]);
  const line = await call();
  await ask(line, LOGIN);
  const reply = await ask(line, { kind: 'multi-read', registers: [EDMI_REGISTERS.clock, 0xf0f0] });
  t.is(toHex((reply as { data: Uint8Array }).data), '0018031A0A001E03');
});

test('a damaged frame and one for another meter get no answer', async (t) => {
  const { call } = await rig(t, [ATLAS]);
  const line = await call();
  line.hex('0252F13D29F903');
  line.send(must(encodeEdmiFrame(must(encodeEdmiCommand(LOGIN)), { destination: 1, source: 2, sequence: 3 })));
  t.is((await ask(line, LOGIN)).kind, 'ack');
  t.is(line.drain().length, 0);
});

test('a password without a user is that of EDMI', async (t) => {
  const { call } = await rig(t, [{ ...ATLAS, password: 'IMDEIMDE' }]);
  t.is((await ask(await call(), LOGIN)).kind, 'ack');
});
