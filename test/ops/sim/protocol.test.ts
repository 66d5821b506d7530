import { createHash } from 'node:crypto';
import test from 'ava';
import { isLondonMidnight, londonDateTime, londonMidnight } from '../../../ops/sim/market/london.ts';
import { checkAppointment } from '../../../ops/sim/market/schema.ts';
import { AGENTS, agentsJsonl, checkDigit, hasCheckDigit, mpansJsonl, seededIndex, seededMpan } from '../../../ops/sim/market/seed.ts';
import { canonicalString, contentHash } from '../../../ops/sim/market/signature.ts';
import { arrayItems } from '../../../ops/sim/market/slices.ts';
import fc from '../../support/fc.ts';
import { appointment } from './rig.ts';

test('an empty body hashes as {}', (t) => {
  t.is(contentHash(''), 'RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=');
  t.is(contentHash('{}'), contentHash(''));
});

test('the published content hash and canonical string hold', (t) => {
  const hash = contentHash('[{"payload":{}}]');
  t.is(hash, '8mG68dTiAIqxh5Wl3JLSjCOS5J6fJMROMLTWj+Ltrko=');
  const canonical = canonicalString('post', 'https://DIP.example.test/dip-channel/IF-031', '2026-03-24T10:35:00.123Z', hash);
  t.is(createHash('sha256').update(canonical).digest('hex'), '8bc5bd8086803c6e096de41c548d34cdd6794644e9fe52c395e80716ff7779c1');
});

test('London midnight follows the clock changes of 2026', (t) => {
  t.is(londonMidnight('2026-03-29'), '2026-03-29T00:00:00+00:00');
  t.is(londonMidnight('2026-03-30'), '2026-03-30T00:00:00+01:00');
  t.is(londonMidnight('2026-10-25'), '2026-10-25T00:00:00+01:00');
  t.is(londonMidnight('2026-10-26'), '2026-10-26T00:00:00+00:00');
  t.true(isLondonMidnight('2026-03-30T00:00:00+01:00'));
  t.false(isLondonMidnight('2026-03-30T00:00:00+00:00'));
});

test('local date-times have 25 characters and name the same second', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: Date.parse('2020-01-01'), max: Date.parse('2040-01-01') }), (at) => {
      const text = londonDateTime(at);
      return text.length === 25 && Date.parse(text) === Math.floor(at / 1000) * 1000;
    }),
  );
  t.pass();
});

test('the item bytes of an array are those between its commas', (t) => {
  const items = ['{"a":"]},[\\"\\\\"}', '[1,[2]]', '"x,y"', '12.5', 'null', '{}', '{"b":{"c":[{}]}}'];
  const text = Buffer.from(` [ ${items.join(' ,\n ')} ] `);
  t.deepEqual(
    arrayItems(text).map(([start, end]) => text.subarray(start, end).toString()),
    items,
  );
});

test('the item bytes of any JSON array parse to its elements', (t) => {
  fc.assert(
    fc.property(fc.array(fc.json(), { minLength: 1, maxLength: 8 }), (items) => {
      const text = Buffer.from(`[${items.join(',')}]`);
      const found = arrayItems(text).map(([start, end]) => text.subarray(start, end).toString().trim());
      return found.length === items.length && found.every((item, index) => JSON.stringify(JSON.parse(item)) === JSON.stringify(JSON.parse(items[index]!)));
    }),
  );
  t.pass();
});

test('finding item bytes ends on any bytes', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      arrayItems(bytes);
      return true;
    }),
  );
  t.notThrows(() => arrayItems(Buffer.from('["open')));
});

test('check digits follow the published table', (t) => {
  for (const mpan of ['2000056535971', '1900012374324', '1200023305967', '1300001498130', '2000056500000']) t.true(hasCheckDigit(mpan), mpan);
  for (const mpan of ['1234567890123', '2000056535972']) t.false(hasCheckDigit(mpan), mpan);
  t.is(checkDigit('123456789012'), '6');
});

test('seeded meter points are the same every time, valid, and found again', (t) => {
  t.is(seededMpan(0), '2000056535971');
  for (let index = 0; index < 500; index += 1) {
    t.true(hasCheckDigit(seededMpan(index)));
    t.is(seededIndex(seededMpan(index), 500), index);
  }
  t.is(seededIndex(seededMpan(500), 500), -1);
});

test('import lines hold every seeded meter point, the documented one, and legacy operators', (t) => {
  const lines = [...mpansJsonl(20)].map((line) => JSON.parse(line));
  t.is(lines.length, 21);
  t.is(lines[0].mpan_core, 1_234_567_890_123);
  t.is(lines[1].mpan_core, 2_000_056_535_971);
  const legacy = lines.filter((line) => line.legacy_mop_mpid === 'LMOP');
  t.is(legacy.length, 2);
  t.true(legacy.every((line) => line.registration_efd === '2024-04-01' && line.metering_service_mpid === null));
  t.is([...agentsJsonl()].length, AGENTS.length);
});

test('the documented IF-031 is accepted by the schema check', (t) => {
  t.true(checkAppointment(appointment()).ok);
});

type Spoil = (item: ReturnType<typeof appointment>) => void;
const SPOILS: [string, Spoil][] = [
  ['payload.A0', (item) => Object.assign(item.payload, { A0: {} })],
  ['CommonBlock.D0', (item) => Object.assign(item.payload.CommonBlock, { D0: {} })],
  ['S0.schemaVersion', (item) => Object.assign(item.payload.CommonBlock.S0!, { schemaVersion: '010' })],
  ['S0.eventCode', (item) => Object.assign(item.payload.CommonBlock.S0!, { eventCode: 'MSApp' })],
  ['S0.interfaceID', (item) => Object.assign(item.payload.CommonBlock.S0!, { interfaceID: 'IF-032' })],
  ['S1.senderTimestamp', (item) => Object.assign(item.payload.CommonBlock.S1!, { senderTimestamp: '2026-03-24T10:35:00Z' })],
  ['S1.senderUniqueReference', (item) => Object.assign(item.payload.CommonBlock.S1!, { senderUniqueReference: 'S-1' })],
  ['S1.senderCorrelationID', (item) => delete item.payload.CommonBlock.S1!.senderCorrelationID],
  ['M0.MPANCore', (item) => Object.assign(item.payload.CommonBlock.M0!, { MPANCore: 2_000_056_535_971 })],
  ['M0.GSPGroupID', (item) => Object.assign(item.payload.CommonBlock.M0!, { GSPGroupID: '_I' })],
  ['B070.appointmentScenario', (item) => Object.assign(item.payload.CustomBlock.B070!, { appointmentScenario: 'ALG' })],
  ['B070.contractReferenceMeteringService', (item) => Object.assign(item.payload.CustomBlock.B070!, { contractReferenceMeteringService: '' })],
  ['B070.proposedMeteringServiceMPID', (item) => Object.assign(item.payload.CustomBlock.B070!, { proposedMeteringServiceMPID: 'MOP1' })],
  ['B070.extra', (item) => Object.assign(item.payload.CustomBlock.B070!, { extra: 1 })],
];
for (const [field, spoil] of SPOILS) {
  test(`an IF-031 with a bad ${field} is refused, and the field is named`, (t) => {
    const item = appointment();
    spoil(item);
    const checked = checkAppointment(item);
    t.false(checked.ok);
    t.is(checked.ok ? '' : checked.field, field);
  });
}

test('the schema check never throws', (t) => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      checkAppointment(value);
      checkAppointment({ payload: { CommonBlock: value, CustomBlock: value } });
      return true;
    }),
  );
  t.pass();
});
