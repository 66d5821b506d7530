import test from 'ava';
import { checkIf031 } from '../../../actors/dip/schema/index.ts';
import { if031 } from '../../support/dip/messages.ts';

/** The example with one member set (or removed, when undefined) at a path of dots. */
function changed(path: string, value: unknown): unknown {
  const item = structuredClone(if031());
  const names = path.split('.');
  const last = names.pop() ?? '';
  let place = item as Record<string, unknown>;
  for (const name of names) place = place[name] as Record<string, unknown>;
  if (value === undefined) delete place[last];
  else place[last] = value;
  return item;
}

const COMMON = 'payload.CommonBlock';
const CUSTOM = 'payload.CustomBlock';

test('the IF-031 of the examples fits schema 011', (t) => {
  t.deepEqual(checkIf031(if031()), []);
});

for (const [path, value] of [
  [`${CUSTOM}.B013`, { CSSRegistrationID: '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10' }],
  [`${CUSTOM}.B070.contractReferenceMeteringService`, null],
  [`${COMMON}.S1.senderCorrelationID`, 'CI-20260324-7d1f0a9be2c34455'],
  [`${COMMON}.S1.senderUniqueReference`, 'S-031-2300000012-SUP-20260324-0f5er1'],
] as const) {
  test(`${path} may be ${JSON.stringify(value)}`, (t) => t.deepEqual(checkIf031(changed(path, value)), []));
}

for (const [path, value] of [
  [`${COMMON}.S0.eventCode`, 'MSApp'],
  [`${COMMON}.S0.schemaVersion`, '010'],
  [`${COMMON}.S1.environmentTag`, 'TEST'],
  [`${COMMON}.S1.subText`, undefined],
  [`${COMMON}.S1.senderTimestamp`, '2026-03-24T10:35:00Z'],
  [`${COMMON}.S1.senderTimestamp`, '2026-03-24T10:35:00.000+00:00'],
  [`${COMMON}.S1.senderDIPID`, '23000012'],
  [`${COMMON}.S1.senderUniqueReference`, 'S-IF-031-2300000012-SUP-20260324-0f5e-0bc6'],
  [`${COMMON}.S1.senderCorrelationID`, 'C'.repeat(61)],
  [`${COMMON}.M0`, undefined],
  [`${COMMON}.M0.MPANCore`, 2_000_056_535_971],
  [`${COMMON}.M0.GSPGroupID`, '_I'],
  [`${COMMON}.extra`, {}],
  [`${CUSTOM}.B070`, undefined],
  [`${CUSTOM}.B070.appointmentScenario`, 'ALG'],
  [`${CUSTOM}.B070.contractReferenceMeteringService`, ''],
  [`${CUSTOM}.B070.contractReferenceMeteringService`, undefined],
  [`${CUSTOM}.B070.proposedMeteringServiceMPID`, 'MOP1'],
  [`${CUSTOM}.B071`, {}],
] as const) {
  test(`${path} may not be ${value === undefined ? 'missing' : JSON.stringify(value)}`, (t) => {
    const faults = checkIf031(changed(path, value));
    t.true(faults.length > 0);
    t.true(faults.every((fault) => fault.rule !== ''));
  });
}
