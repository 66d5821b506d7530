import test, { type ExecutionContext } from 'ava';
import { destinationOf, sourceOf } from '../../../../actors/dialogue/emlite/address.ts';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import {
  decodeEmliteData,
  EMLITE_OBJECTS,
  EmliteServer,
  type EmliteServerCommand,
  type EmliteServerEvent,
  encodeEmliteClock,
  encodeEmliteData,
  encodeEmliteText,
} from '../../../../workers/codec/emlite/index.ts';
import { errorOfStep, failureOf, loggedIn, type ProfileChange, profileOf, type ScriptedMeter, startMeter, type Talk, talkTo, within } from '../scripted.ts';

const ADDRESS = 0x0000_03ea;
const CLOCK = { year: 2023, month: 8, day: 6, hour: 4, minute: 2, second: 15 };
const CLOCK_AT = Date.UTC(2023, 7, 6, 4, 2, 15);
const TIME = Date.UTC(2023, 7, 6, 4, 2, 40);

interface EmliteMeter extends ScriptedMeter {
  /** `600100 read to 0`, `800800 write 17080604022800 to 1002`. */
  readonly heard: string[];
  /** Result codes in place of the usual answers; null: no answer. */
  readonly instead: (number | null | 'hang-up-tcp')[];
}

async function startEmlite(t: ExecutionContext): Promise<EmliteMeter> {
  const heard: string[] = [];
  const instead: (number | null | 'hang-up-tcp')[] = [];
  const heldIn = (objectId: number): Uint8Array | undefined => {
    if (objectId === EMLITE_OBJECTS.serialNumber) return must(encodeEmliteText('EML1234567'));
    return objectId === EMLITE_OBJECTS.clock ? must(encodeEmliteClock(CLOCK, { dayOctet: 3 })) : undefined;
  };
  const obey = (event: EmliteServerEvent): readonly (EmliteServerCommand | 'hang-up-tcp')[] => {
    if (event.type !== 'request') return [];
    const data = mustDecode(decodeEmliteData(event.payload));
    if (data.kind !== 'object') return [];
    const value = data.flag === 'write' ? `write ${toHex(data.payload)}` : 'read';
    heard.push(`${data.objectId.toString(16)} ${value} to ${event.header.destination}`);
    const answer = instead.length > 0 ? instead.shift() : 0;
    if (answer === null || answer === undefined) return [];
    if (answer === 'hang-up-tcp') return [answer];
    const payload = data.flag === 'read' && answer === 0 ? (heldIn(data.objectId) ?? new Uint8Array(0)) : new Uint8Array(0);
    return [{ type: 'reply', payload: must(encodeEmliteData({ ...data, payload })), resultCode: answer }];
  };
  const meter = await startMeter(t, () => ({ machine: new EmliteServer({ address: ADDRESS }), obey }));
  return Object.assign(meter, { heard, instead });
}

function talk(t: ExecutionContext, meter: EmliteMeter, change: ProfileChange = {}, outstationAddress = ''): Promise<Talk> {
  const emlite = { pauseBetweenConnectionsMs: 1, ...(change.emlite as object | undefined) };
  return talkTo(t, meter.port, profileOf('EMLITECOP10', { ...change, emlite }), { outstationAddress });
}

test('a whole session is single requests, each on a connection of its own, to the address that the meter told', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await talk(t, meter);
  await dialogue.signOn(limits);
  t.is(await dialogue.identify(limits), 'Emlite meter');
  await dialogue.logIn(limits);
  t.is(await dialogue.readSerial(limits), 'EML1234567');
  t.is(await dialogue.identify(limits), 'Emlite meter at 000003EA');
  const sample = await dialogue.readClock(limits);
  t.is(sample.meterAt, CLOCK_AT);
  t.true(sample.wholeSeconds && !sample.repeated && sample.sentAt.monotonicMs <= sample.firstAt.monotonicMs);
  await dialogue.writeClock(() => TIME, limits);
  await dialogue.keepAlive(limits);
  await dialogue.logOff(limits);
  t.deepEqual(meter.heard, ['600100 read to 0', '800800 read to 1002', '800800 write 17080604022800 to 1002']);
  t.is(meter.connections, 3);
});

test('one connection serves all requests where the profile says so', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { emlite: { connectionPerRequest: false } }));
  await dialogue.readSerial(limits);
  await dialogue.readClock(limits);
  await dialogue.writeClock(() => TIME, limits);
  t.is(meter.connections, 1);
});

test('the gap of the profile lies between two connections', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { emlite: { pauseBetweenConnectionsMs: 120 } }));
  await dialogue.readSerial(limits);
  const began = performance.now();
  await dialogue.readClock(limits);
  t.true(performance.now() - began >= 100);
});

test('the value is asked for when the connection stands, not before', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  await dialogue.readClock(limits);
  const values = [TIME, TIME + 5_000];
  await dialogue.writeClock(() => values.shift() ?? 0, limits);
  t.is(meter.heard.at(-1), '800800 write 17080604022D00 to 1002');
});

for (const [sundayIs, octet] of [
  [0, '00'],
  [6, '06'],
  [7, '07'],
] as const) {
  test(`a Sunday is written as ${octet} where the profile says ${sundayIs}`, async (t) => {
    const meter = await startEmlite(t);
    const { dialogue, limits } = await loggedIn(await talk(t, meter, { emlite: { sundayIs } }));
    await dialogue.writeClock(() => TIME, limits);
    t.is(meter.heard[0], `800800 write 170806040228${octet} to 0`);
  });
}

test('the address of the request is the first destination', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, {}, '0x3EA'));
  await dialogue.readSerial(limits);
  t.deepEqual(meter.heard, ['600100 read to 1002']);
});

const results = [
  [2, 'format-error'],
  [3, 'length-error'],
  [4, 'maximum-payload'],
  [5, 'unknown-object'],
  [6, 'not-granted'],
  [7, 'address-error'],
] as const;
for (const [code, name] of results) {
  test(`result ${code} is the meter's refusal of a read and of a write, and nothing is sent again`, async (t) => {
    const meter = await startEmlite(t);
    const { dialogue, limits } = await loggedIn(await talk(t, meter));
    meter.instead.push(code, code);
    const refused = await errorOfStep(t, dialogue.readSerial(limits));
    t.deepEqual([refused.class, refused.meterCode], ['meter', `result ${code}`]);
    t.true(refused.message.includes(name));
    t.deepEqual(
      await failureOf(
        t,
        dialogue.writeClock(() => TIME, limits),
      ),
      ['meter', `result ${code}`],
    );
    t.is(meter.heard.length, 2);
  });
}

test('result 1 brings the request once more, and stays a fault of the link', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { timing: { retries: 1 } }));
  meter.instead.push(1, 1);
  t.deepEqual(await failureOf(t, dialogue.readSerial(limits)), ['link', 'result 1']);
  t.is(meter.heard.length, 2);
});

test('result 1 to the write is a refusal, and nothing is written again', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push(1);
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['meter', 'result 1'],
  );
  t.is(meter.heard.length, 1);
});

test('a write without an answer has an unknown outcome, went out once, and the clock may be read behind it', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { timing: { replyTimeoutMs: 300 } }));
  meter.instead.push(null);
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['write', undefined],
  );
  t.is(meter.heard.length, 1);
  t.is((await dialogue.readClock(limits)).meterAt, CLOCK_AT);
});

test('a connection that ends in place of an answer to the write leaves its outcome unknown', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter));
  meter.instead.push('hang-up-tcp');
  t.deepEqual(
    await failureOf(
      t,
      dialogue.writeClock(() => TIME, limits),
    ),
    ['write', undefined],
  );
});

test('a sample whose request went out twice says so', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits } = await loggedIn(await talk(t, meter, { timing: { replyTimeoutMs: 300 } }));
  meter.instead.push(null);
  t.true((await dialogue.readClock(limits)).repeated);
});

test('a meter that does not answer is a fault of the link, within the time of the step', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue } = await loggedIn(await talk(t, meter));
  meter.instead.push(null);
  t.deepEqual(await failureOf(t, dialogue.readSerial(within(100))), ['link', undefined]);
});

test('the write frame is as long as it says', async (t) => {
  const meter = await startEmlite(t);
  const { dialogue, limits, link } = await loggedIn(await talk(t, meter));
  await dialogue.writeClock(() => TIME, limits);
  t.is(link.octetsOut, dialogue.writeOctets);
});

test('an address is decimal, or hexadecimal where it says so or cannot be decimal', (t) => {
  t.deepEqual(['', '1002', '0x3EA', '0A1B2C3D', '4294967295'].map(destinationOf), [0, 1_002, 0x3ea, 0x0a1b_2c3d, 0xffff_ffff]);
  for (const wrong of ['4294967296', 'xyz', '0x', '0A1B']) t.throws(() => destinationOf(wrong), { message: /outstationAddress/ });
});

test('the own address is 80 and three random octets', (t) => {
  t.is(sourceOf(Uint8Array.of(1, 2, 3)), 0x8001_0203);
});
