import test from 'ava';
import {
  algMessage,
  at,
  dsDeApp,
  if003,
  if036,
  if037,
  LINKED,
  MOPX,
  MOPY,
  MPAN,
  mpanInput,
  Record,
  reverseNotification,
  START,
  US,
} from '../../support/machines/mpan-world.ts';

const held = (): Record => new Record().active(if036(), 'r1');

test('de-appointment-all waits for the second side with a reminder two working days later', (t) => {
  const friday = at('2026-09-11T10:00:00Z');
  const record = held().deAppoint(if037('CSUPP'), friday);
  t.is(record.value.closure, 'meteringClosed');
  t.deepEqual(record.asked('remind'), [{ name: 'closure', dueAt: at('2026-09-15T10:00:00Z') }]);
  record.deAppoint(dsDeApp());
  t.is(record.value.closure, 'complete');
  t.deepEqual(record.asked('forget'), [{ name: 'closure' }]);
  t.deepEqual(record.asked('clearAlert'), []);
});

test('the data service may close first', (t) => {
  const record = held().deAppoint(dsDeApp());
  t.is(record.value.closure, 'dataClosed');
  record.deAppoint(if037('CSUPP'));
  t.is(record.value.closure, 'complete');
});

test('the same side twice is a no-op', (t) => {
  const record = held()
    .deAppoint(if037('CSUPP'))
    .deAppoint(if037('CSUPP', { transactionId: 'T2' }));
  t.is(record.value.closure, 'meteringClosed');
  t.deepEqual(record.effects, []);
});

test('a missing second side is alerted, never closed by time; the alert goes when it comes', (t) => {
  const record = held().deAppoint(if037('DEREG')).send({ type: 'reminder', name: 'closure', dueAt: START, at: START });
  t.is(record.value.closure, 'meteringClosed');
  t.like(record.asked('raiseAlert'), [{ code: 'deappointment_incomplete' }]);
  record.deAppoint(dsDeApp('DEREG'));
  t.is(record.value.closure, 'complete');
  t.deepEqual(record.asked('clearAlert'), [{ code: 'deappointment_incomplete' }]);
});

for (const reason of ['CSERV', 'CSEGM', 'CCONN', 'IMPEXP', 'RELATED']) {
  test(`${reason} is no de-appointment-all`, (t) => {
    t.is(held().deAppoint(if037(reason)).value.closure, 'open');
  });
}

test('CSUPP that names us as incoming supplier is no de-appointment-all', (t) => {
  t.is(held().deAppoint(if037('CSUPP', { incomingSupplier: { ...US, effectiveFrom: '2026-09-15' } })).value.closure, 'open');
});

test('an old de-appointment after a newer appointment closes nothing', (t) => {
  const newer = if036({
    transactionAt: at('2026-11-30T23:20:00Z'),
    incoming: { ...MOPX, effectiveFrom: '2026-12-01', contractReference: null, scenario: 'COS' },
  });
  const record = held().active(newer, 'r2').deAppoint(if037('CSUPP'));
  t.is(record.value.closure, 'open');
});

test('a later appointment for us opens a closed point again', (t) => {
  const newer = if036({
    transactionAt: at('2026-11-30T23:20:00Z'),
    incoming: { ...MOPX, effectiveFrom: '2026-12-01', contractReference: null, scenario: 'COS' },
  });
  for (const record of [held().deAppoint(if037('CSUPP')), held().deAppoint(if037('CSUPP')).deAppoint(dsDeApp())]) {
    record.active(newer, 'r2');
    t.is(record.value.closure, 'open');
    t.is(record.context.closing, null);
  }
});

test('reverse migration towards another supplier is flagged and sends nothing on the DTN', (t) => {
  const record = held().deAppoint(if003());
  t.like(record.context.reverseMigration, { from: '2026-09-15' });
  t.is(record.context.facts.metering_service_etd, '2026-09-14');
  t.is(record.value.closure, 'meteringClosed');
  t.deepEqual(record.asked('tell'), []);
});

test('reverse migration towards us appoints the legacy meter operator with one D0155', (t) => {
  const ours = if003({ incomingSupplier: { ...US, effectiveFrom: '2026-09-15' } });
  const record = held().deAppoint(ours);
  const told = record.asked('tell');
  t.is(told.length, 1);
  t.like(told[0], {
    to: 'dtn:SUPX',
    key: 'SUPX',
    event: { type: 'line.added', flow: 'D0155', line: { mpan: MPAN, recipient: 'LMOP', appointedFrom: '2026-09-15', postcode: 'SO15 1AA' } },
  });
  record.deAppoint({ ...ours, transactionId: 'T2', transactionAt: ours.transactionAt + 1_000 });
  t.deepEqual(record.asked('tell'), []);
});

test('a reverse migration notification stores the end of the MHHS regime', (t) => {
  const record = held().deAppoint(reverseNotification());
  t.is(record.context.mhhsRegimeEnd?.date, '2026-09-14');
  t.is(record.value.closure, 'open');
});

const linked = [
  { mpan: LINKED, direction: 'E', supplierDipId: US.dipId, supplierMpid: US.mpid },
  { mpan: '1200023305967', direction: 'E', supplierDipId: '2300000099', supplierMpid: 'SUPQ' },
];
const success = { type: 'process.succeeded', at: START, requestId: 'r1', meteringServiceDipId: MOPX.dipId, effectiveFrom: '2026-03-30' } as const;

test('success of the primary tells the linked meter points that we supply, once', (t) => {
  const record = new Record().active(if036({}, { linked, related: [{ primary: MPAN, secondary: '1300001498130' }] }), 'r1').send(success);
  t.deepEqual(
    record.asked('tell').map(({ to, key }) => [to, key]),
    [
      [`mpan:SUPX:${LINKED}`, LINKED],
      ['mpan:SUPX:1300001498130', '1300001498130'],
    ],
  );
  t.like(record.asked('tell')[0]?.event, { type: 'alignment.expected', primaryMpan: MPAN, requestId: 'r1', meteringServiceDipId: MOPX.dipId });
  t.deepEqual(record.send(success).effects, []);
});

test('success of a process that brought no IF-036 tells nobody', (t) => {
  t.deepEqual(new Record().send(success).effects, []);
});

const expected = {
  type: 'alignment.expected',
  at: at('2026-03-30T09:00:00Z'),
  primaryMpan: LINKED,
  requestId: 'p1',
  meteringServiceDipId: MOPX.dipId,
} as const;

test('an expected alignment is met by the IF-036 with the primary metering service', (t) => {
  const record = new Record().send(expected);
  t.is(record.value.alignment, 'expected');
  t.deepEqual(record.asked('remind'), [{ name: 'alignment', dueAt: at('2026-04-01T09:00:00Z') }]);
  record.active(algMessage(), null);
  t.is(record.value.alignment, 'aligned');
  t.deepEqual(record.asked('forget'), [{ name: 'alignment' }]);
  t.deepEqual(record.asked('raiseAlert'), []);
  t.like(record.asked('announce')[0]?.data, { primaryMpan: LINKED, primaryRequestId: 'p1' });
});

test('an ALG IF-036 that comes first is aligned at once', (t) => {
  const record = new Record().active(algMessage(), null);
  t.is(record.value.alignment, 'aligned');
  record.send(expected);
  t.is(record.value.alignment, 'aligned');
  t.deepEqual(record.asked('remind'), []);
  t.like(record.context.aligning, { primaryMpan: LINKED, requestId: 'p1' });
});

test('an ALG IF-036 with another metering service does not align', (t) => {
  const record = new Record()
    .send(expected)
    .active(algMessage({ incoming: { ...MOPY, effectiveFrom: '2026-03-30', contractReference: null, scenario: 'ALG' } }), null);
  t.is(record.value.alignment, 'expected');
  t.is(record.context.facts.metering_service_mpid, 'MOPY');
});

test('a missing alignment is alerted and the alert goes when it comes', (t) => {
  const record = new Record().send(expected).send({ type: 'reminder', name: 'alignment', dueAt: START, at: START });
  t.is(record.value.alignment, 'expected');
  t.like(record.asked('raiseAlert'), [{ code: 'alignment_overdue' }]);
  record.active(algMessage(), null);
  t.deepEqual(record.asked('clearAlert'), [{ code: 'alignment_overdue' }]);
});

test('a repeated expectation of the same process changes nothing', (t) => {
  const record = new Record().send(expected).send(expected);
  t.deepEqual(record.effects, []);
});

test('a process that waits for routing facts hears of them once they are imported', (t) => {
  const record = new Record().send({ type: 'facts.wanted', at: START, requestId: 'r7' });
  t.deepEqual(record.effects, []);
  record.send({ type: 'imported', at: START, facts: { gsp_group_id: '_H' } });
  t.is(record.value.record, 'unknown');
  record.send({ type: 'imported', at: START, facts: { distributor_dip_id: '2500000033' } });
  t.is(record.value.record, 'known');
  t.like(record.asked('tell'), [{ to: 'appointment:r7', key: MPAN, event: { type: 'facts.known', gspGroupId: '_H', distributorDipId: '2500000033' } }]);
  t.deepEqual(record.context.waiting, []);
});

test('a process that asks when the facts are known is answered at once; an IF-036 brings them too', (t) => {
  const record = new Record().send({ type: 'facts.wanted', at: START, requestId: 'r7' }).active(if036({ requestingSupplier: null }), null);
  t.is(record.asked('tell').length, 1);
  record.send({ type: 'facts.wanted', at: START, requestId: 'r8' });
  t.like(record.asked('tell'), [{ to: 'appointment:r8' }]);
});

test('USP at acceptance changes the contract reference only', (t) => {
  const record = held();
  const { facts } = record.context;
  record.send({ type: 'contract.updated', at: START, meteringServiceDipId: MOPX.dipId, contractReference: 'NEW1' });
  t.deepEqual(record.context.facts, facts);
  t.is(record.context.meteringServices.at(-1)?.contract, 'NEW1');
});

test('unsolicited messages raise the alert that the specification names', (t) => {
  const message = if036({ interface: 'IF-035' });
  const codes = (['orphan', 'advisory', 'unhandled', 'other-supplier'] as const).map((handling) =>
    new Record()
      .send({ type: 'unsolicited', at: START, message, handling })
      .asked('raiseAlert')
      .map(({ code }) => code),
  );
  t.deepEqual(codes, [['orphan_message'], ['registry_reminder'], ['unhandled_event_code'], []]);
});

test('an import sets what it states, leaves what it does not, and null clears', (t) => {
  const record = new Record(mpanInput).send({
    type: 'imported',
    at: START,
    facts: {
      market_segment: 'S',
      legacy_mop_mpid: 'LMOP',
      metering_service_dip_id: MOPY.dipId,
      metering_service_mpid: 'MOPY',
      metering_service_efd: '2025-01-01',
      address_lines: ['1', 'HIGH STREET'],
    },
  });
  t.like(record.context.facts, { market_segment: 'S', legacy_mop_mpid: 'LMOP', metering_service_mpid: 'MOPY', metering_service_efd: '2025-01-01' });
  record.send({ type: 'imported', at: START, facts: { market_segment: 'A', legacy_mop_mpid: null } });
  t.like(record.context.facts, {
    market_segment: 'A',
    metering_service_mpid: 'MOPY',
    address_lines: ['1', 'HIGH STREET', null, null, null, null, null, null, null],
  });
  t.is(record.context.facts.legacy_mop_mpid, undefined);
  t.deepEqual(record.send({ type: 'imported', at: START + 1, facts: { market_segment: 'A', metering_service_mpid: 'MOPY' } }).effects, []);
});

test('of two import lines of one instant the later counts', (t) => {
  const lines = ['_K', '_A'].map(
    (gsp_group_id) => ({ type: 'imported', at: START, facts: { gsp_group_id, market_segment: gsp_group_id === '_A' ? 'A' : 'S' } }) as const,
  );
  t.like(new Record().send(lines[0]!).send(lines[1]!).context.facts, { gsp_group_id: '_A', market_segment: 'A' });
  t.like(new Record().send(lines[1]!).send(lines[0]!).context.facts, { gsp_group_id: '_K', market_segment: 'S' });
});

test('an IF-036 sent after an import corrects it; one sent before does not', (t) => {
  const imported = { type: 'imported', at: START, facts: { energisation_status: 'D' } } as const;
  const older = if036({ transactionAt: START - 1_000 });
  t.is(new Record().send(imported).active(older, 'r1', START).context.facts.energisation_status, 'D');
  t.is(new Record().send(imported).active(if036(), 'r1').context.facts.energisation_status, 'E');
});
