/** Whole sessions with the simulated meters, which know nothing of the dialogue. */
import test, { type ExecutionContext } from 'ava';
import { DialogueError } from '../../../../actors/dialogue/dialogue.ts';
import type { MeterProfile } from '../../../../actors/profile/index.ts';
import { type MeterFarm, type MeterSpec, startMeters } from '../../../../ops/sim/meters/index.ts';
import { dialogueWith, profile, services, type TestServices, within } from './rig.ts';

const QUICK: Partial<MeterProfile['timing']> = { replyTimeoutMs: 400, retries: 2 };
const KEYS = { encryptionKey: '000102030405060708090A0B0C0D0E0F', authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF' };

async function farm(t: ExecutionContext, spec: MeterSpec): Promise<MeterFarm> {
  const started = await startMeters({ controlPort: null }, [spec]);
  t.teardown(() => started.stop());
  return started;
}

interface Given {
  readonly dlms?: Partial<NonNullable<MeterProfile['dlms']>>;
  readonly clock?: Partial<MeterProfile['clock']>;
  readonly services?: TestServices;
  readonly password?: string;
}

async function call(t: ExecutionContext, spec: MeterSpec, given: Given = {}) {
  const meters = await farm(t, spec);
  const { port } = meters.meters[0]!;
  const dialogue = await dialogueWith(t, port, {
    profile: profile(given.dlms, { timing: QUICK, ...(given.clock ? { clock: given.clock } : {}) }, spec.meterType),
    password: given.password ?? spec.password ?? '',
    serialNumber: spec.serialNumber,
    ...(spec.outstationAddress === undefined ? {} : { outstationAddress: spec.outstationAddress }),
    ...(given.services === undefined ? {} : { services: given.services }),
  });
  return { meters, dialogue };
}

/** Sets a clock that is 90 s off, and looks at what the meter remembers. */
async function setsTheClock(t: ExecutionContext, spec: MeterSpec, given: Given = {}): Promise<void> {
  const { meters, dialogue } = await call(t, { clock: { offsetSeconds: 90 }, ...spec }, given);
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  t.true((await dialogue.readSerial(within())).endsWith(spec.serialNumber.replace(/^\D+/, '')));
  const before = await dialogue.readClock(within());
  t.true(Math.abs(before.meterAt - Date.now() - 90_000) < 10_000, `${before.meterAt - Date.now()}`);
  await dialogue.writeClock(() => Date.now() + 500, within());
  const after = await dialogue.readClock(within());
  t.true(Math.abs(after.meterAt - Date.now()) < 10_000, `${after.meterAt - Date.now()}`);
  await dialogue.keepAlive(within());
  await dialogue.logOff(within());
  const writes = meters.records();
  t.is(writes.length, 1);
  t.is(writes[0]?.outcome, 'applied');
  t.true(Math.abs(meters.offset(0)) < 2);
}

const ISKRA: MeterSpec = { meterType: 'ISKRA_MX37X', serialNumber: '12345678', password: 'secret12' };
const LG: MeterSpec = { meterType: 'LG_DLMS', serialNumber: '50034481', password: '1234567' };
const CEWE: MeterSpec = { meterType: 'CEWEPRO100', serialNumber: '100200', password: 'ABCD0001' };

test('ISKRA_MX37X over the wrapper', (t) => setsTheClock(t, ISKRA));
test('ISKRA_MX37X over HDLC', (t) => setsTheClock(t, { ...ISKRA, framing: 'hdlc' }, { dlms: { framing: 'hdlc' } }));
test('ISKRA_MX37X by shift_time', (t) => setsTheClock(t, ISKRA, { clock: { method: 'shift-when-small' } }));
test('LG_DLMS by logical names', (t) => setsTheClock(t, { ...LG, framing: 'hdlc' }, { dlms: { framing: 'hdlc' } }));
test('LG_DLMS by short names, after logical names were refused', (t) =>
  setsTheClock(t, { ...LG, framing: 'hdlc', dlms: { referencing: 'SN' } }, { dlms: { framing: 'hdlc' } }));
test('LG_DLMS by short names over the wrapper', (t) =>
  setsTheClock(t, { ...LG, framing: 'wrapper', dlms: { referencing: 'SN' } }, { dlms: { framing: 'wrapper', referencing: 'SN' } }));
test('LG_DLMS by the challenge of Landis+Gyr, short names', (t) =>
  setsTheClock(
    t,
    { ...LG, framing: 'hdlc', dlms: { referencing: 'SN', mechanism: 2 } },
    { dlms: { framing: 'hdlc', referencing: 'SN', mechanism: 'hls-landis-gyr' } },
  ));
test('CEWEPRO100 over the wrapper', (t) => setsTheClock(t, CEWE));
test('CEWEPRO100 with keys: HLS 5 though the profile says LLS', (t) =>
  setsTheClock(t, { ...CEWE, dlms: { ...KEYS, mechanism: 5 } }, { services: services({}) }));
test('ISKRA_MX37X ciphered over HDLC', (t) =>
  setsTheClock(
    t,
    { ...ISKRA, framing: 'hdlc', dlms: { ...KEYS, mechanism: 5 } },
    { dlms: { framing: 'hdlc', mechanism: 'hls-gmac' }, services: services({}) },
  ));
test('ISKRA_MX37X ciphered with a dedicated key', (t) =>
  setsTheClock(t, { ...ISKRA, dlms: { ...KEYS, mechanism: 5 } }, { dlms: { mechanism: 'hls-gmac' }, services: services({ dedicated: true }) }));
test('LG_DLMS ciphered by short names', (t) =>
  setsTheClock(
    t,
    { ...LG, framing: 'hdlc', dlms: { ...KEYS, mechanism: 5, referencing: 'SN' } },
    { dlms: { framing: 'hdlc', referencing: 'SN', mechanism: 'hls-gmac' }, services: services({}) },
  ));

for (const [mechanism, named] of [
  [3, 'hls-md5'],
  [4, 'hls-sha1'],
] as const) {
  test(`${named} in clear`, (t) => setsTheClock(t, { ...ISKRA, dlms: { mechanism } }, { dlms: { mechanism: named } }));
}

test('hls-sha256, ciphered', (t) =>
  setsTheClock(t, { ...ISKRA, dlms: { ...KEYS, mechanism: 6 } }, { dlms: { mechanism: 'hls-sha256' }, services: services({}) }));

for (const fault of ['blocks', 'doubledOctetString', 'shortBerLengths', 'unswappedPorts'] as const) {
  test(`a meter with the fault ${fault}`, (t) => setsTheClock(t, { ...ISKRA, faults: { [fault]: true } }));
}

test('answers in blocks by short names', (t) =>
  setsTheClock(t, { ...LG, framing: 'hdlc', dlms: { referencing: 'SN' }, faults: { blocks: true } }, { dlms: { framing: 'hdlc', referencing: 'SN' } }));

for (const framing of ['hdlc', 'wrapper'] as const) {
  test(`${framing}: a wrong password is class login, said to the meter once`, async (t) => {
    const { meters, dialogue } = await call(
      t,
      { ...ISKRA, framing },
      { dlms: { framing, aarqForms: ['usual', 'old-conformance-tag', 'alternative-tags'] }, password: 'not it' },
    );
    await dialogue.signOn(within());
    const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
    t.is(error.class, 'login');
    t.is(meters.stats(0).wrongPasswords, 1);
    await dialogue.logOff(within());
  });
}

test('a wrong password with a high-level log-in is class login, said once', async (t) => {
  const { meters, dialogue } = await call(t, { ...ISKRA, dlms: { mechanism: 3 } }, { dlms: { mechanism: 'hls-md5' }, password: 'not it' });
  await dialogue.signOn(within());
  const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.is(error.class, 'login');
  t.is(meters.stats(0).wrongPasswords, 1);
});

test('a meter that is ahead with its counter is met above what it asks for, once', async (t) => {
  const given = services({}, 100);
  const { dialogue } = await call(
    t,
    { ...ISKRA, dlms: { ...KEYS, mechanism: 5, clientCounter: 70_000 } },
    { dlms: { mechanism: 'hls-gmac' }, services: given },
  );
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  t.truthy(await dialogue.readSerial(within()));
  const [, raised] = given.reserved;
  t.true((raised?.floor ?? 0) >= 70_000);
  t.is(given.reserved.length, 2);
});

test('keys that are not the meter’s never give a session', async (t) => {
  const wrong = new Uint8Array(16).fill(9);
  const { meters, dialogue } = await call(
    t,
    { ...ISKRA, dlms: { ...KEYS, mechanism: 5 } },
    { dlms: { mechanism: 'hls-gmac' }, services: services({ authenticationKey: wrong }) },
  );
  await dialogue.signOn(within());
  const error = await t.throwsAsync(dialogue.logIn(within()), { instanceOf: DialogueError });
  t.true(['login', 'config', 'link'].includes(error.class), `${error.class}: ${error.message}`);
  t.is(meters.records().length, 0);
});

for (const aarqRefusal of ['initiate-error', 'silent'] as const) {
  test(`a meter that knows the alternative tags only is reached (${aarqRefusal})`, (t) =>
    setsTheClock(t, { ...ISKRA, faults: { aarqForms: ['alternative-tags'], aarqRefusal } }));
}

test('a clock that refuses to be set is class meter', async (t) => {
  const { dialogue } = await call(t, { ...ISKRA, faults: { clockSet: 'refuse' } });
  await dialogue.signOn(within());
  await dialogue.logIn(within());
  const error = await t.throwsAsync(
    dialogue.writeClock(() => Date.now(), within()),
    { instanceOf: DialogueError },
  );
  t.is(error.class, 'meter');
});
