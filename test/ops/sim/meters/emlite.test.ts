import test from 'ava';
import type { MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import {
  decodeEmliteClock,
  decodeEmliteData,
  decodeEmliteFrame,
  decodeEmliteText,
  EMLITE_OBJECTS,
  type EmliteData,
  type EmliteFrame,
  encodeEmliteClock,
  encodeEmliteData,
  encodeEmliteFrame,
} from '../../../../workers/codec/emlite/index.ts';
import { type Line, rig } from './rig.ts';

const COP10: MeterSpec = { meterType: 'EMLITECOP10', serialNumber: 'EML2112345678', outstationAddress: '21012345', clock: { offsetSeconds: -90 } };
const NONE = new Uint8Array(0);

interface Answer {
  readonly frame: EmliteFrame;
  readonly data: EmliteData;
}

async function ask(line: Line, data: EmliteData, destination = 0): Promise<Answer> {
  line.send(must(encodeEmliteFrame({ destination, source: 0x8012_3456, sequence: 5, resultCode: 0 }, must(encodeEmliteData(data)))));
  const head = await line.take(2);
  const rest = await line.take((head[1] ?? 1) - 1);
  const frame = mustDecode(decodeEmliteFrame(Buffer.concat([head, rest])));
  return { frame, data: mustDecode(decodeEmliteData(frame.data)) };
}

const read = (objectId: number): EmliteData => ({ kind: 'object', objectId, flag: 'read', payload: NONE });
const write = (objectId: number, payload: Uint8Array): EmliteData => ({ kind: 'object', objectId, flag: 'write', payload });
const TEN_O_CLOCK = must(encodeEmliteClock({ year: 2026, month: 3, day: 24, hour: 10, minute: 0, second: 0 }));

test('any destination is taken; the reply has its own address, the sequence and result 0', async (t) => {
  const { call } = await rig(t, [COP10]);
  const line = await call();
  for (const destination of [0, 21_012_345, 99]) {
    const { frame, data } = await ask(line, read(EMLITE_OBJECTS.serialNumber), destination);
    t.like(frame, { source: 21_012_345, destination: 0x8012_3456, sequence: 5, resultCode: 0 });
    t.is(mustDecode(decodeEmliteText((data as { payload: Uint8Array }).payload)), 'EML2112345678');
  }
});

test('the clock is read and written, each on a connection of its own, and the record joins them', async (t) => {
  const { call, farm } = await rig(t, [COP10]);
  const { data } = await ask(await call(), read(EMLITE_OBJECTS.clock));
  t.like(mustDecode(decodeEmliteClock((data as { payload: Uint8Array }).payload)), {
    time: { year: 2026, month: 3, day: 24, hour: 9, minute: 58, second: 30 },
  });
  await ask(await call(), read(EMLITE_OBJECTS.serialNumber));
  const written = await ask(await call(), write(EMLITE_OBJECTS.clock, TEN_O_CLOCK));
  t.is(written.frame.resultCode, 0);
  t.is((written.data as { payload: Uint8Array }).payload.length, 0);
  t.is(farm.offset(0), 0);
  t.like(farm.records()[0], { outcome: 'applied', reads: ['clock', 'serial'], serialRead: true, offsetBefore: -90, offsetAfter: 0, session: 1 });
});

test('result 5 for an unknown object, 6 for one that is only read, 3 for a wrong length, 2 for what is no object', async (t) => {
  const { call } = await rig(t, [COP10]);
  const line = await call();
  t.is((await ask(line, read(0x123456))).frame.resultCode, 5);
  t.is((await ask(line, write(EMLITE_OBJECTS.serialNumber, NONE))).frame.resultCode, 6);
  t.is((await ask(line, write(EMLITE_OBJECTS.clock, TEN_O_CLOCK.subarray(0, 6)))).frame.resultCode, 3);
  t.is((await ask(line, write(EMLITE_OBJECTS.clock, Uint8Array.of(26, 2, 31, 0, 0, 0, 0)))).frame.resultCode, 2);
  t.is((await ask(line, { kind: 'profile-log', format: 3, payload: NONE })).frame.resultCode, 2);
});

test('a bad CRC gets result 1', async (t) => {
  const { call } = await rig(t, [COP10]);
  const line = await call();
  line.hex('7E1100000000801234560301600100000000');
  const answer = mustDecode(decodeEmliteFrame(await line.take(18)));
  t.is(answer.resultCode, 1);
});

test('half a frame is given up after 2 s of silence', async (t) => {
  const { call, clock } = await rig(t, [COP10]);
  const line = await call();
  line.hex('7E40000000008012');
  await t.notThrowsAsync(untilPending(() => clock.pending > 0));
  await clock.advance(2_200);
  t.is((await ask(line, read(EMLITE_OBJECTS.clock))).frame.resultCode, 0);
});

/** Until the octets have arrived: the meter then waits for more. */
async function untilPending(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve));
}
