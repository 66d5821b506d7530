import test from 'ava';
import { encodeIf031 } from '../../../actors/appointment/index.ts';
import { parseEffectiveFrom } from '../../../machines/calendar/index.ts';

const params = {
  interface: 'IF-031',
  sur: 'S-IF-031-2300000012-SUP-20260324-0f5e',
  test: false,
  supplierDipId: '2300000012',
  mpan: '2000056535971',
  distributorDipId: '2500000033',
  gspGroupId: '_H',
  meteringServiceDipId: '1200000015',
  meteringServiceMpid: 'MOPX',
  effectiveFrom: '2026-03-30',
  contractReference: null,
  scenario: 'CSP',
  cssRegistrationId: null,
  sentAt: Date.UTC(2026, 2, 24, 10, 35),
} as const;

const custom = (effectiveFrom: string): Record<string, Record<string, unknown>> =>
  encodeIf031({ ...params, effectiveFrom }, 'SIT').payload.CustomBlock as Record<string, Record<string, unknown>>;

const DATES: readonly [given: string, today: string, date: string, sent: string][] = [
  ['2026-03-30T00:00:00+00:00', '2026-03-24', '2026-03-30', '2026-03-30T00:00:00+01:00'],
  ['2026-03-30T00:00:00+01:00', '2026-03-24', '2026-03-30', '2026-03-30T00:00:00+01:00'],
  ['2026-03-29T00:00:00+00:00', '2026-03-24', '2026-03-29', '2026-03-29T00:00:00+00:00'],
  ['2026-10-25T00:00:00+01:00', '2026-10-20', '2026-10-25', '2026-10-25T00:00:00+01:00'],
  ['2026-10-26T00:00:00+01:00', '2026-10-20', '2026-10-26', '2026-10-26T00:00:00+00:00'],
];
for (const [given, today, date, sent] of DATES) {
  test(`${given} is settlement date ${date} and leaves as ${sent}`, (t) => {
    t.deepEqual(parseEffectiveFrom(given, Date.parse(`${today}T10:35:00Z`)), { kind: 'ok', date });
    t.is(custom(date).B070?.proposedMeteringServiceDIPEffectiveFromDate, sent);
  });
}

test('B013 is there only when a registration id of a switch is known', (t) => {
  t.deepEqual(Object.keys(custom('2026-03-30')), ['B070']);
});
