/** Kept samples of every released snapshot version still load and go on. */
import test from 'ava';
import { makeStepper } from '../../../actors/engine/inert-scope.ts';
import {
  APPOINTMENT_MACHINE_VERSION,
  type AppointmentSnapshot,
  createAppointmentMachine,
  migrateAppointment,
  stateName,
} from '../../../machines/appointment/index.ts';
import { defaultPolicy, if036, market, T0 } from '../../support/machines/appointment-world.ts';

const request =
  '{"requestId":"0195c7a1-0000-7000-8000-000000000001","mpid":"SUPX","supplierDipId":"2300000012","mpan":"2000056535971","meteringServiceMpid":"MOPX","meteringServiceDipId":"1200000015","distributorDipId":"2500000033","gspGroupId":"_H","effectiveFrom":"2026-03-30","effectiveFromText":"2026-03-30T00:00:00+00:00","contractReference":"MSA20260330","scenario":"CSP","test":false,"legacyMop":null,"registrationEffectiveFrom":null,"cssRegistrationId":null,"at":1774348500000,"initiatedBy":null}';

/** By version, as stored by the release that had it. */
const samples: Record<number, string> = {
  1: `{"status":"active","value":{"market":{"AWAIT_ACTIVE":"waiting"},"dtn":"none"},"historyValue":{},"context":{"request":${request},"sur":"S-IF-031-2300000012-SUP-20260324-0195c7a1000070008000000000000001","resends":0,"transactionId":"T-IF-031-1","correlationIds":["CI-20260324-7d1f0a9be2c34455"],"submittedAt":1774348500000,"acceptedAt":1774348560000,"endedAt":null,"reason":null,"d0151":"unwanted","d0151File":null,"late":null,"errors":[]},"children":{}}`,
};

for (const [version, sample] of Object.entries(samples)) {
  test(`a snapshot of version ${version} loads and goes on`, (t) => {
    const stepper = makeStepper(createAppointmentMachine(defaultPolicy()));
    const restored = stepper.restore(migrateAppointment(JSON.parse(sample), Number(version)));
    t.is(stateName(restored as AppointmentSnapshot), 'AWAIT_ACTIVE');
    const next = stepper.next(restored, { ...market(if036()), at: T0 } as never);
    t.is(stateName(next.snapshot as AppointmentSnapshot), 'SUCCESS');
  });
}

test('there is a sample of every version', (t) => {
  t.deepEqual(
    Object.keys(samples).map(Number),
    Array.from({ length: APPOINTMENT_MACHINE_VERSION }, (_, index) => index + 1),
  );
});

test('a newer version is refused, so that its actor is parked', (t) => {
  t.throws(() => migrateAppointment({}, APPOINTMENT_MACHINE_VERSION + 1), { message: /machineVersion/ });
  t.throws(() => migrateAppointment({}, 0), { message: /machineVersion/ });
});
