/** What a whole action does not do, over a real engine, store and link. */
import test from 'ava';
import { dataFolder, meterFarm, meterHouse } from '../../support/meters/house.ts';
import { METERS } from '../../support/meters/specs.ts';

for (const [protocol, offsetSeconds] of [
  ['dlms wrapper', 3_600],
  ['elster', -3_600],
  ['edmi', 1_805],
] as const) {
  test(`a clock off by ${offsetSeconds} s (${protocol}) is a matter of zones: it is left alone, and somebody is told`, async (t) => {
    const farm = await meterFarm(t, [{ ...METERS[protocol], clock: { offsetSeconds } }]);
    const house = await meterHouse(dataFolder(t));
    t.teardown(() => house.stop());
    const id = await house.submit(farm.meters[0]);
    const status = await house.done(id);
    t.is(status.result, 'PARTIAL SUCCESS');
    t.regex(status.meterTimeOffset ?? '', /^[+-](3600|3599|3601|180[456])s$/);
    t.is(status.meterTimeOffsetPostUpdate, undefined);
    t.deepEqual(farm.records(), []);
    const [alert] = await house.store.get([`alert:meter_zone:meter:tcp:127.0.0.1:${farm.meters[0]?.port}`]);
    t.is(alert?.state, 'raised');
    t.is((await house.context(id)).attempt, 1);
  });
}

test('a correction of more than an hour is not made', async (t) => {
  const farm = await meterFarm(t, [{ ...METERS.edmi, clock: { offsetSeconds: 4_321 } }]);
  const house = await meterHouse(dataFolder(t));
  t.teardown(() => house.stop());
  const id = await house.submit(farm.meters[0]);
  t.is((await house.done(id)).result, 'PARTIAL SUCCESS');
  t.regex((await house.context(id)).end?.text ?? '', /larger than 3600 s/);
  t.deepEqual(farm.records(), []);
});

test('an address that is not allowed (any more) is not called, and that is not tried again', async (t) => {
  const farm = await meterFarm(t, [METERS.edmi]);
  const house = await meterHouse(dataFolder(t), { links: { tcp: { allow: [] } } });
  t.teardown(() => house.stop());
  const [meter] = farm.meters;
  const target = { meterType: 'EDMIATLAS', remoteAddress: `127.0.0.1:${meter?.port}`, canonicalAddress: `tcp:127.0.0.1:${meter?.port}` };
  const id = await house.work.actions.submit({ immediate: true, task: 'time-update', target, tokenId: 'token-1', owner: 'mts', trace: false });
  t.regex((await house.done(id)).result, /^ERROR: open: .*not allowed/);
  t.is((await house.context(id)).attempt, 1);
  t.is(farm.stats(0).connections, 0);
});

test('a meter that is right already is read and not written', async (t) => {
  const farm = await meterFarm(t, [{ ...METERS['dlms hdlc'], clock: { offsetSeconds: 15 } }]);
  const house = await meterHouse(dataFolder(t));
  t.teardown(() => house.stop());
  const status = await house.done(await house.submit(farm.meters[0]));
  t.is(status.result, 'SUCCESS');
  t.regex(status.meterTimeOffset ?? '', /^\+1[456]s$/);
  t.is(status.meterTimeOffsetPostUpdate, undefined);
  t.deepEqual(farm.records(), []);
});
