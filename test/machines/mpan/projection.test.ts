import test from 'ava';
import type { MarketMessage } from '../../../machines/market/message.ts';
import fc from '../../support/fc.ts';
import { at, dsDeApp, if036, if037, MOPX, MOPY, meter, OTHER, projection, Record, START, US } from '../../support/machines/mpan-world.ts';

const HOUR = 3_600_000;

test('IF-036 sets metering service, dated items, address and meters', (t) => {
  const record = new Record().active(if036(), 'r1');
  t.like(record.context.facts, {
    metering_service_dip_id: MOPX.dipId,
    metering_service_mpid: 'MOPX',
    metering_service_efd: '2026-03-30',
    metering_service_etd: null,
    market_segment: 'S',
    energisation_status: 'E',
    connection_type_indicator: 'W',
    energy_direction: 'I',
    metered_indicator: true,
    duos_tariff_id: '101',
    domestic_indicator: true,
    gsp_group_id: '_H',
    distributor_dip_id: '2500000033',
    postcode: 'SO15 1AA',
  });
  t.deepEqual(Object.keys(record.context.meters), ['21J0012345']);
  t.like(record.context.meters['21J0012345'], { from: '2026-03-30', items: { meter_type: 'S2ADE', manufacturer: 'ACME AM1', meter_location: 'E' } });
  t.true(record.announced('updated'));
  t.true(record.announced('meters-updated'));
});

test('applying an IF-036 twice changes nothing and announces nothing', (t) => {
  const record = new Record().active(if036(), 'r1');
  const before = projection(record);
  record.active(if036({ transactionId: 'T-again', replay: true }), 'r1');
  t.deepEqual(projection(record), before);
  t.deepEqual(record.asked('announce'), []);
});

test('an IF-036 from 200 days ago, replayed, changes nothing', (t) => {
  const old = if036(
    {
      transactionAt: at('2025-09-05T23:20:00Z'),
      incoming: { ...MOPY, effectiveFrom: '2025-09-06', contractReference: null, scenario: 'COS' },
    },
    { energisationStatus: { value: 'D', from: '2019-01-01' }, meters: [meter('21J0012345', { manufacturer: 'OLD' })] },
  );
  const record = new Record().active(old, 'r0').active(if036(), 'r1');
  const before = projection(record);
  record.active({ ...old, replay: true }, 'r0', at('2026-03-31T00:00:00Z'));
  t.deepEqual(projection(record), before);
  t.deepEqual(record.effects, []);
});

test('the previous appointment is kept as history and ends the day before', (t) => {
  const first = if036({ transactionAt: START - 100 * HOUR, incoming: { ...MOPY, effectiveFrom: '2025-12-01', contractReference: null, scenario: 'COS' } });
  const record = new Record().active(first, 'r0').active(if036(), 'r1');
  t.like(record.context.meteringServices, [
    { mpid: 'MOPY', efd: '2025-12-01', etd: '2026-03-29' },
    { mpid: 'MOPX', efd: '2026-03-30', etd: null },
  ]);
});

test('null and x never overwrite a known value', (t) => {
  const record = new Record().active(if036(), 'r1');
  const before = projection(record) as { facts: unknown; meters: { [id: string]: { items: unknown } } };
  const blank = if036(
    { transactionAt: at('2026-04-02T00:00:00Z'), distributorDipId: 'x', gspGroupId: null },
    {
      connectionType: null,
      energyDirection: 'x',
      meteredIndicator: null,
      duosTariffId: { value: 'x', from: '2026-04-01' },
      energisationStatus: null,
      marketSegment: { value: 'x', from: null },
      domesticIndicator: null,
      addressLines: Array.from({ length: 9 }, () => null),
      postcode: 'x',
      meters: [meter('21J0012345', { meterType: null, manufacturer: 'x', location: null, installedAt: null, registerDigits: null })],
    },
  );
  record.active(blank, 'r1');
  const after = projection(record) as typeof before;
  t.deepEqual(after.facts, before.facts);
  t.deepEqual(after.meters['21J0012345']?.items, before.meters['21J0012345']?.items);
});

test('an item is applied only when its own effective date is not older', (t) => {
  const record = new Record().active(if036({}, { energisationStatus: { value: 'E', from: '2026-02-01' } }), 'r1');
  record.active(if036({ transactionAt: at('2026-04-01T00:00:00Z') }, { energisationStatus: { value: 'D', from: '2026-01-01' } }), 'r1');
  t.is(record.context.facts.energisation_status, 'E');
  record.active(if036({ transactionAt: at('2026-04-02T00:00:00Z') }, { energisationStatus: { value: 'D', from: '2026-02-01' } }), 'r1');
  t.is(record.context.facts.energisation_status, 'D');
});

test('an absent or empty meter list changes no meter and removes none', (t) => {
  const record = new Record().active(if036(), 'r1');
  const { meters } = record.context;
  record.active(if036({ transactionAt: at('2026-04-01T00:00:00Z') }, { meters: [] }), 'r1');
  t.deepEqual(record.context.meters, meters);
  record.active(if036({ transactionAt: at('2026-04-02T00:00:00Z') }, { meters: null }), 'r1');
  t.deepEqual(record.context.meters, meters);
});

for (const count of [0, 1, 3]) {
  test(`an IF-036 with ${count} meters makes ${count} records, and twice makes no more`, (t) => {
    const meters = Array.from({ length: count }, (_, index) => meter(`M${index}`));
    const record = new Record().active(if036({}, { meters }), 'r1');
    t.is(Object.keys(record.context.meters).length, count);
    t.is(record.announced('meters-updated'), count > 0);
    record.active(if036({}, { meters }), 'r1');
    t.is(Object.keys(record.context.meters).length, count);
    t.false(record.announced('meters-updated'));
  });
}

test('a meter that is known is updated, never doubled', (t) => {
  const record = new Record().active(if036(), 'r1');
  record.active(if036({ transactionAt: at('2026-04-01T00:00:00Z') }, { meters: [meter('21J0012345', { location: 'K' })] }), 'r1');
  t.deepEqual(Object.keys(record.context.meters), ['21J0012345']);
  t.is(record.context.meters['21J0012345']?.items.meter_location, 'K');
});

test('a test message changes nothing', (t) => {
  const record = new Record();
  const before = projection(record);
  record.active(if036({ test: true }), 'r1').deAppoint(if037('CSUPP', { test: true }));
  t.deepEqual(projection(record), before);
  t.deepEqual(record.value, { record: 'unknown', closure: 'open', alignment: 'none' });
});

test('a service-provider change closes the row, keeps its MPID and announces it', (t) => {
  for (const reason of ['CSERV', 'CSEGM', 'CCONN', 'CSUPP', 'DEREG', 'IMPEXP', 'RELATED']) {
    const record = new Record().active(if036(), 'r1').deAppoint(if037(reason));
    t.like(record.context.facts, { metering_service_mpid: 'MOPX', metering_service_etd: '2026-09-14' }, reason);
    t.true(record.announced('de-appointed'), reason);
  }
});

test('the event of a de-appointment names the metering service in members of its own: `mpid` of an event is the supplier', (t) => {
  const record = new Record().active(if036(), 'r1').deAppoint(if037('CSERV'));
  const { data } = record.asked('announce').find(({ what }) => what === 'de-appointed') ?? {};
  t.like(data, { meteringServiceMpid: 'MOPX', effectiveTo: '2026-09-14', reason: 'CSERV' });
  t.false(Object.hasOwn(data ?? {}, 'mpid'));
});

test('a de-appointment update names who follows the closed row', (t) => {
  const record = new Record().active(if036(), 'r1').deAppoint(if037('CSERV'));
  const successor = { ...MOPY, effectiveFrom: '2026-09-15' };
  record.deAppoint(if037('CSERV', { eventCode: '[MSDeAppUpdate]', deAppointed: null, successor }));
  t.like(record.context.meteringServices.at(-1)?.successor, { mpid: 'MOPY', from: '2026-09-15' });
});

test('data service comes from the partner block and is closed by its twin', (t) => {
  const dataService = { dipId: '1400000021', mpid: 'DSXX', from: '2026-03-30' };
  const record = new Record().active(if036({}, { dataService }), 'r1').deAppoint(dsDeApp());
  t.like(record.context.facts, { data_service_mpid: 'DSXX', data_service_efd: '2026-03-30', data_service_etd: '2026-09-14' });
});

test('the projection does not depend on the order of the messages', (t) => {
  const scenarios = ['CSP', 'COS', 'ALG'];
  const date = fc.constantFrom('2026-01-10', '2026-02-10', '2026-03-10', '2026-04-10');
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null, freq: 3 });
  const dated = (values: string[]) => maybe(fc.record({ value: fc.constantFrom(...values), from: maybe(date) }));
  const transactionAt = fc.integer({ min: 0, max: 6 }).map((hours) => START + hours * HOUR);
  const active = fc
    .record({
      transactionAt,
      who: fc.constantFrom(MOPX, MOPY),
      effectiveFrom: date,
      scenario: fc.constantFrom(...scenarios),
      energisationStatus: dated(['E', 'D', 'U', 'x']),
      marketSegment: dated(['S', 'A', 'U']),
      energyDirection: maybe(fc.constantFrom('I', 'E', 'x')),
      addressLines: maybe(fc.array(maybe(fc.constantFrom('1', 'HIGH STREET', 'x')), { minLength: 9, maxLength: 9 })),
      dataService: maybe(fc.record({ dipId: fc.constantFrom('1400000021', '1400000022'), mpid: fc.constant('DSXX'), from: date })),
      meters: maybe(fc.array(fc.record({ id: fc.constantFrom('A', 'B'), manufacturer: maybe(fc.constantFrom('ACME', 'OTHER', 'x')) }), { maxLength: 2 })),
    })
    .map(
      ({ who, effectiveFrom, scenario, transactionAt: sent, meters, ...rest }): MarketMessage =>
        if036(
          { transactionAt: sent, incoming: { ...who, effectiveFrom, contractReference: null, scenario } },
          { ...rest, meters: meters === null ? null : [...new Map(meters.map((one) => [one.id, meter(one.id, { manufacturer: one.manufacturer })])).values()] },
        ),
    );
  const closed = fc
    .record({ transactionAt, who: fc.constantFrom(MOPX, MOPY), effectiveFrom: date, effectiveTo: date, reason: fc.constantFrom('CSERV', 'CSUPP', 'DEREG') })
    .map(({ who, reason, transactionAt: sent, ...dates }): MarketMessage => if037(reason, { transactionAt: sent, deAppointed: { ...who, ...dates, reason } }));
  const apply = (messages: readonly MarketMessage[]): unknown => {
    const record = new Record();
    for (const message of messages) {
      if (message.interface === 'IF-036') record.active(message, null, START + 10 * HOUR);
      else record.deAppoint(message, START + 10 * HOUR);
    }
    const { closing: _closing, aligning: _aligning, ...rest } = projection(record) as { closing?: unknown; aligning?: unknown };
    return rest;
  };
  fc.assert(
    fc.property(
      fc.array(fc.oneof({ weight: 3, arbitrary: active }, closed), { minLength: 2, maxLength: 5 }),
      fc.infiniteStream(fc.nat()),
      (messages, seeds) => {
        const shuffled = [...messages].map((message) => ({ message, key: seeds.next().value as number })).sort((a, b) => a.key - b.key);
        t.deepEqual(apply(shuffled.map(({ message }) => message)), apply(messages));
        t.deepEqual(apply([...messages, ...messages]), apply(messages));
      },
    ),
    { numRuns: 500 },
  );
});

test('the row of another supplier, lost to us, is closed without touching our own', (t) => {
  const losing = if037('CSUPP', {
    deAppointed: { ...MOPY, effectiveFrom: '2025-01-01', effectiveTo: '2026-03-29', reason: 'CSUPP' },
    incomingSupplier: { ...US, effectiveFrom: '2026-03-30' },
  });
  const record = new Record().active(if036(), 'r1').deAppoint(losing);
  t.like(record.context.facts, { metering_service_mpid: 'MOPX', metering_service_etd: null });
  t.is(record.value.closure, 'open');
});

test('an IF-036 for another supplier is projected without an alert', (t) => {
  const record = new Record().active(if036({ requestingSupplier: OTHER }), null);
  t.is(record.context.facts.metering_service_mpid, 'MOPX');
  t.deepEqual(record.asked('raiseAlert'), []);
});

test('an IF-036 for us without a process is projected and alerted', (t) => {
  const record = new Record().active(if036(), null);
  t.is(record.context.facts.metering_service_mpid, 'MOPX');
  t.like(record.asked('raiseAlert'), [{ code: 'orphan_message' }]);
});
