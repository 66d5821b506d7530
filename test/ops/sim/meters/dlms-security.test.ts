import test from 'ava';
import type { MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { type Aare, type Apdu, aarq, action, decodeApdu, get, initiateRequest, type PlainApdu, set } from '../../../../workers/codec/apdu/index.ts';
import { fromHex, must, mustDecode } from '../../../../workers/codec/common/index.ts';
import { type CipherForm, HlsClient, type HlsSide, openApdu, type SecurityKeys, sealApdu } from '../../../../workers/codec/security/index.ts';
import { CLOCK, clockData, Dlms, dataObject, ISKRA, ISKRA_HDLC, ISKRA_WRAPPER, SERIAL, textOf } from './dlms-client.ts';
import { type Rig, rig, START } from './rig.ts';

const ENCRYPTION = '000102030405060708090A0B0C0D0E0F';
const AUTHENTICATION = 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF';
const KEYS: SecurityKeys = { encryptionKey: fromHex(ENCRYPTION), authenticationKey: fromHex(AUTHENTICATION) };
const CLIENT_TITLE = Buffer.from('ABCDEFGH');
const REPLY_TO_HLS = { classId: 15, obis: [0, 0, 40, 0, 0, 255], id: 1 } as const;
const challenge = Buffer.from('0123456789ABCDEF');

const ciphered = (mechanism: number, framing: 'hdlc' | 'wrapper' = 'wrapper'): MeterSpec => ({
  ...ISKRA,
  framing,
  dlms: { mechanism, encryptionKey: ENCRYPTION, authenticationKey: AUTHENTICATION, clientCounter: 100 },
});

/** A client that ciphers everything, with counters from `first`. */
class Secure {
  readonly dlms: Dlms;
  readonly #form: CipherForm;
  counter: number;
  meterTitle: Uint8Array = new Uint8Array(8);
  dedicatedKey: Uint8Array | undefined;

  constructor(dlms: Dlms, form: CipherForm, first = 101) {
    this.dlms = dlms;
    this.#form = form;
    this.counter = first;
  }

  async ask(apdu: PlainApdu): Promise<PlainApdu> {
    const keys = { ...KEYS, dedicatedKey: this.dedicatedKey };
    const sealed = must(sealApdu(apdu, { form: this.#form, securityControl: 0x30, systemTitle: CLIENT_TITLE, invocationCounter: this.counter++, keys }));
    const reply = await this.dlms.raw(sealed);
    return mustDecode(openApdu(reply, { keys, senderTitle: this.meterTitle })).plain;
  }

  async associate(mechanism: number, own: HlsSide, dedicatedKey?: Uint8Array): Promise<Aare> {
    const initiate = initiateRequest(dedicatedKey === undefined ? {} : { dedicatedKey });
    const authentication =
      mechanism === 1 ? ({ level: 'lls', password: own.secret ?? new Uint8Array(0) } as const) : ({ level: 'hls', mechanism, challenge } as const);
    const aare = (await this.ask(aarq({ contextName: 'LN-ciphered', callingApTitle: CLIENT_TITLE, authentication, initiate }))) as Aare;
    this.meterTitle = aare.respondingApTitle ?? this.meterTitle;
    this.dedicatedKey = dedicatedKey;
    return aare;
  }
}

async function opened({ call }: Rig, calling = ISKRA_WRAPPER): Promise<Dlms> {
  const dlms = new Dlms(await call(), calling);
  await dlms.open();
  return dlms;
}

/** Passes 3 and 4; what the ACTION answered. */
async function prove(
  ask: (apdu: PlainApdu) => Promise<Apdu>,
  own: HlsSide,
  aare: Aare,
  counter: number,
): Promise<{ readonly proved: boolean; readonly reply: Apdu }> {
  const client = new HlsClient(own);
  const octets = must(client.pass3({ challenge: aare.authenticationValue!, systemTitle: aare.respondingApTitle }, counter));
  const reply = await ask(action(REPLY_TO_HLS, { type: 'octet-string', octets }));
  const returned = reply.pdu === 'action-response' && reply.choice === 'normal' ? reply.returned : undefined;
  const data = returned !== undefined && 'data' in returned ? returned.data : undefined;
  return { proved: data?.type === 'octet-string' && client.pass4(data.octets).kind === 'good', reply };
}

const own = (mechanism: number, secret = '12345678'): HlsSide => ({ mechanism, challenge, systemTitle: CLIENT_TITLE, secret: Buffer.from(secret), keys: KEYS });

for (const mechanism of [3, 4, 6]) {
  test(`HLS ${mechanism} in clear: both sides prove themselves, then services are open`, async (t) => {
    const dlms = await opened(await rig(t, [{ ...ISKRA, dlms: { mechanism } }]));
    const aare = await dlms.associate({ level: 'hls', mechanism, challenge }, mechanism === 6 ? { callingApTitle: CLIENT_TITLE } : {});
    t.like(aare, { result: 0, diagnostic: 14 });
    t.like(await dlms.ask(get(CLOCK)), { pdu: 'exception-response' }, 'pending');
    t.true((await prove((apdu) => dlms.ask(apdu), own(mechanism), aare, 0)).proved);
    t.is(textOf(await dlms.data(SERIAL)), '36000001');
  });

  test(`HLS ${mechanism} with a wrong secret: refused, and the association is over`, async (t) => {
    const rigged = await rig(t, [{ ...ISKRA, dlms: { mechanism } }]);
    const dlms = await opened(rigged);
    const aare = await dlms.associate({ level: 'hls', mechanism, challenge }, mechanism === 6 ? { callingApTitle: CLIENT_TITLE } : {});
    const { proved, reply } = await prove((apdu) => dlms.ask(apdu), own(mechanism, 'wrong'), aare, 0);
    t.false(proved);
    t.like(reply, { actionResult: 3 });
    t.like(await dlms.ask(get(CLOCK)), { pdu: 'exception-response' });
    t.is(rigged.farm.stats(0).wrongPasswords, 1);
  });
}

for (const [form, framing, calling] of [
  ['glo', 'wrapper', ISKRA_WRAPPER],
  ['general-glo', 'hdlc', ISKRA_HDLC],
] as const) {
  test(`HLS 5 and ${form}: log in, read, set, by ${framing}`, async (t) => {
    const rigged = await rig(t, [ciphered(5, framing)]);
    const secure = new Secure(await opened(rigged, calling), form);
    const aare = await secure.associate(5, own(5));
    t.like(aare, { result: 0, diagnostic: 14, mechanism: 5 });
    const { proved } = await prove((apdu) => secure.ask(apdu), own(5), aare, secure.counter++);
    t.true(proved);
    t.like(await secure.ask(get(SERIAL)), { data: { type: 'octet-string' } });
    t.like(await secure.ask(set(CLOCK, clockData(START))), { accessResult: 0 });
    t.is(rigged.farm.offset(0), 0);
  });
}

test('HLS 5: a proof under a counter that was used is refused', async (t) => {
  const rigged = await rig(t, [ciphered(5)]);
  const secure = new Secure(await opened(rigged), 'glo');
  const aare = await secure.associate(5, own(5));
  const { proved, reply } = await prove((apdu) => secure.ask(apdu), own(5), aare, secure.counter);
  t.false(proved);
  t.like(reply, { actionResult: 3 });
});

test('LLS under a dedicated key', async (t) => {
  const rigged = await rig(t, [ciphered(1)]);
  const secure = new Secure(await opened(rigged), 'ded');
  t.like(await secure.associate(1, own(1), fromHex('11111111111111111111111111111111')), { result: 0 });
  t.like(await secure.ask(get(SERIAL)), { data: { type: 'octet-string' } });
});

test('a counter that is not above the last one gets D8 01 06 and the one that is expected', async (t) => {
  const rigged = await rig(t, [ciphered(1)]);
  const secure = new Secure(await opened(rigged), 'glo', 100);
  t.deepEqual(
    await secure.ask(aarq({ contextName: 'LN-ciphered', callingApTitle: CLIENT_TITLE, authentication: { level: 'lls', password: Buffer.from('12345678') } })),
    {
      pdu: 'exception-response',
      stateError: 1,
      serviceError: 6,
      invocationCounterExpected: 101,
    },
  );
  secure.counter = 500;
  await secure.associate(1, own(1));
  secure.counter = 500;
  t.like(await secure.ask(get(SERIAL)), { pdu: 'exception-response', serviceError: 6, invocationCounterExpected: 501 });
});

test('the public client reads the counter that the meter has seen', async (t) => {
  const rigged = await rig(t, [ciphered(1)]);
  const secure = new Secure(await opened(rigged), 'glo', 4711);
  await secure.associate(1, own(1));
  const open = await opened(rigged, { ...ISKRA_WRAPPER, client: 16 });
  await open.associate({ level: 'none' });
  t.deepEqual(await open.data(dataObject('0.0.43.1.0.255')), { type: 'double-long-unsigned', value: 4711 });
});

test('wrong keys get D8 01 05, a request in clear is not served, and a context in clear is not supported', async (t) => {
  const rigged = await rig(t, [ciphered(1)]);
  const dlms = await opened(rigged);
  t.like(await dlms.associate({ level: 'lls', password: Buffer.from('12345678') }), { result: 1, diagnostic: 2 });
  const secure = new Secure(dlms, 'glo');
  await secure.associate(1, own(1));
  t.like(await dlms.ask(get(SERIAL)), { pdu: 'exception-response', stateError: 1 });
  const keys = { ...KEYS, encryptionKey: fromHex('FF0102030405060708090A0B0C0D0E0F') };
  const sealed = must(sealApdu(get(SERIAL), { form: 'glo', securityControl: 0x30, systemTitle: CLIENT_TITLE, invocationCounter: 900, keys }));
  t.like(mustDecode(decodeApdu(await dlms.raw(sealed))), { pdu: 'exception-response', serviceError: 5 });
});
