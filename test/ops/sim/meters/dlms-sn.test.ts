import test from 'ava';
import type { MeterSpec } from '../../../../ops/sim/meters/index.ts';
import { read, write } from '../../../../workers/codec/apdu/index.ts';
import { must } from '../../../../workers/codec/common/index.ts';
import type { DataValue } from '../../../../workers/codec/data/index.ts';
import { landisGyrResponse } from '../../../../workers/codec/security/index.ts';
import { clockData, Dlms, instantOf, LANDIS, LANDIS_HDLC, lls, textOf } from './dlms-client.ts';
import { type Rig, rig, START } from './rig.ts';

const SN: MeterSpec = { ...LANDIS, dlms: { referencing: 'SN' } };
const OBJECT_LIST = 0xfa08;
const SERIAL = 0xfd08;

async function opened({ call }: Rig): Promise<Dlms> {
  const dlms = new Dlms(await call(), LANDIS_HDLC);
  await dlms.open();
  return dlms;
}

async function loggedIn(rigged: Rig): Promise<Dlms> {
  const dlms = await opened(rigged);
  await dlms.associate(lls('1234567'), { contextName: 'SN' });
  return dlms;
}

const numberIn = (data: DataValue | undefined): number => (data !== undefined && 'value' in data ? Number(data.value) : Number.NaN);

/** Base name of the clock, out of the object list. */
async function clockBase(dlms: Dlms): Promise<number> {
  const list = await dlms.readName(OBJECT_LIST);
  if (!('data' in list) || list.data.type !== 'array') throw new Error('no object list');
  const clock = list.data.items.find((item) => item.type === 'structure' && numberIn(item.items[1]) === 8);
  return numberIn(clock?.type === 'structure' ? clock.items[0] : undefined) & 0xffff;
}

test('an old Landis+Gyr refuses LN, takes SN, and tells VAA FA00', async (t) => {
  const dlms = await opened(await rig(t, [SN]));
  t.like(await dlms.associate(lls('1234567')), { result: 1, diagnostic: 2 });
  t.like(await dlms.associate(lls('1234567'), { contextName: 'SN' }), { result: 0, userInformation: { vaaName: 0xfa00 } });
});

test('the clock is found in the object list, read and written; the serial number has its prefix', async (t) => {
  const rigged = await rig(t, [SN]);
  const dlms = await loggedIn(rigged);
  const serial = await dlms.readName(SERIAL);
  t.is(textOf((serial as { data: DataValue }).data), 'LGZ95000481');
  const base = await clockBase(dlms);
  t.is(base, 0x2bc0);
  t.is(instantOf(((await dlms.readName(base + 8)) as { data: DataValue }).data), START + 45_000);
  t.deepEqual(await dlms.ask(write(base + 8, clockData(START, 'given'))), { pdu: 'write-response', results: [{ accessResult: 0 }] });
  t.is(rigged.farm.offset(0), 0);
});

test('shift_time is called by writing to its name', async (t) => {
  const rigged = await rig(t, [SN]);
  const dlms = await loggedIn(rigged);
  t.deepEqual(await dlms.ask(write(0x2bc0 + 0x88, { type: 'long', value: -45 })), { pdu: 'write-response', results: [{ accessResult: 0 }] });
  t.is(rigged.farm.offset(0), 0);
});

test('names that are none, and names that are read only, are refused', async (t) => {
  const dlms = await loggedIn(await rig(t, [SN]));
  t.like(await dlms.ask(read(0x1238, SERIAL)), { results: [{ accessResult: 4 }, { data: { type: 'octet-string' } }] });
  t.like(await dlms.ask(write(SERIAL, { type: 'octet-string', octets: Buffer.from('1') })), { results: [{ accessResult: 3 }] });
});

test('before the association a read is refused', async (t) => {
  const dlms = await opened(await rig(t, [SN]));
  t.like(await dlms.ask(read(SERIAL)), { pdu: 'exception-response', stateError: 1 });
});

for (const [title, password, good] of [
  ['right', '1234567', true],
  ['wrong', '7654321', false],
] as const) {
  test(`HLS 2 with the ${title} password ${good ? 'opens' : 'does not open'} the association`, async (t) => {
    const rigged = await rig(t, [{ ...SN, dlms: { referencing: 'SN', mechanism: 2 } }]);
    const dlms = await opened(rigged);
    const ours = Buffer.from('ABCDEF02');
    const aare = await dlms.associate({ level: 'hls', mechanism: 2, challenge: ours }, { contextName: 'SN' });
    t.like(aare, { result: 0, diagnostic: 14, mechanism: 2 });
    t.like(await dlms.ask(read(SERIAL)), { pdu: 'exception-response' }, 'pending');
    const answer = must(landisGyrResponse(Buffer.from(password), aare.authenticationValue!));
    const variables = [{ kind: 'parameterized', variableName: 0xfa58, selector: 1, parameter: { type: 'octet-string', octets: answer } }] as const;
    const reply = await dlms.ask({ pdu: 'read-request', variables });
    if (good) {
      t.deepEqual(reply, { pdu: 'read-response', results: [{ data: { type: 'octet-string', octets: must(landisGyrResponse(Buffer.from(password), ours)) } }] });
      t.true('data' in (await dlms.readName(SERIAL)));
    } else {
      t.deepEqual(reply, { pdu: 'read-response', results: [{ accessResult: 3 }] });
      t.like(await dlms.ask(read(SERIAL)), { pdu: 'exception-response' });
      t.is(rigged.farm.stats(0).wrongPasswords, 1);
    }
  });
}
