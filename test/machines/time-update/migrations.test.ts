/** Kept samples of every released snapshot version still load and go on. */
import test from 'ava';
import { makeStepper } from '../../../actors/engine/inert-scope.ts';
import { type ActionContext, createTimeUpdateMachine, migrateTimeUpdate, statusOf, TIME_UPDATE_MACHINE_VERSION } from '../../../machines/time-update/index.ts';
import { done, T0 } from '../../support/machines/time-update-world.ts';

/** By version, as stored by the release that had it. */
const samples: Record<number, string> = {
  1: '{"status":"active","value":"running","historyValue":{},"context":{"request":{"requestId":1234,"requestReference":"0001","immediate":true,"task":"time-update","target":{"meterType":"ELSTERA1700","remoteAddress":"07777000000","canonicalAddress":"tel:07777000000","outstationAddress":"1","serialNumber":"12345678"},"sealedPassword":"c2VhbGVk","passwordMark":"mark","tokenId":"token-1","owner":"mts","requestedAt":1774324800000,"trace":false},"task":"time-update","attempt":1,"lost":0,"redials":0,"windowsMissed":0,"lastWindow":null,"node":"node-1","stage":null,"cancelledBy":null,"resumeAt":null,"write":{"first":1,"attempt":1,"sure":false},"found":{"before":{"meterAt":1774324607000,"serverAt":1774324810000,"offsetSeconds":-203},"after":null,"afterError":null,"serialNumber":null,"serialError":null},"times":{"startedAt":1774324801000,"endedAt":null,"connectionStartAt":null,"connectionEndAt":null},"failure":null,"passwordRefused":false,"octetsIn":0,"octetsOut":0,"end":null},"children":{}}',
};

for (const [version, sample] of Object.entries(samples)) {
  test(`a snapshot of version ${version} loads and goes on`, (t) => {
    const stepper = makeStepper(createTimeUpdateMachine());
    const restored = stepper.restore(migrateTimeUpdate(JSON.parse(sample), Number(version)));
    const { snapshot } = stepper.next(restored, { type: 'session.ended', at: T0, result: done() } as never);
    t.is(statusOf((snapshot as { readonly context: ActionContext }).context).result, 'SUCCESS');
  });
}

test('there is a sample of every version', (t) => {
  t.deepEqual(
    Object.keys(samples).map(Number),
    Array.from({ length: TIME_UPDATE_MACHINE_VERSION }, (_, index) => index + 1),
  );
});

test('a newer version is refused, so that its actor is parked', (t) => {
  t.throws(() => migrateTimeUpdate({}, TIME_UPDATE_MACHINE_VERSION + 1), { message: /machineVersion/ });
  t.throws(() => migrateTimeUpdate({}, 0), { message: /machineVersion/ });
});
