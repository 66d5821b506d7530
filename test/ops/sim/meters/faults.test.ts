import test from 'ava';
import type { Faults, MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { decodeApdu, encodeApdu, get, set } from '../../../../workers/codec/apdu/index.ts';
import { type LinkCommand, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { decodeEdmiCommand, EDMI_REGISTERS, EdmiClient, encodeEdmiCommand } from '../../../../workers/codec/edmi/index.ts';
import { itemRead, itemWrite, loginCommands, seedOf } from '../../../../workers/codec/elster/index.ts';
import { EMLITE_OBJECTS, EmliteClient, encodeEmliteClock, encodeEmliteData, encodeEmliteFrame } from '../../../../workers/codec/emlite/index.ts';
import { clientAddress, encodeHdlcFrame, serverAddress } from '../../../../workers/codec/hdlc/index.ts';
import { encodeTelegram, IecClient, type IecClientCommand, type IecClientEvent } from '../../../../workers/codec/iec62056-21/index.ts';
import { CLOCK, clockData, Dlms, ISKRA, ISKRA_HDLC, ISKRA_WRAPPER, instantOf, iskraByHdlc, lls, loggedIn, SERIAL, textOf } from './dlms-client.ts';
import { Client, type Line, type Rig, rig, START } from './rig.ts';

const A1700: MeterSpec = { meterType: 'ELSTERA1700', serialNumber: '12345678', password: 'FEDC0003', clock: { offsetSeconds: -25 } };
const ATLAS: MeterSpec = { meterType: 'EDMIATLAS', serialNumber: '250818610', password: 'EDMI,IMDEIMDE', clock: { offsetSeconds: 30 } };
const COP10: MeterSpec = { meterType: 'EMLITECOP10', serialNumber: 'EML2112345678', outstationAddress: '21012345', clock: { offsetSeconds: -90 } };
const wrapped = (faults: Faults): MeterSpec => ({ ...ISKRA, faults });
const hdlc = (faults: Faults): MeterSpec => ({ ...iskraByHdlc(), faults });

/** A telegram of the Elster codec. */
const telegramOf = <T>(outcome: { readonly kind: 'good'; readonly value: T } | { readonly kind: 'bad' }): T => {
  if (outcome.kind === 'bad') throw new Error('no telegram');
  return outcome.value;
};
const READ_SERIAL = telegramOf(itemRead({ dataId: '798', packet: 1, length: 16 }));
const READ_CLOCK = telegramOf(itemRead({ dataId: '861', packet: 1, length: 7 }));
const READ_EMLITE_SERIAL = must(encodeEmliteData({ kind: 'object', objectId: EMLITE_OBJECTS.serialNumber, flag: 'read', payload: new Uint8Array(0) }));
const SET_CLOCK = telegramOf(itemWrite({ dataId: '861', packet: 1, octets: Buffer.from('00001024030026', 'hex') }));

class Elster {
  readonly link: Client<IecClientCommand, IecClientEvent>;

  constructor(line: Line, sevenE1 = false) {
    const machine = new IecClient({
      pauseMs: 0,
      settleMs: 0,
      operandPauseMs: 0,
      breakPauseMs: 0,
      replyTimeoutMs: 500,
      interOctetTimeoutMs: 300,
      retries: 4,
      option: '6',
      sevenE1,
    });
    this.link = new Client(line, machine);
  }

  async logIn(): Promise<this> {
    const { operand } = await this.link.ask({ type: 'open' }, 'opened');
    const [login] = telegramOf(loginCommands(2, seedOf(operand)!, 'FEDC0003'));
    await this.ask(login!);
    return this;
  }

  /** What came of a command: its answer, or how it ended without one. */
  async ask(telegram: Parameters<typeof encodeTelegram>[0], volatile = false): Promise<string> {
    const event = await this.link.ask({ type: 'request', payload: must(encodeTelegram(telegram)), volatile }, 'reply', 'unknown-outcome', 'failed', 'closed');
    if (event.type !== 'reply') return event.type;
    const { telegram: reply } = event;
    return 'data' in reply ? reply.data : 'errorCode' in reply ? reply.errorCode : reply.type;
  }
}

const elster = async ({ call }: Rig): Promise<Elster> => new Elster(await call()).logIn();

test('reply delay: the answer goes out when the time has passed, and answers keep their order', async (t) => {
  const { call, clock } = await rig(t, [wrapped({ replyDelayMs: 200 })]);
  const line = await call();
  const dlms = new Dlms(line, ISKRA_WRAPPER);
  await dlms.open();
  const answer = dlms.associate(lls('12345678'));
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(199);
  t.is(line.drain().length, 0);
  await clock.advance(1);
  t.is((await answer).result, 0);
});

test('drift: the clock gains by its rate', async (t) => {
  const { farm, clock } = await rig(t, [{ ...A1700, clock: { driftPpm: 1000, offsetSeconds: 1 } }]);
  await clock.advance(100_000);
  t.is(Math.round(farm.offset(0) * 1000), 1_100);
});

test('a step: the clock jumps at its instant, once', async (t) => {
  const { farm, clock } = await rig(t, [{ ...A1700, clock: { stepAt: { at: '2026-03-24T10:01:00Z', seconds: 3600 } } }]);
  await clock.advance(59_000);
  t.is(farm.offset(0), 0);
  await clock.advance(1_000);
  t.is(farm.offset(0), 3600);
  farm.setOffset(0, 0);
  t.is(farm.offset(0), 0);
});

test('frames that are dropped, damaged or noisy are asked for again, and the session succeeds', async (t) => {
  for (const faults of [{ dropRate: 0.2 }, { badCheckRate: 0.3 }, { noiseRate: 0.3 }, { requestDropRate: 0.2 }]) {
    const { call, farm } = await rig(t, [{ ...hdlc(faults), seed: 3 }]);
    const dlms = new Dlms(await call(), { ...ISKRA_HDLC, responseTimeoutMs: 100, retries: 10 });
    await dlms.open();
    await dlms.associate(lls('12345678'));
    for (let round = 0; round < 4; round++) t.is(textOf(await dlms.data(SERIAL)), '36000001', JSON.stringify(faults));
    t.is(farm.meters.length, 1);
  }
});

test('the same seed damages the same frames', async (t) => {
  const heard: string[] = [];
  for (const seed of [5, 5, 6]) {
    const { call, farm } = await rig(t, [{ ...A1700, seed, faults: { noiseRate: 0.5 } }]);
    const line = await call();
    for (let round = 0; round < 8; round++) {
      const before = farm.stats(0).octetsOut;
      line.send('/?!\r\n');
      while (farm.stats(0).octetsOut === before) await new Promise((resolve) => setImmediate(resolve));
    }
    heard.push(toHex(await line.take(farm.stats(0).octetsOut)));
  }
  t.is(heard[0], heard[1]);
  t.not(heard[0], heard[2]);
});

/** What brings an answer with a checksum out of each, and how long it is. */
const CHECKED = [
  ['Elster', { ...A1700, elster: { loginSeed: '0102030405060708' } }, ['/?!\r\n', '\x06056\r\n'], 23, 24],
  ['EDMI', ATLAS, ['\x1b'], 0, 5],
  ['Emlite', COP10, [''], 0, 34],
  [
    'HDLC',
    iskraByHdlc(),
    [Buffer.from(must(encodeHdlcFrame({ type: 'SNRM', destination: serverAddress(1, 17), source: clientAddress(100), pf: true }))).toString('latin1')],
    0,
    33,
  ],
] as const;

for (const [name, spec, said, before, length] of CHECKED) {
  test(`a bad check: one octet of every frame of ${name} is wrong`, async (t) => {
    const { call } = await rig(t, [{ ...spec, faults: { badCheckRate: 1 } }, spec]);
    const frames: Buffer[] = [];
    for (const index of [0, 1]) {
      const line = await call(index);
      for (const [at, text] of said.entries()) {
        line.send(name === 'Emlite' ? must(encodeEmliteFrame({ destination: 0, source: 1, sequence: 1, resultCode: 0 }, READ_EMLITE_SERIAL)) : text);
        if (at === 0) await line.take(before);
      }
      frames.push(await line.take(length));
    }
    const [damaged, right] = frames as [Buffer, Buffer];
    t.is(damaged.length, length);
    t.is(damaged.filter((octet, at) => octet !== right[at]).length, 1);
  });
}

test('wrong serial: the meter tells another number, and the record says which', async (t) => {
  const { call, farm } = await rig(t, [wrapped({ serialNumber: '99999999' })]);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  t.is(textOf(await dlms.data(SERIAL)), '99999999');
  await dlms.set(CLOCK, clockData(START));
  t.like(farm.records()[0], { serialNumber: '36000001', serialTold: '99999999' });
});

test('a wrong password: not a word with silent, another reason with error, and a lock after n', async (t) => {
  const { call, farm } = await rig(t, [hdlc({ wrongPassword: 'silent' }), hdlc({ wrongPassword: 'error', lockAfter: 1 })]);
  const silent = new Dlms(await call(0), { ...ISKRA_HDLC, responseTimeoutMs: 400, retries: 1 });
  await silent.open();
  await t.throwsAsync(silent.associate(lls('wrong')));
  const error = new Dlms(await call(1), ISKRA_HDLC);
  await error.open();
  t.like(await error.associate(lls('wrong')), { result: 1, diagnostic: 1 });
  t.is((await error.associate(lls('12345678'))).result, 1, 'locked');
  t.true(farm.stats(1).locked);
});

test('reboot: the request is lost, the meter is silent for its time and has forgotten the session', async (t) => {
  const { call, clock } = await rig(t, [hdlc({ reboot: { afterRequests: 1, silentMs: 5_000 } })]);
  const line = await call();
  const dlms = new Dlms(line, { ...ISKRA_HDLC, responseTimeoutMs: 400, retries: 1 });
  await dlms.open();
  await dlms.associate(lls('12345678'));
  await dlms.data(SERIAL);
  await t.throwsAsync(dlms.data(CLOCK), { message: /no-reply/ });
  await clock.advance(5_000);
  const again = await loggedIn(line, ISKRA_HDLC, ISKRA);
  t.is(textOf(await again.data(SERIAL)), '36000001');
});

test('reboot that closes: the connection ends', async (t) => {
  const { call } = await rig(t, [{ ...A1700, faults: { reboot: { afterRequests: 1, closes: true } } }]);
  const line = await call();
  const meter = await new Elster(line).logIn();
  meter.ask(READ_SERIAL).catch(() => undefined);
  await line.ended();
  t.true(line.closed);
});

test('DM in mid-session; the meter takes the next SNRM', async (t) => {
  const { call } = await rig(t, [hdlc({ disconnect: { afterRequests: 1 } })]);
  const line = await call();
  const dlms = await loggedIn(line, ISKRA_HDLC, ISKRA);
  await dlms.data(SERIAL);
  await t.throwsAsync(dlms.data(CLOCK), { message: /disconnected/ });
  t.is(textOf(await (await loggedIn(line, ISKRA_HDLC, ISKRA)).data(SERIAL)), '36000001');
});

test('a break in mid-session ends an Elster session', async (t) => {
  const meter = await elster(await rig(t, [{ ...A1700, faults: { disconnect: { afterRequests: 2 } } }]));
  t.is((await meter.ask(READ_SERIAL)).length, 34);
  t.not(await meter.ask(READ_CLOCK), 'reply');
});

test('blocks: a clock reading comes in datablocks, an IEC answer in partial blocks', async (t) => {
  const rigged = await rig(t, [wrapped({ blocks: true }), { ...A1700, faults: { blocks: true } }]);
  const dlms = await loggedIn(await rigged.call(0), ISKRA_WRAPPER, ISKRA);
  t.like(await dlms.ask(get(SERIAL)), { choice: 'with-datablock', lastBlock: false, blockNumber: 1 });
  t.is(instantOf(await dlms.data(CLOCK)), START + 45_000);
  const meter = await new Elster(await rigged.call(1)).logIn();
  t.is(await meter.ask(READ_CLOCK), '(35590924030226)');
});

test('doubled octet-string: the value stands twice in the answer', async (t) => {
  const { call } = await rig(t, [wrapped({ doubledOctetString: true })]);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  const octets = await dlms.raw(must(encodeApdu(get(CLOCK))));
  t.is(octets.length, 4 + 14 + 14);
  const decoded = decodeApdu(octets);
  t.deepEqual(decoded.kind === 'good' ? decoded.leniencies : [], ['trailing-octets']);
});

test('short BER lengths: the AARE is right but for its lengths', async (t) => {
  const { call } = await rig(t, [wrapped({ shortBerLengths: true })]);
  const dlms = new Dlms(await call(), ISKRA_WRAPPER);
  await dlms.open();
  const request = Buffer.from('6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0400001E1DFFFF', 'hex');
  const decoded = decodeApdu(await dlms.raw(request));
  t.deepEqual(decoded.kind === 'good' ? decoded.leniencies : decoded.kind, ['ber-length']);
  t.like(mustDecode(decoded), { pdu: 'AARE', result: 0, userInformation: { pdu: 'initiate-response', vaaName: 7 } });
});

test('unswapped ports: the reply has the ports of the request', async (t) => {
  const { call } = await rig(t, [wrapped({ unswappedPorts: true })]);
  const line = await call();
  line.hex('000100640001000DC001C100080000010000FF0200');
  t.is(toHex((await line.take(8)).subarray(0, 6)), '000100640001');
});

test('forms of the AARQ: one that is not understood is refused, one that is opens', async (t) => {
  const { call } = await rig(t, [wrapped({ aarqForms: ['alternative-tags'] }), wrapped({ aarqForms: ['old-conformance-tag'], aarqRefusal: 'context' })]);
  const newer = new Dlms(await call(0), ISKRA_WRAPPER);
  await newer.open();
  t.like(await newer.associate(lls('12345678')), { result: 1, userInformation: { pdu: 'confirmed-service-error' } });
  t.is((await newer.associate(lls('12345678'), { form: 'old-conformance-tag' })).result, 1);
  t.is((await newer.associate(lls('12345678'), { form: 'alternative-tags' })).result, 0);
  const older = new Dlms(await call(1), ISKRA_WRAPPER);
  await older.open();
  t.like(await older.associate(lls('12345678')), { result: 1, diagnostic: 2 });
  t.is((await older.associate(lls('12345678'), { form: 'old-conformance-tag' })).result, 0);
});

test('a clock that refuses is not set and says so; one that ignores says it is done', async (t) => {
  const { call, farm } = await rig(t, [wrapped({ clockSet: 'refuse' }), wrapped({ clockSet: 'ignore' }), { ...A1700, faults: { clockSet: 'refuse' } }]);
  t.is(await (await loggedIn(await call(0), ISKRA_WRAPPER, ISKRA)).set(CLOCK, clockData(START)), 3);
  t.is(await (await loggedIn(await call(1), ISKRA_WRAPPER, ISKRA)).set(CLOCK, clockData(START)), 0);
  t.is(await (await new Elster(await call(2)).logIn()).ask(SET_CLOCK, true), 'ERR5');
  t.deepEqual(
    farm.records().map(({ outcome }) => outcome),
    ['refused', 'ignored', 'refused'],
  );
  t.deepEqual([farm.offset(0), farm.offset(1), farm.offset(2)], [45, 45, -25]);
});

test('a lost answer to a write: the clock is set, the link of Elster and EDMI reports an unknown outcome, the next read works', async (t) => {
  const { call, farm } = await rig(t, [
    { ...A1700, faults: { loseWriteReplies: 1 } },
    { ...ATLAS, faults: { loseWriteReplies: 1 } },
    { ...COP10, faults: { loseWriteReplies: 1 } },
  ]);
  const meter = await new Elster(await call(0)).logIn();
  t.is(await meter.ask(SET_CLOCK, true), 'unknown-outcome');
  t.is(await meter.ask(READ_CLOCK), '(00001024030226)');

  const edmi = new Client<LinkCommand, ReturnType<EdmiClient['step']>['events'][number]>(
    await call(1),
    new EdmiClient({ replyTimeoutMs: 500, settleMs: 0, retries: 1 }),
  );
  await edmi.ask({ type: 'open' }, 'opened');
  await edmi.ask({ type: 'request', payload: must(encodeEdmiCommand({ kind: 'login', user: 'EDMI', password: 'IMDEIMDE' })) }, 'reply');
  const payload = must(encodeEdmiCommand({ kind: 'write', register: EDMI_REGISTERS.clock, data: Uint8Array.of(24, 3, 26, 10, 0, 0) }));
  await edmi.ask({ type: 'request', payload, volatile: true }, 'unknown-outcome');
  const { payload: shown } = await edmi.ask({ type: 'request', payload: must(encodeEdmiCommand({ kind: 'read', register: EDMI_REGISTERS.clock })) }, 'reply');
  t.like(mustDecode(decodeEdmiCommand(shown)), { kind: 'read-reply' });

  const emlite = new Client(await call(2), new EmliteClient({ source: 0x8000_0001, replyTimeoutMs: 500, gapMs: 0, retryPauseMs: 0 }));
  await emlite.ask({ type: 'open' }, 'opened');
  const clock = must(encodeEmliteClock({ year: 2026, month: 3, day: 24, hour: 10, minute: 0, second: 0 }));
  const write = must(encodeEmliteData({ kind: 'object', objectId: EMLITE_OBJECTS.clock, flag: 'write', payload: clock }));
  await emlite.ask({ type: 'request', payload: write, volatile: true }, 'unknown-outcome');
  t.deepEqual(
    [0, 1, 2].map((index) => farm.offset(index)),
    [0, 0, 0],
  );
  t.deepEqual(
    farm.records().map(({ outcome, replyLost }) => [outcome, replyLost]),
    Array(3).fill(['applied', true]),
  );
});

test('a lost answer on HDLC is fetched by a poll; with mute the outcome stays unknown; with close the connection ends', async (t) => {
  const { call, farm } = await rig(t, [
    hdlc({ loseWriteReplies: 1 }),
    hdlc({ loseWriteReplies: 1, lostReply: 'mute' }),
    hdlc({ loseWriteReplies: 1, lostReply: 'close' }),
  ]);
  const calling = { ...ISKRA_HDLC, responseTimeoutMs: 300, retries: 2 };
  const write = must(encodeApdu(set(CLOCK, clockData(START))));
  const frame = await loggedIn(await call(0), calling, ISKRA);
  t.like(mustDecode(decodeApdu(await frame.raw(write, true))), { accessResult: 0 });
  const mute = await loggedIn(await call(1), calling, ISKRA);
  await t.throwsAsync(mute.raw(write, true), { message: /unknown-outcome/ });
  const line = await call(2);
  const close = await loggedIn(line, calling, ISKRA);
  close.raw(write, true).catch(() => undefined);
  await line.ended();
  t.deepEqual(
    [0, 1, 2].map((index) => farm.offset(index)),
    [0, 0, 0],
  );
});

test('a write that does not arrive is not done: HDLC asks for a fresh payload, Elster does not know', async (t) => {
  const { call, farm } = await rig(t, [hdlc({ loseWrites: 1 }), { ...A1700, faults: { loseWrites: 1 } }]);
  const dlms = await loggedIn(await call(0), { ...ISKRA_HDLC, responseTimeoutMs: 300 }, ISKRA);
  await t.throwsAsync(dlms.raw(must(encodeApdu(set(CLOCK, clockData(START)))), true), { message: 'fresh-payload-wanted' });
  const { payload } = await dlms.link.ask({ type: 'fresh', payload: must(encodeApdu(set(CLOCK, clockData(START)))) }, 'reply');
  t.like(mustDecode(decodeApdu(payload)), { accessResult: 0 });
  const meter = await new Elster(await call(1)).logIn();
  t.is(await meter.ask(SET_CLOCK, true), 'unknown-outcome');
  t.deepEqual([farm.offset(0), farm.offset(1)], [0, -25]);
  t.is(farm.records().length, 1);
});

test('half-open: the connection is taken and nothing is ever said', async (t) => {
  const { call, farm } = await rig(t, [{ ...A1700, faults: { halfOpen: true } }]);
  const line = await call();
  line.send('/?!\r\n');
  farm.setFaults({});
  line.send('/?!\r\n');
  t.is(await line.until('\r\n'), '/GEC5090100100400@000\r\n');
  t.true(line.drain().length <= 23);
});

test('endless: rubbish as long as somebody listens', async (t) => {
  const { call } = await rig(t, [{ ...A1700, faults: { endless: true } }]);
  const line = await call();
  line.send('/?!\r\n');
  t.is((await line.take(1_000_000)).length, 1_000_000);
});

test('7E1: even parity is sent, and octets without it are not heard', async (t) => {
  const { call } = await rig(t, [{ ...A1700, parity: 'even' }]);
  const line = await call();
  line.send('/?!\r\n');
  line.hex('AF3F218D0A');
  const identification = await line.take(23);
  t.is(toHex(identification.subarray(0, 5)), 'AF47C5C335');
  t.is(line.drain().length, 0);
  const meter = await new Elster(line, true).logIn();
  t.is(await meter.ask(READ_CLOCK), '(35590924030226)');
});
