import test from 'ava';
import { aarq, decodeApdu, decodeApdus, encodeAarq, encodeApdu, type InitiateRequest, initiateRequest } from '../../../../workers/codec/apdu/index.ts';
import { type Decoded, fromHex, type LeniencyName, must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { apduVectors, vectorOf } from './vectors.ts';

const octets = (hex: string): Uint8Array => fromHex(hex)!;
const leniencies = (outcome: Decoded<unknown>): readonly LeniencyName[] | string =>
  outcome.kind === 'good' ? outcome.leniencies : outcome.kind === 'bad' ? outcome.error.code : 'incomplete';

const LLS = aarq({
  authentication: { level: 'lls', password: octets('3132333435363738') },
  initiate: initiateRequest({ conformance: octets('00101D'), maxReceivePduSize: 8500 }),
});

test('an AARQ in the form of firmware 1.7 is read with both its leniencies named', (t) => {
  t.deepEqual(leniencies(decodeApdu(vectorOf('apdu-isk-aarq-17').octets)), ['alternative-tags', 'old-conformance-tag']);
});

test('strict refuses each leniency by its name', (t) => {
  const { octets: alternative } = vectorOf('apdu-isk-aarq-17');
  t.is(leniencies(decodeApdu(alternative, { strict: ['alternative-tags'] })), 'unexpected_octet');
  t.is(leniencies(decodeApdu(alternative, { strict: ['old-conformance-tag'] })), 'unexpected_octet');
  t.is(leniencies(decodeApdu(octets('C501C10055'), { strict: ['trailing-octets'] })), 'trailing_octets');
  t.is(leniencies(decodeApdu(vectorOf('hdlc-cap-cpp-sn-16').octets, { strict: ['ber-length'] })), 'bad_length');
});

test('strict all refuses every quirk and no other vector', (t) => {
  for (const { id, kind, octets, decoded } of apduVectors()) {
    const good = decodeApdu(octets, { strict: 'all' }).kind === 'good';
    t.is(good, kind !== 'quirk' || 'securityControl' in decoded, id);
  }
});

test('what follows a complete APDU is left alone and counted out', (t) => {
  const outcome = decodeApdu(octets('C501C10055AA'));
  t.deepEqual(leniencies(outcome), ['trailing-octets']);
  t.is(outcome.kind === 'good' && outcome.consumed, 4);
});

test('the release of a server that counts wrongly is read to the end of the octets', (t) => {
  const { octets: release } = vectorOf('hdlc-cap-cpp-sn-16');
  const outcome = decodeApdu(release);
  t.deepEqual(leniencies(outcome), ['ber-length']);
  t.is(outcome.consumed, release.length);
});

const INITIATE = '01000000065F1F040000101D2134';
const HEAD = 'A109060760857405080101';
for (const [title, hex] of [
  ['all one short, as if the conformance were tagged 5F 04', `601C${HEAD}BE0F040D${INITIATE}`],
  ['outer one short', `601C${HEAD}BE10040E${INITIATE}`],
  ['outer far too short', `6002${HEAD}BE10040E${INITIATE}`],
  ['outer leaves the user information out', `600B${HEAD}BE10040E${INITIATE}`],
  ['user information one short', `601D${HEAD}BE0F040E${INITIATE}`],
  ['octet string one short', `601D${HEAD}BE10040D${INITIATE}`],
  ['octet string one long', `601D${HEAD}BE10040F${INITIATE}`],
  ['all one long', `601E${HEAD}BE11040F${INITIATE}`],
] as const) {
  test(`lengths that do not fit are let pass: ${title}`, (t) => {
    const outcome = decodeApdu(octets(hex));
    t.deepEqual(leniencies(outcome), ['ber-length']);
    const apdu = mustDecode(outcome);
    t.is(apdu.pdu === 'AARQ' && (apdu.userInformation as InitiateRequest).maxReceivePduSize, 8500);
    t.false(leniencies(decodeApdu(octets(hex), { strict: ['ber-length'] })).includes('ber-length'));
  });
}

test('an association with lengths that do not fit is still incomplete when octets are missing', (t) => {
  for (const hex of [`601C${HEAD}BE0F040D${INITIATE}`, `601E${HEAD}BE11040F${INITIATE}`, `601D${HEAD}BE10040E${INITIATE}`]) {
    const whole = octets(hex);
    for (let length = 0; length < whole.length; length++) t.not(decodeApdu(whole.subarray(0, length)).kind, 'good', `${hex} ${length}`);
  }
});

test('octets behind the APDU in the user information are trailing', (t) => {
  const hex = `601F${HEAD}BE120410${INITIATE}0000`;
  t.deepEqual(leniencies(decodeApdu(octets(hex))), ['trailing-octets']);
  t.is(leniencies(decodeApdu(octets(hex), { strict: ['trailing-octets'] })), 'trailing_octets');
});

test('an empty user information is kept as it stands', (t) => {
  const hex = '611BA109060760857405080101A203020101A305A103020102BE020400';
  const apdu = mustDecode(decodeApdu(octets(hex)));
  t.is(toHex(must(encodeApdu(apdu))), hex);
});

test('a refused association carries the error of its initiate', (t) => {
  const hex = '611FA109060760857405080101A203020101A305A103020101BE0604040E010602';
  const apdu = mustDecode(decodeApdu(octets(hex)));
  t.deepEqual(apdu.pdu === 'AARE' && apdu.userInformation, { pdu: 'confirmed-service-error', service: 1, errorChoice: 6, errorValue: 2 });
  t.is(toHex(must(encodeApdu(apdu))), hex);
});

test('the three forms of an AARQ are the published octets', (t) => {
  t.is(toHex(must(encodeAarq(LLS))), toHex(vectorOf('apdu-isk-aarq-any').octets));
  t.is(toHex(must(encodeAarq(LLS, 'alternative-tags'))), toHex(vectorOf('apdu-isk-aarq-17').octets));
  const old = decodeApdu(must(encodeAarq(LLS, 'old-conformance-tag')));
  t.deepEqual(leniencies(old), ['old-conformance-tag']);
});

test('among several APDUs only the last may have wrong lengths', (t) => {
  const release = '6311800100BE0F040E0800065F1F04001C03200400FA00';
  t.is(mustDecode(decodeApdus(octets(`C501C100${release}`))).length, 2);
  t.is(mustDecode(decodeApdus(octets('62038001006303800100'))).length, 2);
});
