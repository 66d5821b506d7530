/** Overnight actions over each kind of remote address: a window that is always open, a real pad and modem line, real meters. */
import test from 'ava';
import { startModemBank } from '../../../ops/sim/modems/index.ts';
import { dataFolder, meterFarm, meterHouse } from '../../support/meters/house.ts';
import { METERS } from '../../support/meters/specs.ts';

const ALWAYS = { window: { from: '00:00', to: '00:00' }, windowSpreadMs: 0 };
const PAKNET = '23530000001';
const NUMBER = '07700900001';
const QUICK = { guardMs: 60, commandPauseMs: 5, postConnectMs: 50, betweenCallsMs: 20, x28: { postConnectMs: 20, clearQuietMs: 60 } };

for (const [kind, remoteAddress, canonicalAddress] of [
  ['PAKNET address', `PAKNET:${PAKNET}`, `paknet:${PAKNET}`],
  ['telephone number', NUMBER, `tel:${NUMBER}`],
  ['TCP address', undefined, undefined],
] as const) {
  test(`an overnight action to a ${kind} is let go in the window and sets the clock`, async (t) => {
    const farm = await meterFarm(t, [{ ...METERS.edmi, clock: { offsetSeconds: 60 } }]);
    const [meter] = farm.meters;
    const answers = { port: meter?.port ?? 0 };
    const bank = await startModemBank({
      lines: [{ kind: 'tcp', dialogue: 'x28' }, { kind: 'tcp' }],
      numbers: { [PAKNET]: answers, [NUMBER]: answers },
      guardMs: 20,
      connectMs: 20,
    });
    t.teardown(() => bank.stop());
    const [pad, modem] = bank.lines.map(({ tcpPort }) => ({ kind: 'tcp', host: '127.0.0.1', port: tcpPort, ...QUICK }));
    const modems = [
      { id: 'pad', group: 'pads', dialogue: 'x28', ...pad },
      { id: 'modem', ...modem },
    ];
    const house = await meterHouse(dataFolder(t), { actions: ALWAYS, lines: { modems } });
    t.teardown(() => house.stop());
    const target = { meterType: METERS.edmi.meterType, serialNumber: METERS.edmi.serialNumber, remoteAddress, canonicalAddress };
    const change = remoteAddress === undefined ? {} : { target: target as never };
    const status = await house.done(await house.submit(meter, { immediate: false, ...change }));
    t.is(status.result, 'SUCCESS');
    t.is(farm.records().length, 1);
    t.true(Math.abs(farm.offset(0)) <= 1.5);
  });
}

for (const [remoteAddress, canonicalAddress, result] of [
  [`PAKNET:${PAKNET}`, `paknet:${PAKNET}`, 'ERROR: open: no PAKNET pad in group paknet'],
  [NUMBER, `tel:${NUMBER}`, 'ERROR: open: no modem line in group default'],
] as const) {
  test(`an immediate action to ${remoteAddress} on a node without such lines ends with ${result}`, async (t) => {
    const house = await meterHouse(dataFolder(t), { actions: { attempts: 1 } });
    t.teardown(() => house.stop());
    const target = { meterType: METERS.edmi.meterType, remoteAddress, canonicalAddress };
    const id = await house.work.actions.submit({ immediate: true, task: 'time-update', target, tokenId: 'token-1', owner: 'mts', trace: false });
    t.is((await house.done(id)).result, result);
  });
}
