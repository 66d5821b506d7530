import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { completeFleetOptions, listMeters, type MeterSpec, planMeters, SIM_METER_TYPES, startMeters } from '../../../../ops/sim/meters/index.ts';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import { decodeEdmiFrame, encodeEdmiCommand, encodeEdmiFrame } from '../../../../workers/codec/edmi/index.ts';
import { serverAddress } from '../../../../workers/codec/hdlc/index.ts';
import { CLOCK, clockData, Dlms, ISKRA, ISKRA_WRAPPER, LANDIS, loggedIn, SERIAL, textOf } from './dlms-client.ts';
import { rig, START } from './rig.ts';

test('Elster meters on one line: each answers its own outstation, and no address gets the first', async (t) => {
  const meter = (address: string): MeterSpec => ({
    meterType: 'ELSTERA1140',
    serialNumber: `N${address}`,
    password: '00000000',
    outstationAddress: address,
    line: 'a',
  });
  const { call, farm } = await rig(t, [meter('001'), meter('002'), { ...meter('003'), meterType: 'ELSTERAS230' }]);
  t.is(new Set(farm.meters.map(({ port }) => port)).size, 1);
  const line = await call();
  for (const [address, product] of [
    ['003', '230'],
    ['002', '051'],
    ['', '051'],
  ] as const) {
    line.send(`/?${address}!\r\n`);
    t.is(await line.until('\r\n'), `/GEC509${product}0100400@000\r\n`);
    t.is(line.drain().length, 0, address);
  }
});

test('DLMS meters on one line: HDLC by physical address, wrapper by logical device', async (t) => {
  const landis = (lower: number): MeterSpec => ({ ...LANDIS, serialNumber: `9500${lower}`, outstationAddress: String(lower), line: 'hdlc' });
  const iskra = (upper: number): MeterSpec => ({ ...ISKRA, serialNumber: `3600${upper}`, outstationAddress: `100/${upper}/17`, line: 'wrapper' });
  const { call, farm } = await rig(t, [landis(1001), landis(1002), iskra(1), iskra(2)]);
  const hdlc = await loggedIn(await call(0), { framing: 'hdlc', client: 32, server: serverAddress(1, 1002, 4) }, LANDIS);
  t.is(textOf(await hdlc.data({ classId: 1, obis: [1, 0, 0, 0, 0, 255], id: 2 })), 'LGZ95001002');
  const wrapper = await loggedIn(await call(2), { ...ISKRA_WRAPPER, wPort: 2 }, ISKRA);
  t.is(textOf(await wrapper.data(SERIAL)), '36002');
  t.is(farm.stats(0).octetsOut + farm.stats(2).octetsOut, 0);
});

test('EDMI meters on one line: wakes and simple frames get one answer, extended ones that of their number', async (t) => {
  const atlas = (serial: string): MeterSpec => ({
    meterType: 'EDMIATLAS',
    serialNumber: serial,
    password: 'EDMI,IMDEIMDE',
    outstationAddress: serial,
    line: 'e',
  });
  const { call } = await rig(t, [atlas('1001'), atlas('1002')]);
  const line = await call();
  line.send('\x1b');
  t.is((await line.take(5)).length, 5);
  line.send(must(encodeEdmiFrame(must(encodeEdmiCommand({ kind: 'logout' })), { destination: 1002, source: 7, sequence: 300 })));
  const frame = mustDecode(decodeEdmiFrame(Buffer.from(await line.until('\x03'), 'latin1')));
  t.like(frame.extended, { source: 1002, destination: 7 });
  t.is(line.drain().length, 0);
});

test('a record says what came before the write, and how many writes there were since the clock was read', async (t) => {
  const { call, farm } = await rig(t, [ISKRA]);
  const dlms = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  await dlms.set(CLOCK, clockData(START));
  await dlms.set(CLOCK, clockData(START));
  const again = await loggedIn(await call(), ISKRA_WRAPPER, ISKRA);
  await again.data(CLOCK);
  await again.data(SERIAL);
  await again.set(CLOCK, clockData(START));
  const told = farm
    .records()
    .map(({ session, connection, reads, serialRead, writesSinceClockRead }) => ({ session, connection, reads, serialRead, writesSinceClockRead }));
  t.deepEqual(
    told.map(({ connection: _, session: __, ...rest }) => rest),
    [
      { reads: [], serialRead: false, writesSinceClockRead: 0 },
      { reads: [], serialRead: false, writesSinceClockRead: 1 },
      { reads: ['clock', 'serial'], serialRead: true, writesSinceClockRead: 0 },
    ],
  );
  t.not(told[0]!.connection, told[2]!.connection);
  t.not(told[0]!.session, told[2]!.session);
});

test('records go to a file as well, one JSON object a line', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'mw-meters-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const recordsFile = join(folder, 'records.jsonl');
  const { call, farm } = await rig(t, [ISKRA], { recordsFile });
  await (await loggedIn(await call(), ISKRA_WRAPPER, ISKRA)).set(CLOCK, clockData(START));
  await farm.stop();
  const [line, rest] = (await readFile(recordsFile, 'utf8')).split('\n');
  t.deepEqual(JSON.parse(line!), farm.records()[0]);
  t.is(rest, '');
});

test('the control interface sets faults and clocks, cuts connections and lists records', async (t) => {
  const { call, farm } = await rig(t, [ISKRA, { ...ISKRA, serialNumber: '36000002' }], { controlPort: 0 });
  const post = async (path: string, body: object) =>
    (await fetch(`${farm.controlUrl}${path}`, { method: 'POST', body: JSON.stringify(body) })).json() as Promise<Record<string, unknown>>;
  const read = async (path: string) => (await fetch(`${farm.controlUrl}${path}`)).json() as Promise<Record<string, unknown>>;
  t.like(await post('/sim/faults', { meters: ['36000002'], faults: { clockSet: 'refuse' } }), { meters: 1 });
  t.like(await post('/sim/clock', { meters: ['36000001'], offsetSeconds: 7 }), { meters: 1 });
  t.is(farm.offset(0), 7);
  t.is(await (await loggedIn(await call(0), ISKRA_WRAPPER, ISKRA)).set(CLOCK, clockData(START)), 0);
  const line = await call(1);
  t.is(await (await loggedIn(line, ISKRA_WRAPPER, ISKRA)).set(CLOCK, clockData(START)), 3);
  t.like(await read('/sim/records?after=1'), { total: 2 });
  t.is(((await read('/sim/records?after=1')).records as unknown[]).length, 1);
  t.like(await post('/sim/cut', { meters: ['36000002'] }), { cut: 1 });
  await line.ended();
  const { meters } = (await read('/sim/meters')) as { meters: Record<string, unknown>[] };
  t.like(meters[1], { serialNumber: '36000002', sessions: 2, connections: 1 });
  t.false('password' in meters[1]!);
  t.like(await post('/sim/faults', { faults: { dropRate: 2 } }), { error: 'faults.dropRate: must be <= 1' });
  t.like(await post('/sim/faults', { meters: ['nobody'], faults: {} }), { error: 'meters: no meter nobody' });
});

test('what does not fit is refused with field, rule and value', async (t) => {
  const start = (spec: object) => startMeters({ controlPort: null }, [spec as MeterSpec]);
  await t.throwsAsync(start({ meterType: 'PREMIERPRI', serialNumber: '1' }), { message: /^meters\[0\]\.meterType/ });
  await t.throwsAsync(start({ ...ISKRA, parity: 'even' }), { message: 'meters[0].parity: only of IEC 62056-21 meters, not ISKRA_MX37X' });
  await t.throwsAsync(start({ meterType: 'EDMIATLAS', serialNumber: '1', framing: 'hdlc' }), {
    message: 'meters[0].framing: only of DLMS meters, not EDMIATLAS',
  });
  await t.throwsAsync(start({ meterType: 'ELSTERA1700', serialNumber: '1', password: 'short' }), { message: /exactly 8 printable/ });
  await t.throwsAsync(
    startMeters({ controlPort: null, maxMetersOnLine: 1 }, [
      { ...ISKRA, line: 'x' },
      { ...ISKRA, line: 'x' },
    ]),
    { message: 'line x: at most 1 meters, not 2' },
  );
});

test('a fleet is the same for the same seed, of all types, with serial numbers of their own', async (t) => {
  const options = completeFleetOptions({ count: 90, seed: 4 });
  const specs = planMeters(options);
  t.deepEqual(planMeters(options), specs);
  t.deepEqual(new Set(specs.map(({ meterType }) => meterType)), new Set(SIM_METER_TYPES));
  t.is(new Set(specs.map(({ serialNumber }) => serialNumber)).size, 90);
  const { farm } = await rig(t, specs);
  t.is(new Set(farm.meters.map(({ port }) => port)).size, 90);
});

test('meters may be told of by telephone number, one for each line', (t) => {
  const at = (index: number, port: number) => ({ index, meterType: 'ELSTERA1140', serialNumber: String(index), host: '127.0.0.1', port });
  const { listed, directory } = listMeters([at(0, 4000), at(1, 4000), at(2, 4001)], '07700900009');
  t.deepEqual(
    listed.map(({ remoteAddress }) => remoteAddress),
    ['07700900009', '07700900009', '07700900010'],
  );
  t.deepEqual(directory, { '07700900009': { host: '127.0.0.1', port: 4000 }, '07700900010': { host: '127.0.0.1', port: 4001 } });
});

test('a fleet with shared lines: every meter answers at its address', async (t) => {
  const specs = planMeters(completeFleetOptions({ count: 6, types: ['ISKRA_MX37X'], metersPerLine: 3 }));
  const { call, farm } = await rig(t, specs);
  t.is(new Set(farm.meters.map(({ port }) => port)).size, 2);
  for (const [index, { outstationAddress = '', serialNumber }] of farm.meters.entries()) {
    const dlms = new Dlms(await call(index), { ...ISKRA_WRAPPER, wPort: Number(outstationAddress.split('/')[1]) });
    await dlms.open();
    t.is((await dlms.associate({ level: 'lls', password: Buffer.from(specs[index]!.password!) })).result, 0);
    t.is(textOf(await dlms.data(SERIAL)), serialNumber);
  }
});
