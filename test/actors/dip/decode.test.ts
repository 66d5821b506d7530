import test from 'ava';
import { decodeMessage } from '../../../actors/dip/decode.ts';
import type { MarketMessage } from '../../../machines/market/message.ts';
import { if003, if032, if035, if036, if037, inbound, METER, MPAN, reverseMigration } from '../../support/dip/messages.ts';
import fc from '../../support/fc.ts';

const facts = { receivedAt: Date.parse('2026-03-25T09:12:40Z'), test: false };

function decode(item: { payload: unknown }, interfaceId = 'IF-035'): MarketMessage {
  const decoded = decodeMessage(item.payload, interfaceId, facts);
  if (decoded.kind === 'error') throw new Error(JSON.stringify(decoded.error));
  return decoded.message;
}

test('the envelope is read', (t) => {
  const message = decode(if035());
  t.like(message, {
    interface: 'IF-035',
    eventCode: '[MSAppAccepted]',
    sur: 'S-IF-035-2200000003-REGS-20260325-000000000001',
    senderDipId: '2200000003',
    senderRole: 'REGS',
    senderCorrelationId: 'CI-20260324-7d1f0a9be2c34455',
    transactionId: 'T-IF-035-2200000003-REGS-20260325-000000000001',
    transactionAt: Date.parse('2026-03-25T09:12:31Z'),
    initialCorrelationId: 'CI-20260324-7d1f0a9be2c34455',
    replay: false,
    mpan: MPAN,
    distributorDipId: '2500000033',
    gspGroupId: '_H',
    test: false,
  });
  t.deepEqual(message.recipients, ['2300000012', '1200000015']);
});

test('IF-032 carries R0 and B070', (t) => {
  const message = decode(if032());
  t.deepEqual(message.response, { code: 'A', messages: [] });
  t.deepEqual(message.proposed, { dipId: '1200000015', mpid: 'MOPX', effectiveFrom: '2026-03-30', contractReference: 'MSA20260330', scenario: 'CSP' });
  t.is(message.active, null);
});

test('IF-035 carries B007 and B012', (t) => {
  const message = decode(if035());
  t.deepEqual(message.outcome, { code: 'A', text: 'SP000 - Proposed Appointment ACCEPTED' });
  t.deepEqual(message.requestingSupplier, { dipId: '2300000012', mpid: 'SUPX' });
});

test('IF-036 carries everything that the record may take over', (t) => {
  const { incoming, active } = decode(if036());
  t.is(incoming?.effectiveFrom, '2026-03-30');
  t.deepEqual(active?.marketSegment, { value: 'S', from: '2025-11-01' });
  t.deepEqual(active?.connectionType, { value: 'W', from: '2020-04-01' });
  t.deepEqual(active?.domesticIndicator, { value: true, from: '2020-04-01' });
  t.is(active?.postcode, 'SO15 1AA');
  t.deepEqual(active?.addressLines, [null, null, '1', null, 'HIGH STREET', null, null, 'SOUTHAMPTON', null]);
  t.deepEqual(active?.meters, [
    {
      meterId: '21J0012345',
      meterType: 'S2ADE',
      manufacturer: 'ACME AM1',
      esmeGuid: '00-11-22-33-44-55-66-77',
      location: 'E',
      registerDigits: 5,
      installedAt: '2021-06-14T00:00:00+01:00',
      assetProvider: 'MAPX',
      assetProviderFrom: '2021-06-14T00:00:00+01:00',
    },
  ]);
});

test('x and null are unknown, wherever they stand', (t) => {
  const { active } = decode(
    if036({
      B023: { connectionTypeIndicator: 'x', connectionTypeEffectiveFromDate: 'x', energyDirection: 'x', meteredIndicator: 'x' },
      B024: { DUOSTariffID: null, DUOSTariffIDEffectiveFromDate: null },
      B005: { currentDataServiceDIPID: 'x', currentDataServiceMPID: 'x' },
      B905List: [{ existingMeter: { ...METER.existingMeter, manufacturersMakeAndType: 'x', ESMEGUID: null, numberOfDisplayedRegisterDigits: 'x' } }],
    }),
  );
  t.is(active?.connectionType, null);
  t.is(active?.energyDirection, null);
  t.is(active?.meteredIndicator, null);
  t.is(active?.duosTariffId, null);
  t.is(active?.dataService, null);
  t.like(active?.meters?.[0], { manufacturer: null, esmeGuid: null, registerDigits: null, assetProvider: null });
});

test('an absent meter list is null, an empty one is empty', (t) => {
  t.is(decode(if036({ B905List: undefined })).active?.meters, null);
  t.deepEqual(decode(if036({ B905List: [] })).active?.meters, []);
});

test('the incoming data service outranks the current one', (t) => {
  const B017 = { incomingDataServiceDIPID: '1400000011', incomingDataServiceMPID: 'DCXX', incomingDataServiceEffectiveFromDate: '2026-03-30T00:00:00+01:00' };
  const B005 = { currentDataServiceDIPID: '1400000022', currentDataServiceMPID: 'DCYY' };
  t.deepEqual(decode(if036({ B017, B005 })).active?.dataService, { dipId: '1400000011', mpid: 'DCXX', from: '2026-03-30' });
  t.deepEqual(decode(if036({ B005 })).active?.dataService, { dipId: '1400000022', mpid: 'DCYY', from: null });
});

test('linked and related meter points are read', (t) => {
  const { active } = decode(
    if036({
      B035List: [
        {
          linkedImportExportMPAN: '1900012374324',
          linkedMPANEnergyDirection: 'E',
          importExportMPANSupplierDIPID: '2300000012',
          importExportMPANSupplierMPID: 'SUPX',
        },
      ],
      B037List: [
        { primaryMPAN: MPAN, secondaryMPAN: '1200023305967' },
        { primaryMPAN: null, secondaryMPAN: 'x' },
      ],
    }),
  );
  t.deepEqual(active?.linked, [{ mpan: '1900012374324', direction: 'E', supplierDipId: '2300000012', supplierMpid: 'SUPX' }]);
  t.deepEqual(active?.related, [{ primary: MPAN, secondary: '1200023305967' }]);
});

test('IF-037 and IF-003 carry who goes, who comes and when', (t) => {
  t.deepEqual(decode(if037()).deAppointed, { dipId: '1200000015', mpid: 'MOPX', effectiveFrom: '2026-03-30', effectiveTo: '2026-09-14', reason: 'CSUPP' });
  t.deepEqual(decode(if037()).incomingSupplier, { dipId: '2300000045', mpid: 'SUPZ', effectiveFrom: '2026-09-15' });
  t.deepEqual(decode(if003()).reverseMop, { mpid: 'LMOP', effectiveFrom: '2026-09-15' });
  t.is(decode(if003()).cssRegistrationId, '3f0c2b4e-9a51-4f0d-8b77-1d6d2f3a9c10');
  t.is(decode(reverseMigration()).mhhsRegimeEnd, '2026-09-14');
});

test('the data-service twin of a de-appointment is read from B009', (t) => {
  const B009 = {
    deAppointedDataServiceDIPID: '1400000011',
    deAppointedDataServiceMPID: 'DCXX',
    dataServiceEffectiveFromDate: '2026-03-30T00:00:00+01:00',
    dataServiceEffectiveToDate: '2026-09-14T00:00:00+01:00',
    deAppointmentReasonCode: 'DEREG',
  };
  const message = decode(inbound({ interface: 'IF-037', event: '[DSDeApp]', custom: { B009 } }));
  t.deepEqual(message.dataServiceDeAppointed, { dipId: '1400000011', mpid: 'DCXX', effectiveFrom: '2026-03-30', effectiveTo: '2026-09-14', reason: 'DEREG' });
});

test('members misspelt in published examples are read', (t) => {
  const item = inbound({
    interface: 'IF-003',
    event: '[ReverseMigNotification]',
    custom: { B002: { incomingSupplierDIPID: '2300000045', incomingSupplierMPID: 'SUPZ', incomingSupplierEffectiveFromDate: '2026-09-15T00:00:00+01:00' } },
  });
  item.payload.CommonBlock.S0 = { InterfaceID: 'IF-003', schemaVersion: '011', eventCode: '[ReverseMigNotification]' };
  const message = decode(item, 'IF-999');
  t.is(message.interface, 'IF-003');
  t.is(message.incomingSupplier?.effectiveFrom, '2026-09-15');
});

for (const [written, date] of [
  ['2026-03-30T00:00:00+01:00', '2026-03-30'],
  ['2026-03-30T00:00:00+00:00', '2026-03-30'],
  ['2026-03-29T23:00:00+00:00', '2026-03-30'],
  ['2026-03-29T00:00:00+00:00', '2026-03-29'],
  ['2026-10-25T00:00:00+01:00', '2026-10-25'],
  ['2026-10-26T00:00:00+00:00', '2026-10-26'],
] as const) {
  test(`${written} is settlement date ${date}`, (t) => {
    const item = if035();
    item.payload.CustomBlock.B070 = { ...(item.payload.CustomBlock.B070 as object), proposedMeteringServiceDIPEffectiveFromDate: written };
    t.is(decode(item).proposed?.effectiveFrom, date);
  });
}

test('unknown members are welcome', (t) => {
  const item = if035();
  item.payload.CommonBlock.Z9 = { surprise: true };
  item.payload.CustomBlock.B999 = [1];
  t.is(decode(item).eventCode, '[MSAppAccepted]');
});

test('without D0 the reference stands in for the transaction', (t) => {
  const item = if035();
  delete item.payload.CommonBlock.D0;
  const message = decode(item);
  t.is(message.transactionId, message.sur);
  t.is(message.transactionAt, Date.parse('2026-03-25T09:12:30Z'));
});

test('a response code that the market does not have is not relied on', (t) => {
  const item = if032();
  item.payload.CommonBlock.R0 = { responseCode: 'Q', responseMessages: null };
  t.deepEqual(decode(item).response, { code: 'x', messages: [] });
});

test('an event that we do not know is read as far as the envelope', (t) => {
  const decoded = decodeMessage(inbound({ interface: 'IF-045', event: '[Surprise]', custom: { B070: 5 } }).payload, 'IF-045', facts);
  t.true(decoded.kind === 'ok' && !decoded.known && decoded.message.proposed === null && decoded.message.mpan === MPAN);
});

test('IF-047 needs no meter point', (t) => {
  const item = inbound({ interface: 'IF-047', event: '[ISDPublished]' });
  delete item.payload.CommonBlock.M0;
  t.is(decode(item, 'IF-047').mpan, null);
});

for (const [what, spoil, field] of [
  ['a meter point of 12 digits', (p: Spoilt) => (p.CommonBlock.M0 = { MPANCore: '200005653597' }), '/CommonBlock/M0'],
  ['no M0', (p: Spoilt) => delete p.CommonBlock.M0, '/CommonBlock'],
  ['no reference', (p: Spoilt) => (p.CommonBlock.S1 = { senderDIPID: '2200000003' }), '/CommonBlock/S1'],
  ['no event code', (p: Spoilt) => (p.CommonBlock.S0 = { interfaceID: 'IF-035' }), '/CommonBlock/S0'],
  ['a block that is a number', (p: Spoilt) => (p.CustomBlock.B070 = 7), '/CustomBlock/B070'],
  ['a transaction id of 300 characters', (p: Spoilt) => (p.CommonBlock.D0 = { transactionID: 'T'.repeat(300) }), '/CommonBlock/D0'],
] as const) {
  test(`${what} is an error that names the place`, (t) => {
    const item = if035();
    spoil(item.payload);
    const decoded = decodeMessage(item.payload, 'IF-035', facts);
    t.true(decoded.kind === 'error' && decoded.error.code === 'schema' && decoded.error.field.startsWith(field), JSON.stringify(decoded));
  });
}
type Spoilt = { CommonBlock: Record<string, unknown>; CustomBlock: Record<string, unknown> };

test('IF-036 without B014 says nothing and is an error', (t) => {
  t.is(decodeMessage(if036({ B014: undefined }).payload, 'IF-036', facts).kind, 'error');
});

test('nesting of 30 levels is an error', (t) => {
  const item = if035();
  let deep: unknown = 1;
  for (let level = 0; level < 30; level++) deep = [deep];
  item.payload.CommonBlock.deep = deep;
  const decoded = decodeMessage(item.payload, 'IF-035', facts);
  t.is(decoded.kind === 'error' ? decoded.error.code : 'ok', 'too_deep');
});

test('whatever the JSON is, decoding answers and never throws', (t) => {
  fc.assert(
    fc.property(
      fc.jsonValue(),
      fc.constantFrom('S0', 'S1', 'A0', 'D0', 'M0', 'R0'),
      fc.constantFrom('B007', 'B012', 'B014', 'B070', 'B905List', 'B035List', 'B037List', 'B022'),
      (value, common, custom) => {
        decodeMessage(value, 'IF-036', facts);
        const item = if036();
        item.payload.CommonBlock[common] = value;
        decodeMessage(item.payload, 'IF-036', facts);
        const other = if036();
        other.payload.CustomBlock[custom] = value;
        decodeMessage(other.payload, 'IF-036', facts);
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});
