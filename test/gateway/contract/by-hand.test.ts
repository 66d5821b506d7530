/** Where a route reads by hand what a schema describes, both say the same. */
import test from 'ava';
import { createAddressRules, type LinksOptions, LinksOptionsSchema } from '../../../actors/link/index.ts';
import { createProfileCatalogue } from '../../../actors/profile/index.ts';
import { AppointBodySchema, checkBody } from '../../../gateway/appointment/body.ts';
import { OrderSchema } from '../../../gateway/mts/contract.ts';
import { checkOrder, ORDER_MEMBERS } from '../../../gateway/mts/index.ts';
import { requestsOperations } from '../../../gateway/requests/contract.ts';
import { readRequestsQuery } from '../../../gateway/requests/query.ts';
import { defaultsOf } from '../../../ops/config/settings.ts';
import fc from '../../support/fc.ts';
import { valid } from './arbitrary.ts';
import { fault } from './asking.ts';

const links = defaultsOf(LinksOptionsSchema) as unknown as LinksOptions;
const rules = { profiles: createProfileCatalogue(), addresses: createAddressRules({ links, lines: { allowNumbers: [], denyNumbers: [] } }) };

test('the schema of an order has the members that are read, and no others', (t) => {
  t.deepEqual(new Set(Object.keys(OrderSchema.properties)), ORDER_MEMBERS);
});

const SAMPLE = { meterType: 'ELSTERA1700', remoteAddress: '07777000000', outstationAddress: '1', serialNumber: '12345678', password: 'AAAA0000' };
const members = {
  requestReference: fc.oneof(fc.string({ maxLength: 120 }), fc.jsonValue()),
  immediate: fc.oneof(fc.boolean(), fc.jsonValue()),
  meterType: fc.oneof(fc.constantFrom('ELSTERA1700', 'EMLITECOP10', 'CEWEPRO', 'elstera1700'), fc.jsonValue()),
  remoteAddress: fc.oneof(fc.constantFrom('07777000000', '192.0.2.1:4001', 'abc', ''), fc.jsonValue()),
  comsSettings: fc.oneof(fc.constantFrom('7E1', '8N1', '9X9', ''), fc.jsonValue()),
  outstationAddress: fc.oneof(fc.constantFrom('1', '', '\u0007', 'x'.repeat(33)), fc.jsonValue()),
  serialNumber: fc.oneof(fc.constantFrom('12345678', '', 'é', 'x'.repeat(33)), fc.jsonValue()),
  password: fc.oneof(fc.constantFrom('AAAA0000', '', 'x'.repeat(129)), fc.jsonValue()),
};
/** The sample with a thing or two changed: one with many is hardly ever taken. */
const changed = fc
  .subarray(Object.keys(members), { maxLength: 2 })
  .chain((names) => fc.record(Object.fromEntries(Object.entries(members).filter(([name]) => names.includes(name)))));

test('an order that is taken has the form that is documented', (t) => {
  let taken = 0;
  fc.assert(
    fc.property(changed, (changes) => {
      const order = { ...SAMPLE, ...changes };
      if (checkOrder(order, 'time-update', rules).kind !== 'ok') return;
      taken += 1;
      t.is(fault(OrderSchema, order), undefined, JSON.stringify(order));
    }),
    { numRuns: 2_000 },
  );
  t.true(taken > 100, String(taken));
});

test('a query of requests that has the documented form is read', (t) => {
  const [operation] = requestsOperations;
  const named = (operation?.parameters ?? []).filter((parameter) => parameter.in === 'query' && !/^(page|page_size|start_date|end_date)$/.test(parameter.name));
  const values = fc.record(Object.fromEntries(named.map(({ name, schema }) => [name, valid(schema as never).map(String)])), { requiredKeys: [] });
  fc.assert(
    fc.property(values, (given) => {
      const read = readRequestsQuery(new URLSearchParams(given as Record<string, string>).toString());
      t.is(read.kind, 'ok', JSON.stringify([given, read]));
    }),
    { numRuns: 500 },
  );
});

const body = fc.record(
  {
    mpan_core: fc.oneof(fc.constantFrom(1234567890123, 123, 1.5), fc.jsonValue()),
    metering_service_mpid: fc.oneof(fc.constantFrom('MOPX', 'mopx', 'MOP1'), fc.jsonValue()),
    effective_from: fc.oneof(fc.constantFrom('2026-03-30T00:00:00+00:00', '2026-03-30'), fc.jsonValue()),
    contract_reference: fc.oneof(fc.constantFrom(null, 'MSA20260330', '', 'a b'), fc.jsonValue()),
    appointment_scenario: fc.oneof(fc.constantFrom('COS', 'ALG'), fc.jsonValue()),
  },
  { requiredKeys: [] },
);

test('a body of an appointment that has not the documented form is refused, and something is said of it', (t) => {
  fc.assert(
    fc.property(body, (given) => {
      const checked = checkBody(given, Date.UTC(2026, 2, 24), { enforceCheckDigit: false });
      if (fault(AppointBodySchema, given) !== undefined) t.is(checked.kind, 'refused', JSON.stringify(given));
      if (checked.kind === 'refused') t.true(checked.errors.length > 0, JSON.stringify(given));
    }),
    { numRuns: 2_000 },
  );
});
