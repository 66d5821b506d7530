import test from 'ava';
import { BUILT_IN_PROFILES, createProfileCatalogue, type MeterProfile, profileFaults } from '../../../actors/profile/index.ts';
import { METER_TYPES } from '../../../machines/meter-session/index.ts';

test('there is a profile for each meter type of the API, in its order', (t) => {
  t.deepEqual(
    BUILT_IN_PROFILES.map(({ meterType }) => meterType),
    [...METER_TYPES],
  );
});

for (const profile of BUILT_IN_PROFILES) {
  test(`${profile.meterType} keeps to the schema, and each value says what it rests on`, (t) => {
    t.deepEqual(profileFaults(profile), []);
    const named = Object.keys(profile.certainty);
    const entry = createProfileCatalogue().entries.find((each) => each.profile.meterType === profile.meterType)!;
    const without = entry.values.filter(({ path }) => !named.some((name) => path === name || path.startsWith(`${name}.`)));
    t.deepEqual(without, []);
  });

  test(`${profile.meterType} vouches for nothing that it does not have`, (t) => {
    const paths = createProfileCatalogue()
      .entries.find((each) => each.profile.meterType === profile.meterType)!
      .values.map(({ path }) => path);
    const idle = Object.keys(profile.certainty).filter((name) => !paths.some((path) => path === name || path.startsWith(`${name}.`)));
    t.deepEqual(idle, []);
  });
}

/** The values of meter-protocols 6.9: modem, usual port, reply time-out, retries, dialogue, may it be set. */
const table: Readonly<Record<string, readonly [string, number | null, number, number, MeterProfile['dialogue'], boolean]>> = {
  ELSTERA1700: ['9600 8none1 stripped', null, 10_000, 5, 'elster', true],
  ELSTERA1140: ['9600 8none1 stripped', 14_001, 10_000, 5, 'elster', true],
  ELSTERAS230: ['9600 8none1 stripped', null, 10_000, 5, 'elster', true],
  EDMIATLAS: ['9600 8none1', null, 10_000, 5, 'edmi', true],
  EMLITECOP10: ['9600 8none1', 8_080, 10_000, 5, 'emlite', true],
  ISKRA_MX37X: ['9600 8none1', 2_048, 10_000, 10, 'dlms', true],
  LG_DLMS: ['9600 8none1', null, 10_000, 5, 'dlms', true],
  CEWEPRO100: ['9600 8none1', 4_059, 10_000, 3, 'dlms', true],
  CEWEPRO: ['9600 8none1 stripped', null, 10_000, 5, 'cewe', false],
  PREMIERPRI: ['9600 8none1', null, 10_000, 5, 'none', false],
};

test('modem, port, time-out, retries, dialogue and time-update are those of the table', (t) => {
  const found = BUILT_IN_PROFILES.map(({ meterType, modem, tcpPort, timing, dialogue, timeUpdate }) => {
    const { dataBits, parity, stopBits } = modem.settings;
    const line = `${modem.bitsPerSecond} ${dataBits}${parity}${stopBits}${modem.stripParity ? ' stripped' : ''}`;
    return [meterType, [line, tcpPort, timing.replyTimeoutMs, timing.retries, dialogue, timeUpdate]];
  });
  t.deepEqual(Object.fromEntries(found), table);
});

test('the Elster trio differs in mode, null step and address', (t) => {
  const own = BUILT_IN_PROFILES.filter(({ dialogue }) => dialogue === 'elster').map(({ meterType, elster }) => [
    meterType,
    elster?.modeCharacter,
    elster?.nullPasswordFirst,
    elster?.padAddressTo,
    elster?.refreshPasswordMs,
    elster?.serialLength,
  ]);
  t.deepEqual(own, [
    ['ELSTERA1700', '6', false, 0, 270_000, 16],
    ['ELSTERA1140', '6', false, 3, 270_000, 16],
    ['ELSTERAS230', '1', true, 0, 270_000, 16],
  ]);
});

test('the DLMS types have the addresses, framing, object names and practice of writing of the table', (t) => {
  const own = BUILT_IN_PROFILES.filter(({ dialogue }) => dialogue === 'dlms').map(({ meterType, dlms, clock }) => [
    meterType,
    dlms?.referencing,
    [dlms?.client, dlms?.serverUpper, dlms?.serverLower, dlms?.lowerFromSerial],
    [dlms?.framing, ...(dlms?.wrapperPorts ?? [])],
    [dlms?.serial.obis, dlms?.serialSn, ...(dlms?.serialPrefixes ?? [])],
    [dlms?.conformance, dlms?.conformanceSn],
    [clock.writeDeviation, clock.writeDayOfWeek, clock.method],
  ]);
  t.deepEqual(own, [
    ['ISKRA_MX37X', 'LN', [100, 1, 17, false], ['wrapper', 2_048], ['0.0.96.1.0.255', null, 'ISK'], ['00101D', '1C0320'], ['unspecified', true, 'set']],
    ['LG_DLMS', 'LN-then-SN', [32, 1, null, true], ['auto', 4_059], ['1.0.0.0.0.255', 'FD08', 'LGZ'], ['007E1F', '180220'], ['zone', true, 'set']],
    ['CEWEPRO100', 'LN', [16, 1, null, false], ['wrapper', 4_059], ['0.0.96.1.0.255', null], ['007E1F', '1C0320'], ['zero', true, 'set']],
  ]);
});

test('EDMI and EMLITE have the users, addresses and pauses of the table', (t) => {
  const find = (meterType: string) => BUILT_IN_PROFILES.find((profile) => profile.meterType === meterType)!;
  t.deepEqual(find('EDMIATLAS').edmi, { defaultUser: 'EDMI', sourceAddress: 0x012b_1668, wake: 'esc' });
  t.deepEqual(find('EMLITECOP10').emlite, { connectionPerRequest: true, pauseBetweenConnectionsMs: 2_000, sundayIs: 0 });
  t.is(find('EMLITECOP10').timing.pauseBetweenRetriesMs, 7_000);
});

test('every clock is read and written as GMT until it is configured otherwise', (t) => {
  t.true(BUILT_IN_PROFILES.every(({ clock }) => clock.baseOffsetMinutes === 0));
});
