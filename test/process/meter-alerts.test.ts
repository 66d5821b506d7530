/** What people are told of meters that are left alone: each alert is raised by what happens, and ended by what ends it. */
import test from 'ava';
import { Installation, type MeterField, startMeterField, until } from '../support/process/index.ts';
import { sntpReply, startSntpServer } from '../support/sntp-server.ts';

/** In the field's order. */
const ISKRA = 0;
const EDMI = 1;
const AN_HOUR = 3_600;

let field: MeterField & { stop(): Promise<void> };
let installation: Installation;
/** How far the time server is ahead of this host. */
let aheadMs = 0;
let stopServer: () => void;

test.before(async () => {
  const server = await startSntpServer(undefined, (request) => sntpReply(request, { at: Date.now() + aheadMs }));
  stopServer = server.stop;
  const hostClock = { server: '127.0.0.1', port: server.port, intervalMs: 1_000 };
  field = await startMeterField(undefined, {
    placed: [
      { way: 'tcp', spec: { meterType: 'ISKRA_MX37X', serialNumber: '36000001', password: '12345678', clock: { offsetSeconds: AN_HOUR } } },
      { way: 'tcp', spec: { meterType: 'EDMIATLAS', serialNumber: '210000001', password: 'EDMI,IMDEIMDE', clock: { offsetSeconds: 75 } } },
    ],
    settings: { session: { guards: { boundary: { withinSeconds: 0 } }, hostClock } },
  });
  installation = await Installation.started(undefined, { settings: field.settings });
  await raised('host_clock_wrong', false);
});
test.after.always(async () => {
  await installation?.remove();
  await field?.stop();
  stopServer?.();
});

const find = async (code: string) => (await installation.operator.alerts()).find((alert) => alert.code === code);

/** Until the alert is raised, or is not any more. */
const raised = (code: string, is: boolean) => until(`${code} is ${is ? '' : 'not '}raised`, async () => ((await find(code)) !== undefined) === is);

/** How often each engine has found its clock wrong: each asks the time server for itself, and the first of them raises the alert. */
const foundWrong = (): readonly number[] => installation.nodes.map(({ log }) => log.split('the clock of this host is not known to be right').length - 1);

const setTime = async (meter: number) => installation.mts.ended(await installation.mts.update(field.bodies[meter] ?? {}));

test.serial('meter_zone: a meter off by an hour is left alone and told of; a later session that finds it near to right ends that', async (t) => {
  t.is((await setTime(ISKRA)).result, 'PARTIAL SUCCESS');
  await raised('meter_zone', true);
  const alert = await find('meter_zone');
  const address = field.bodies[ISKRA]?.remoteAddress ?? '';
  t.is(alert?.about, `meter:tcp:${address}`);
  t.true(alert?.text.includes(address), alert?.text);
  t.deepEqual(field.farm.records(), []);

  t.is((await setTime(EDMI)).result, 'SUCCESS');
  t.is((await find('meter_zone'))?.about, alert?.about, 'another meter says nothing of this one');

  field.farm.setOffset(ISKRA, 40);
  t.is((await setTime(ISKRA)).result, 'SUCCESS');
  await raised('meter_zone', false);
  t.deepEqual(
    field.farm.records().map(({ meter }) => meter),
    [EDMI, ISKRA],
  );
});

test.serial('host_clock_wrong: while the time server differs nothing is written; once it agrees again, meters are', async (t) => {
  const before = field.farm.records().length;
  const found = foundWrong();
  aheadMs = 60_000;
  await raised('host_clock_wrong', true);
  await until('every engine knows', () => foundWrong().every((count, index) => count > (found[index] ?? 0)));
  t.regex((await find('host_clock_wrong'))?.text ?? '', /differs from 127\.0\.0\.1/);
  field.farm.setOffset(EDMI, 75);
  t.is((await setTime(EDMI)).result, 'PARTIAL SUCCESS');
  t.is(field.farm.records().length, before);

  aheadMs = 0;
  await raised('host_clock_wrong', false);
  // An engine that has not asked again yet leaves the meter alone.
  await until('the meter is set', async () => (await setTime(EDMI)).result === 'SUCCESS');
  t.is(field.farm.records().length, before + 1);
});

test.serial('meter_stop_switch: raised while the switch is on, and ended with it; what waited is then done', async (t) => {
  const turn = (on: boolean) => installation.operator.post('/ops/v1/meter-actions-stop', { on, reason: 'firmware in doubt' });
  t.is((await turn(true)).status, 200);
  await raised('meter_stop_switch', true);
  t.regex((await find('meter_stop_switch'))?.text ?? '', /firmware in doubt/);
  const before = field.farm.records().length;
  field.farm.setOffset(EDMI, 75);
  const id = await installation.mts.update(field.bodies[EDMI] ?? {});

  // What a process that is gone had raised stays as long as it is so, and no longer.
  aheadMs = 60_000;
  await raised('host_clock_wrong', true);
  await installation.kill9();
  aheadMs = 0;
  await installation.start();
  await raised('host_clock_wrong', false);
  t.not(await find('meter_stop_switch'), undefined);
  t.is((await installation.mts.status(id)).result, 'PENDING');
  t.is(field.farm.records().length, before);

  t.is((await turn(false)).status, 200);
  await raised('meter_stop_switch', false);
  t.is((await installation.mts.ended(id)).result, 'SUCCESS');
  t.is(field.farm.records().length, before + 1);
});
