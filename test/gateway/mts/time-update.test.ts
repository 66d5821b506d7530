import test from 'ava';
import { type MtsWorld, SAMPLE, startMtsWorld } from '../../support/gateway/mts-world.ts';

let world: MtsWorld;

test.before(async () => {
  world = await startMtsWorld();
});
test.after.always(() => world.close());

test("the seed's sample is accepted once it is durable; ids are positive and rise", async (t) => {
  const raw = `{
  "requestReference": "ABC",
  "meterType": "ELSTERA1700",
  "remoteAddress": "07777000000",
  "outstationAddress": "1",
  "serialNumber": "12345678",
  "password": "AAAA0000"
}`;
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const first = await world.call('POST', '/MTS/time-update', { raw, headers });
  t.is(first.status, 200);
  t.is(first.headers['content-type'], 'application/json; charset=utf-8');
  t.deepEqual(Object.keys(first.json), ['requestId']);
  const id = first.json.requestId as number;
  t.true(Number.isSafeInteger(id) && id > 0);
  t.is(await world.state(id), 'waiting');
  t.true((await world.post(SAMPLE)).json.requestId > id);
});

test("the seed's error sample: an address that is none", async (t) => {
  const told = await world.post({ ...SAMPLE, remoteAddress: 'abc' });
  t.is(told.status, 400);
  t.is(told.headers['content-type'], 'application/json; charset=utf-8');
  t.deepEqual(told.json, { details: 'Remote address is not in a recognised format' });
});

test("the seed's error sample verbatim is no JSON", async (t) => {
  const raw = `{
  "requestReference": "ABC",
  "meterType": "ELSTERA1700",
  "remoteAddress": "abc",
  "outstationAddress": "1",
}`;
  const told = await world.call('POST', '/MTS/time-update', { raw });
  t.is(told.status, 400);
  t.deepEqual(told.json, { details: 'The body must be a JSON object' });
});

test('immediate ones are queued at once, the others wait for the night', async (t) => {
  const at = async (immediate: boolean | undefined, remoteAddress: string) =>
    world.state((await world.post({ ...SAMPLE, remoteAddress, ...(immediate === undefined ? {} : { immediate }) })).json.requestId);
  t.is(await at(false, '07777000001'), 'waiting');
  t.is(await at(undefined, '07777000002'), 'waiting');
  t.not(await at(true, '07777000003'), 'waiting');
});

const long = (count: number): string => 'x'.repeat(count);
const REFUSED: readonly (readonly [what: string, change: Record<string, unknown>, details: string])[] = [
  ['requestReference: not a string', { requestReference: 5 }, 'requestReference must be a string'],
  ['requestReference: too long', { requestReference: long(101) }, 'requestReference must have at most 100 characters'],
  ['requestReference: half a character', { requestReference: '\ud800' }, 'requestReference must have at most 100 characters'],
  ['immediate: a text', { immediate: 'true' }, 'immediate must be true or false'],
  ['immediate: a number', { immediate: 1 }, 'immediate must be true or false'],
  ['immediate: null', { immediate: null }, 'immediate must be true or false'],
  ['immediate misspelt', { imediate: true }, 'imediate is not a known member'],
  ['a member in other case', { Password: 'AAAA0000' }, 'Password is not a known member'],
  ['__proto__', JSON.parse('{"__proto__": {"immediate": true}}'), '__proto__ is not a known member'],
  ['meterType: missing', { meterType: undefined }, 'meterType is required'],
  ['meterType: not a string', { meterType: ['ELSTERA1700'] }, 'meterType must be a string'],
  ['meterType: unknown', { meterType: 'ELSTERA1701' }, 'Meter type is not recognised'],
  ['meterType: small letters', { meterType: 'elstera1700' }, 'Meter type is not recognised'],
  ['meterType: of the language', { meterType: 'constructor' }, 'Meter type is not recognised'],
  ['meterType: CEWEPRO', { meterType: 'CEWEPRO' }, 'Time update is not supported for meter type CEWEPRO'],
  ['meterType: PREMIERPRI', { meterType: 'PREMIERPRI' }, 'Time update is not supported for meter type PREMIERPRI'],
  ['remoteAddress: missing', { remoteAddress: undefined }, 'remoteAddress is required'],
  ['remoteAddress: not a string', { remoteAddress: 7777000000 }, 'remoteAddress must be a string'],
  ['remoteAddress: empty', { remoteAddress: '' }, 'Remote address is not in a recognised format'],
  ['remoteAddress: a port too high', { remoteAddress: '10.0.0.1:65536' }, 'Remote address is not in a recognised format'],
  ['remoteAddress: long', { remoteAddress: long(5_000) }, 'Remote address is not in a recognised format'],
  ['remoteAddress: loopback', { remoteAddress: '127.0.0.1:4059' }, 'Remote address is not allowed'],
  ['remoteAddress: loopback by name', { remoteAddress: 'localhost:4059' }, 'Remote address is not allowed'],
  ['remoteAddress: loopback, version 6', { remoteAddress: '[::ffff:127.0.0.1]:4059' }, 'Remote address is not allowed'],
  ['remoteAddress: emergency number', { remoteAddress: '999' }, 'Remote address is not allowed'],
  ['comsSettings: not a string', { comsSettings: 711 }, 'comsSettings must be a string'],
  ['comsSettings: rubbish', { comsSettings: '9E1' }, 'comsSettings must be data bits 7 or 8, parity N, E, O, M or S, and stop bits 1 or 2, such as 7E1'],
  ['comsSettings: empty', { comsSettings: '' }, 'comsSettings must be data bits 7 or 8, parity N, E, O, M or S, and stop bits 1 or 2, such as 7E1'],
  ['comsSettings: not a modem', { comsSettings: '7E1', remoteAddress: '10.0.0.1:4059' }, 'comsSettings applies to telephone numbers only'],
  ['outstationAddress: not a string', { outstationAddress: 1 }, 'outstationAddress must be a string'],
  ['outstationAddress: too long', { outstationAddress: '1'.repeat(33) }, 'outstationAddress must have at most 32 printable characters'],
  ['outstationAddress: a control character', { outstationAddress: '1\r' }, 'outstationAddress must have at most 32 printable characters'],
  ['serialNumber: not a string', { serialNumber: 12345678 }, 'serialNumber must be a string'],
  ['serialNumber: too long', { serialNumber: '1'.repeat(33) }, 'serialNumber must have 1 to 32 printable characters'],
  ['serialNumber: empty, which would check nothing', { serialNumber: '' }, 'serialNumber must have 1 to 32 printable characters'],
  ['password: not a string', { password: 1234 }, 'password must be a string'],
  ['password: too long for any', { password: long(129) }, 'password must have at most 128 characters'],
];

for (const [what, change, details] of REFUSED) {
  test(`400: ${what}`, async (t) => {
    const own = Object.getOwnPropertyDescriptors(change);
    const told = await world.post(Object.defineProperties({ ...SAMPLE }, own));
    t.is(told.status, 400);
    t.deepEqual(told.json, { details });
  });
}

test('the password: needed where the meter asks for one, its form checked at once and never repeated', async (t) => {
  const { password: _, ...without } = SAMPLE;
  const missing = await world.post(without);
  t.is(missing.status, 400);
  t.regex(missing.json.details, /^password must be given/);
  const short = await world.post({ ...SAMPLE, password: 'secret7' });
  t.is(short.status, 400);
  t.regex(short.json.details, /^password .*8/);
  t.false(short.text.includes('secret7'));
  t.is((await world.post({ ...without, meterType: 'EMLITECOP10', remoteAddress: '07777000009', outstationAddress: '' })).status, 200);
});

test('every supported type is taken', async (t) => {
  const types = ['ELSTERA1700', 'ELSTERA1140', 'ELSTERAS230', 'EDMIATLAS', 'EMLITECOP10', 'ISKRA_MX37X', 'LG_DLMS', 'CEWEPRO100'];
  for (const [index, meterType] of types.entries()) {
    const told = await world.post({ meterType, remoteAddress: `0777700001${index}`, password: 'AAAA0000' });
    if (told.status !== 200) t.regex(told.json.details, /^password /, meterType);
    else t.pass();
  }
});

test('the longest good values are taken and come back unchanged', async (t) => {
  const reference = '\u{1f50c}'.repeat(100);
  const body = { ...SAMPLE, requestReference: reference, serialNumber: '1'.repeat(32), comsSettings: '7e1', remoteAddress: ' 07777 000-000 ' };
  const { requestId } = (await world.post(body)).json;
  t.like((await world.status(requestId)).json, body);
});

const BROKEN: readonly (readonly [string, string | Uint8Array, string])[] = [
  ['nothing', '', 'The body must be a JSON object'],
  ['an array', '[]', 'The body must be a JSON object'],
  ['null', 'null', 'The body must be a JSON object'],
  ['a text', '"x"', 'The body must be a JSON object'],
  ['cut off', '{"password": "SECRET00', 'The body must be a JSON object'],
  ['not UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d), 'The body must be UTF-8'],
  ['deep', '['.repeat(30_000), 'The body must be a JSON object'],
];

for (const [what, raw, details] of BROKEN) {
  test(`400: a body that is ${what}`, async (t) => {
    const told = await world.call('POST', '/MTS/time-update', { raw });
    t.is(told.status, 400);
    t.deepEqual(told.json, { details });
  });
}

test('413: more than 64 KiB; exactly 64 KiB is read', async (t) => {
  const start = `{"x":"`;
  const fill = (bytes: number): string => `${start}${'a'.repeat(bytes - start.length - 2)}"}`;
  const over = await world.call('POST', '/MTS/time-update', { raw: fill(65_537) });
  t.is(over.status, 413);
  t.is(typeof over.json.details, 'string');
  t.deepEqual((await world.call('POST', '/MTS/time-update', { raw: fill(65_536) })).json, { details: 'x is not a known member' });
});

test('400: members in the query would be missed in silence', async (t) => {
  const told = await world.call('POST', '/MTS/time-update?immediate=true', { body: SAMPLE });
  t.is(told.status, 400);
  t.is(typeof told.json.details, 'string');
});

test('503 while the store cannot take it; nothing was acknowledged', async (t) => {
  const other = await startMtsWorld();
  t.teardown(() => other.close());
  await other.engine.stop();
  const told = await other.post(SAMPLE);
  t.is(told.status, 503);
  t.is(typeof told.json.details, 'string');
  t.truthy(told.headers['retry-after']);
});
