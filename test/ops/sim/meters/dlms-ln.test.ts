import test from 'ava';
import { readVectorFile } from '../../../../ops/vectors/file.ts';
import { Members } from '../../../../ops/vectors/members.ts';
import { action, conformanceOf, get, type LogicalReference } from '../../../../workers/codec/apdu/index.ts';
import { fromHex, must, toHex } from '../../../../workers/codec/common/index.ts';
import { clientAddress, encodeHdlcFrame, serverAddress } from '../../../../workers/codec/hdlc/index.ts';
import {
  at,
  CLOCK,
  clockData,
  Dlms,
  dataObject,
  ISKRA,
  ISKRA_HDLC,
  ISKRA_WRAPPER,
  instantOf,
  iskraByHdlc,
  lls,
  loggedIn,
  SERIAL,
  textOf,
} from './dlms-client.ts';
import { rig, START } from './rig.ts';

const ASSOCIATION: LogicalReference = { classId: 15, obis: [0, 0, 40, 0, 0, 255], id: 2 };

for (const [name, spec, calling] of [
  ['wrapper', ISKRA, ISKRA_WRAPPER],
  ['HDLC', iskraByHdlc(), ISKRA_HDLC],
] as const) {
  test(`by ${name}: log in, serial number, clock, SET, clock again, release`, async (t) => {
    const { call, farm } = await rig(t, [spec]);
    const dlms = await loggedIn(await call(), calling, spec);
    t.is(textOf(await dlms.data(SERIAL)), '36000001');
    t.is(instantOf(await dlms.data(CLOCK)), START + 45_000);
    t.is(await dlms.set(CLOCK, clockData(START)), 0);
    t.is(instantOf(await dlms.data(CLOCK)), START);
    t.is(await dlms.release(), 'RLRE');
    t.like(farm.records()[0], {
      what: 'clock',
      outcome: 'applied',
      offsetBefore: 45,
      offsetAfter: 0,
      reads: ['serial', 'clock'],
      serialTold: '36000001',
      authenticated: true,
      clockReads: 1,
    });
  });
}

test('a recorded client gets its answers: same services, same results', async (t) => {
  const spec = { ...ISKRA, password: 'Gurux', dlms: { client: 17, serverUpper: 1 } };
  const { call } = await rig(t, [spec]);
  const session = readVectorFile(new URL('../../../vectors/sessions.json', import.meta.url).pathname).find(({ id }) => id === 'sess-cap-cpp_w_lls')!;
  const frames = new Members(session.context.given ?? {}).list('frames', (value, path) => Members.of(value, path));
  const line = await call();
  const answers: string[] = [];
  for (const frame of frames) {
    if (frame.text('direction') !== 'client->meter') continue;
    line.send(frame.hex('hex'));
    const head = await line.take(8);
    answers.push(toHex(await line.take(head.readUInt16BE(6))));
  }
  t.is(answers.length, 5);
  t.true(answers[0]?.startsWith('6129A109060760857405080101A203020100A305A103020100BE'));
  t.regex(answers[1]!, /^C401C100090C/);
  t.regex(answers[2]!, /^C501C1/);
  t.is(answers[4], '6303800100');
});

test('without an association a GET is refused by an exception', async (t) => {
  const { call } = await rig(t, [ISKRA, iskraByHdlc()]);
  const wrapper = new Dlms(await call(0), ISKRA_WRAPPER);
  await wrapper.open();
  t.like(await wrapper.ask(get(CLOCK)), { pdu: 'exception-response', stateError: 1 });
  const hdlc = new Dlms(await call(1), ISKRA_HDLC);
  await hdlc.open();
  t.like(await hdlc.ask(get(CLOCK)), { pdu: 'exception-response', stateError: 1 });
});

test('AARE tells why: password 13, no mechanism 12, another mechanism 11, context 2, conformance and PDU by an initiate error', async (t) => {
  const { call } = await rig(t, [ISKRA]);
  const dlms = new Dlms(await call(), ISKRA_WRAPPER);
  await dlms.open();
  t.like(await dlms.associate(lls('wrong')), { result: 1, diagnostic: 13 });
  t.like(await dlms.associate({ level: 'none' }), { result: 1, diagnostic: 12 });
  t.like(await dlms.associate({ level: 'hls', mechanism: 3, challenge: Buffer.from('12345678') }), { result: 1, diagnostic: 11 });
  t.like(await dlms.associate(lls('12345678'), { contextName: 'SN' }), { result: 1, diagnostic: 2 });
  t.like(await dlms.associate(lls('12345678'), { conformance: conformanceOf(['read', 'write']) }), {
    result: 1,
    userInformation: { pdu: 'confirmed-service-error', errorValue: 2 },
  });
  t.like(await dlms.associate(lls('12345678'), { maxReceivePduSize: 11 }), { result: 1, userInformation: { pdu: 'confirmed-service-error', errorValue: 3 } });
  t.like(await dlms.associate(lls('12345678')), { result: 0, diagnostic: 0 });
});

test('a client that it does not know gets DM on HDLC and a rejection on the wrapper', async (t) => {
  const { call } = await rig(t, [ISKRA, iskraByHdlc()]);
  const wrapper = new Dlms(await call(0), { ...ISKRA_WRAPPER, client: 33 });
  await wrapper.open();
  t.is((await wrapper.associate(lls('12345678'))).result, 1);
  t.is(await new Dlms(await call(1), { ...ISKRA_HDLC, client: 33 }).open(), 'failed');
});

test('the public client sees names and the invocation counter, reads no serial number and writes nothing', async (t) => {
  const { call, farm } = await rig(t, [{ ...ISKRA, dlms: { clientCounter: 77 } }]);
  const dlms = new Dlms(await call(), { ...ISKRA_WRAPPER, client: 16 });
  await dlms.open();
  t.is((await dlms.associate({ level: 'none' })).result, 0);
  t.is(textOf(await dlms.data(dataObject('0.0.42.0.0.255'))), 'ISK36000001');
  t.deepEqual(await dlms.data(dataObject('0.0.43.1.0.255')), { type: 'double-long-unsigned', value: 77 });
  t.deepEqual(await dlms.get(SERIAL), { accessResult: 3 });
  t.is(await dlms.set(CLOCK, clockData(START)), 3);
  t.is(farm.offset(0), 45);
});

test('unknown objects, wrong classes and attributes are refused, each with its own result', async (t) => {
  const { call } = await rig(t, [ISKRA]);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  t.deepEqual(await dlms.get(dataObject('0.0.96.2.0.255')), { accessResult: 4 });
  t.deepEqual(await dlms.get({ ...CLOCK, classId: 1 }), { accessResult: 9 });
  t.deepEqual(await dlms.get(at(CLOCK, 10)), { accessResult: 4 });
  t.is(await dlms.set(SERIAL, { type: 'octet-string', octets: Buffer.from('1') }), 3);
  t.is(await dlms.set(CLOCK, { type: 'unsigned', value: 1 }), 12);
  t.is(await dlms.set(CLOCK, { type: 'octet-string', octets: fromHex('07EA021F070A00000080 0000'.replace(' ', ''))! }), 250, '31 February');
});

test('a service that was not agreed on is refused', async (t) => {
  const { call } = await rig(t, [ISKRA]);
  const dlms = new Dlms(await call(), ISKRA_WRAPPER);
  await dlms.open();
  await dlms.associate(lls('12345678'), { conformance: conformanceOf(['get']) });
  t.like(await dlms.ask(action(at(CLOCK, 6), { type: 'long', value: 5 })), { pdu: 'exception-response', serviceError: 2 });
});

test('clock attributes 1 to 9 are there', async (t) => {
  const { call } = await rig(t, [ISKRA]);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  const types: string[] = [];
  for (let id = 1; id <= 9; id++) types.push((await dlms.data(at(CLOCK, id))).type);
  t.deepEqual(types, ['octet-string', 'octet-string', 'long', 'unsigned', 'octet-string', 'octet-string', 'integer', 'boolean', 'enum']);
});

test('shift_time moves the clock by at most 900 s; the other methods round it', async (t) => {
  const { call, farm } = await rig(t, [ISKRA]);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  t.is(await dlms.invoke(at(CLOCK, 6), { type: 'long', value: -15 }), 0);
  t.is(farm.offset(0), 30);
  t.is(await dlms.invoke(at(CLOCK, 6), { type: 'long', value: 901 }), 13);
  t.is(await dlms.invoke(at(CLOCK, 6), { type: 'integer', value: 1 }), 12);
  t.is(await dlms.invoke(at(CLOCK, 3), { type: 'integer', value: 0 }), 0);
  t.is(farm.offset(0), 60);
  t.is(await dlms.invoke(at(CLOCK, 1), { type: 'integer', value: 0 }), 0);
  t.is(farm.offset(0), 0);
  t.is(await dlms.invoke(at(CLOCK, 4), { type: 'integer', value: 0 }), 13, 'nothing preset');
  const preset = [START + 7_000, START - 60_000, START + 60_000].map((instant) => clockData(instant));
  t.is(await dlms.invoke(at(CLOCK, 5), { type: 'structure', items: preset }), 0);
  t.is(await dlms.invoke(at(CLOCK, 4), { type: 'integer', value: 0 }), 0);
  t.is(farm.offset(0), 7);
});

for (const [name, spec, calling] of [
  ['wrapper', ISKRA, ISKRA_WRAPPER],
  ['HDLC', iskraByHdlc(), ISKRA_HDLC],
] as const) {
  test(`by ${name}: an object list longer than the PDU comes in blocks`, async (t) => {
    const { call } = await rig(t, [spec]);
    const dlms = new Dlms(await call(), calling);
    await dlms.open();
    await dlms.associate(lls('12345678'), { maxReceivePduSize: 200 });
    const list = await dlms.data(ASSOCIATION);
    t.is(list.type === 'array' ? list.items.length : 0, 10);
    const first = await dlms.ask(get(ASSOCIATION));
    t.like(first, { choice: 'with-datablock', blockNumber: 1, lastBlock: false });
    t.like(await dlms.ask({ pdu: 'get-request', choice: 'next', invokeId: 1, confirmed: true, highPriority: true, blockNumber: 9 }), { accessResult: 19 });
  });
}

test('a block that is asked for under another invoke id is refused', async (t) => {
  const { call } = await rig(t, [ISKRA]);
  const dlms = new Dlms(await call(), ISKRA_WRAPPER);
  await dlms.open();
  await dlms.associate(lls('12345678'), { maxReceivePduSize: 200 });
  await dlms.ask(get(ASSOCIATION));
  t.like(await dlms.ask({ pdu: 'get-request', choice: 'next', invokeId: 2, confirmed: true, highPriority: true, blockNumber: 1 }), {
    invokeId: 2,
    accessResult: 19,
  });
});

test('a frame with a wrong HCS, and one for another station, are dropped without a word', async (t) => {
  const { call } = await rig(t, [iskraByHdlc()]);
  const line = await call();
  const snrm = { type: 'SNRM', source: clientAddress(100), pf: true, information: Buffer.from('818003050180', 'hex') } as const;
  const damaged = must(encodeHdlcFrame({ ...snrm, destination: serverAddress(1, 17) }));
  // Flag, format 2, addresses 2 and 1, control: then the HCS.
  damaged[7] = (damaged[7] ?? 0) ^ 0x01;
  line.send(damaged);
  line.send(must(encodeHdlcFrame({ ...snrm, destination: serverAddress(1, 18) })));
  const dlms = new Dlms(line, ISKRA_HDLC);
  t.is(await dlms.open(), 'opened');
  t.is(line.drain().length, 0);
});

test('a meter on London time shows summer time and says so', async (t) => {
  const { call, clock } = await rig(t, [{ ...ISKRA, clock: { zone: 'London' }, dlms: { deviation: 'normal' } }]);
  await clock.advance(Date.parse('2026-07-01T12:00:00Z') - START);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  t.is(toHex(((await dlms.data(CLOCK)) as { octets: Uint8Array }).octets), '07EA0701030D000000FFC480');
  t.is(instantOf(await dlms.data(CLOCK)), Date.parse('2026-07-01T12:00:00Z'));
  t.deepEqual(await dlms.data(at(CLOCK, 4)), { type: 'unsigned', value: 0x80 });
});

test('with mode E the link begins with a sign-on, and SNRM alone is not answered', async (t) => {
  const { call } = await rig(t, [iskraByHdlc({ modeE: true })]);
  const line = await call();
  const snrm = must(encodeHdlcFrame({ type: 'SNRM', destination: serverAddress(1, 17), source: clientAddress(100), pf: true }));
  const silent = await call();
  silent.send(snrm);
  line.hex('AF3F218D0A');
  t.is(
    Buffer.from(await line.until('\n'), 'latin1')
      .map((octet) => octet & 0x7f)
      .toString(),
    '/ISK5\\2METER\r\n',
  );
  line.hex('06B235B28D0A');
  const dlms = await loggedIn(line, ISKRA_HDLC, ISKRA);
  t.is(textOf(await dlms.data(SERIAL)), '36000001');
  t.is(silent.drain().length, 0);
});
