import test from 'ava';
import { difference } from '../../../ops/vectors/compare.ts';
import { cosemData } from '../../../ops/vectors/dlms/cosem-data.ts';
import { dlmsApdu } from '../../../ops/vectors/dlms/dlms-apdu.ts';
import { dlmsHdlc } from '../../../ops/vectors/dlms/dlms-hdlc.ts';
import { dlmsSecurity } from '../../../ops/vectors/dlms/dlms-security.ts';
import { dlmsWrapper } from '../../../ops/vectors/dlms/dlms-wrapper.ts';
import { type FormMapping, type JsonObject, MalformedVector, type Protocol, type VectorContext } from '../../../ops/vectors/mapping.ts';
import { fromHex, must, toHex } from '../../../workers/codec/common/index.ts';

const formOf = (protocol: Protocol, name: string): FormMapping => protocol.forms[name]!;
const hex = (text: string): Uint8Array => fromHex(text)!;
const encode = (form: FormMapping, decoded: JsonObject, context: VectorContext = {}): string => toHex(must(form.encode!(decoded, context)));

function decode(form: FormMapping, octets: string, context: VectorContext = {}): JsonObject {
  const result = form.decode(hex(octets), context);
  if (result.kind !== 'good') throw new Error(JSON.stringify(result));
  return result.value;
}

const apdu = formOf(dlmsApdu, 'apdu');
const invocation = { invokeId: 1, confirmed: true, highPriority: true };
const attribute = { classId: 8, obis: '0.0.1.0.0.255', id: 2 };
const unsigned = { type: 'unsigned', value: 5 };
const initiate = {
  pdu: 'initiate-request',
  responseAllowed: true,
  dlmsVersion: 6,
  oldConformanceTag: false,
  conformanceHex: '00101D',
  maxReceivePduSize: 8500,
};
const accepted = {
  pdu: 'initiate-response',
  dlmsVersion: 6,
  oldConformanceTag: false,
  conformanceHex: '00101D',
  maxReceivePduSize: 500,
  vaaName: 'FA00',
};

const APDUS: readonly (readonly [title: string, octets: string, decoded: JsonObject])[] = [
  ['get-request normal', 'C001C100080000010000FF0200', { pdu: 'get-request', choice: 'normal', ...invocation, attribute }],
  [
    'get-request with selective access',
    'C001C100080000010000FF0201011105',
    { pdu: 'get-request', choice: 'normal', ...invocation, attribute, accessSelector: 1, accessParameters: unsigned },
  ],
  ['get-request next', 'C002C100000007', { pdu: 'get-request', choice: 'next', ...invocation, blockNumber: 7 }],
  [
    'get-request with-list',
    'C003C10200080000010000FF020000080000010000FF0300',
    { pdu: 'get-request', choice: 'with-list', ...invocation, attributes: [attribute, { ...attribute, id: 3 }] },
  ],
  ['get-response with data', 'C401C1001105', { pdu: 'get-response', choice: 'normal', ...invocation, data: unsigned }],
  ['get-response with a result', 'C401C10104', { pdu: 'get-response', choice: 'normal', ...invocation, accessResult: 'object-undefined' }],
  [
    'get-response with a block',
    'C402C101000000020003ABCDEF',
    { pdu: 'get-response', choice: 'with-datablock', ...invocation, lastBlock: true, blockNumber: 2, rawData: 'ABCDEF' },
  ],
  [
    'get-response with a refused block',
    'C402C101000000020113',
    { pdu: 'get-response', choice: 'with-datablock', ...invocation, lastBlock: true, blockNumber: 2, accessResult: 'data-block-number-invalid' },
  ],
  [
    'get-response with-list',
    'C403C10200110501FA',
    { pdu: 'get-response', choice: 'with-list', ...invocation, results: [{ data: unsigned }, { accessResult: 'other-reason' }] },
  ],
  ['set-request', 'C101C100080000010000FF02001105', { pdu: 'set-request', choice: 'normal', ...invocation, attribute, data: unsigned }],
  ['set-response', 'C501C10D', { pdu: 'set-response', choice: 'normal', ...invocation, accessResult: 'scope-of-access-violated' }],
  ['action-request', 'C301C100080000010000FF0200', { pdu: 'action-request', choice: 'normal', ...invocation, method: attribute }],
  [
    'action-request with parameters',
    'C301C100080000010000FF02011105',
    { pdu: 'action-request', choice: 'normal', ...invocation, method: attribute, parameters: unsigned },
  ],
  ['action-response', 'C701C10000', { pdu: 'action-response', choice: 'normal', ...invocation, actionResult: 'success' }],
  ['action-response with data', 'C701C10001001105', { pdu: 'action-response', choice: 'normal', ...invocation, actionResult: 'success', returnData: unsigned }],
  [
    'action-response with a result of the data',
    'C701C100010103',
    { pdu: 'action-response', choice: 'normal', ...invocation, actionResult: 'success', returnAccessResult: 'read-write-denied' },
  ],
  ['data-notification without time', '0F40000001001105', { pdu: 'data-notification', longInvokeId: '40000001', dateTimeHex: '', body: unsigned }],
  ['read-request', '050102FA08', { pdu: 'read-request', variables: [{ variableName: 'FA08' }] }],
  ['read-response', '0C020011050103', { pdu: 'read-response', results: [{ data: unsigned }, { accessResult: 'read-write-denied' }] }],
  ['write-request', '06010201600111 05', { pdu: 'write-request', variables: [{ variableName: '0160' }], values: [unsigned] }],
  ['write-response', '0D02000104', { pdu: 'write-response', results: [{ accessResult: 'success' }, { accessResult: 'object-undefined' }] }],
  ['confirmed-service-error', '0E010602', { pdu: 'confirmed-service-error', service: 1, errorChoice: 6, errorValue: 2 }],
  ['exception-response', 'D80101', { pdu: 'exception-response', stateError: 1, serviceError: 1 }],
  ['exception-response with a counter', 'D8010600001389', { pdu: 'exception-response', stateError: 1, serviceError: 6, invocationCounterExpected: 5001 }],
  ['RLRE', '6303800100', { pdu: 'RLRE', reason: 0 }],
  [
    'initiate-request with key and quality of service',
    '010102123401000103065F1F0400001E1D0400',
    { ...initiate, dedicatedKey: '1234', responseAllowed: false, proposedQos: 3, conformanceHex: '001E1D', maxReceivePduSize: 1024 },
  ],
  [
    'initiate-response with quality of service',
    '080103065F04001C032004 00FA00',
    { ...accepted, negotiatedQos: 3, oldConformanceTag: true, conformanceHex: '1C0320', maxReceivePduSize: 1024 },
  ],
  [
    'AARQ with every field',
    '604680020780A109060760857405080103A60A04084D4D4D0000BC614EA80302010A8A0207808B0760857405080205AC058003414243BE10040E01000000065F1F040000101D2134',
    {
      pdu: 'AARQ',
      protocolVersion: '0780',
      contextName: 'LN-ciphered',
      callingApTitle: '4D4D4D0000BC614E',
      otherFields: [{ tag: 'A8', hex: '02010A' }],
      acseRequirements: 'authentication',
      mechanism: 5,
      authenticationValue: '414243',
      userInformation: initiate,
    },
  ],
];

for (const [title, octets, decoded] of APDUS) {
  test(`${title}: members to octets and back`, (t) => {
    const wire = toHex(hex(octets));
    t.is(difference(decoded, decode(apdu, wire), ''), undefined);
    t.is(encode(apdu, decoded), wire);
  });
}

test('several APDUs: the objects of the joined blocks are told', (t) => {
  const list = '0101 0203 120008 1100 09060000010000FF';
  const first = hex(list).subarray(0, 5);
  const second = hex(list).subarray(5);
  const octets = `C402C1000000000100 05${toHex(first)} C402C1010000000200 0C${toHex(second)}`;
  const value = decode(formOf(dlmsApdu, 'apdus'), octets);
  t.deepEqual(value.objects, [{ classId: 8, version: 0, obis: '0.0.1.0.0.255' }]);
  t.is(encode(formOf(dlmsApdu, 'apdus'), value), toHex(hex(octets)));
});

const keys = {
  encryptionKey: '000102030405060708090A0B0C0D0E0F',
  authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF',
  clientSystemTitle: '4D4D4D0000BC614E',
  serverSystemTitle: '4D4D4D0000000001',
};
const get: JsonObject = { pdu: 'get-request', choice: 'normal', ...invocation, attribute };

test('a ciphered APDU without a title is sealed and opened with that of its sender', (t) => {
  const sealed: JsonObject = { pdu: 'glo-get-request', securityControl: '30', invocationCounter: 7, plain: get };
  const octets = encode(apdu, sealed, { direction: 'client->meter', keys });
  t.is(difference(sealed, decode(apdu, octets, { direction: 'client->meter', keys }), ''), undefined);
  const asMeter = apdu.decode(hex(octets), { direction: 'meter->client', keys });
  t.is(asMeter.kind === 'bad' && asMeter.error.code, 'bad_tag');
});

test('general ciphering carries the title that is in the vector, whoever is said to send', (t) => {
  const sealed: JsonObject = { pdu: 'general-glo-ciphering', systemTitle: keys.serverSystemTitle, securityControl: '30', invocationCounter: 7, plain: get };
  const octets = encode(apdu, sealed, { keys });
  t.is(difference(sealed, decode(apdu, octets, { direction: 'client->meter', keys }), ''), undefined);
});

test('a ciphered APDU without keys is shown closed', (t) => {
  const value = decode(apdu, 'C81E3001234567411312FF935A47566827C467BC7D825C3BE4A77C3FCC056B6B');
  t.is(value.invocationCounter, 19088743);
  t.is(value.plain, undefined);
});

test('the title in an AARQ opens its user information', (t) => {
  const aarq: JsonObject = {
    pdu: 'AARQ',
    contextName: 'LN-ciphered',
    callingApTitle: keys.clientSystemTitle,
    userInformation: { pdu: 'glo-initiate-request', securityControl: '30', invocationCounter: 1, plain: initiate },
  };
  const octets = encode(apdu, aarq, { direction: 'client->meter', keys });
  const { encryptionKey, authenticationKey } = keys;
  t.is(difference(aarq, decode(apdu, octets, { keys: { encryptionKey, authenticationKey } }), ''), undefined);
});

test('a login answer that is not f of the challenge is refused', (t) => {
  const challengeStoC = '503677524A323146';
  const given = { challenge: challengeStoC, systemTitle: keys.clientSystemTitle };
  const answer = encode(formOf(dlmsSecurity, 'challenge'), { securityControl: '10', invocationCounter: 9, tag: '' }, { keys, given });
  const reply = (value: string) =>
    encode(apdu, {
      pdu: 'action-request',
      choice: 'normal',
      ...invocation,
      method: { classId: 15, obis: '0.0.40.0.0.255', id: 1 },
      parameters: { type: 'octet-string', hex: value },
    });
  const form = formOf(dlmsSecurity, 'apdu');
  const context: VectorContext = { direction: 'client->meter', keys, hls: { challengeStoC } };
  t.is(form.decode(hex(reply(answer)), context).kind, 'good');
  t.is(form.decode(hex(reply(`${answer.slice(0, -2)}00`)), context).kind, 'bad');
});

test('challenge: f is compared by its parts and made again from them', (t) => {
  const form = formOf(dlmsSecurity, 'challenge');
  const context: VectorContext = { keys, given: { challenge: '503677524A323146', systemTitle: keys.clientSystemTitle } };
  const octets = encode(form, { securityControl: '10', invocationCounter: 1 }, context);
  const value = decode(form, octets, context);
  t.is(value.securityControl, '10');
  t.is(value.invocationCounter, 1);
  t.is(octets, `1000000001${String(value.tag)}`);
  t.is(form.decode(hex(octets), { ...context, given: { ...context.given, challenge: '00' } }).kind, 'bad');
});

test('wrap: the key of RFC 3394, 4.1', (t) => {
  const form = formOf(dlmsSecurity, 'wrap');
  const context: VectorContext = { given: { kek: '000102030405060708090A0B0C0D0E0F' } };
  const wrapped = '1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5';
  t.is(encode(form, { key: '00112233445566778899AABBCCDDEEFF' }, context), wrapped);
  t.is(decode(form, wrapped, context).key, '00112233445566778899AABBCCDDEEFF');
});

test('a wrapper frame with octets behind its length is not used up', (t) => {
  const result = formOf(dlmsWrapper, 'frame').decode(hex('00010001001000056203800100FF'), {});
  t.is(result.kind === 'good' && result.consumed, 13);
});

test('a wrapper frame tells where in it the APDU is wrong', (t) => {
  const result = formOf(dlmsWrapper, 'frame').decode(hex('0001000100100002C509'), {});
  t.deepEqual(result.kind === 'bad' && [result.error.code, result.error.offset], ['unexpected_octet', 9]);
});

test('an HDLC frame whose content is no APDU is good, and says so', (t) => {
  const frame = formOf(dlmsHdlc, 'frame');
  const head = { segmented: false, destination: { bytes: '03', address: 1 }, source: { bytes: '21', address: 16 }, pf: true };
  const octets = encode(frame, { ...head, frame: 'UI', information: 'E6E6001D64' });
  const value = decode(frame, octets);
  t.is(value.llc, 'E6E600');
  t.is(value.apdu, undefined);
  t.like(value.apduError, { code: 'unknown_tag', offset: 11 });
});

test('addresses of one, two and four octets', (t) => {
  const frame = formOf(dlmsHdlc, 'frame');
  for (const address of [
    { bytes: 'C9', address: 100 },
    { bytes: '0223', upper: 1, lower: 17 },
    { bytes: '002254D3', upper: 17, lower: 5481 },
  ]) {
    const members = { segmented: false, destination: address, source: { bytes: '61', address: 48 }, frame: 'RR', nr: 5, pf: true };
    t.is(difference(members, decode(frame, encode(frame, members)), ''), undefined);
  }
});

test('segments given together are joined, and their APDU decoded', (t) => {
  const frame = formOf(dlmsHdlc, 'frame');
  const head = { destination: { bytes: '21', address: 16 }, source: { bytes: '03', address: 1 }, frame: 'I', ns: 0, nr: 1, pf: true };
  const frames = [
    { ...head, segmented: true, information: 'E6E700C401' },
    { ...head, segmented: false, ns: 1, information: 'C1001105' },
  ].map((members) => decode(frame, encode(frame, members)));
  const [first, last] = dlmsHdlc.join!(frames, {});
  t.is(first!.message, undefined);
  t.like(last!.message, { frames: [0, 1], llc: 'E6E700', apdu: { pdu: 'get-response', data: unsigned } });
});

test('data blocks given together are joined, and their data decoded', (t) => {
  const octets = ['C402C1000000000100020201', 'C402C101000000020004 1105 1106'];
  const frames = octets.map((payload) => ({ apdu: decode(apdu, payload) }));
  const [first, last] = dlmsWrapper.join!(frames, {});
  t.is(first!.blocks, undefined);
  t.is(last!.blocks, undefined, 'an array of one is followed by more than it holds');
  const whole = ['C402C1000000000100020202', 'C402C101000000020004 1105 1106'].map((payload) => ({ apdu: decode(apdu, payload) }));
  t.deepEqual(dlmsWrapper.join!(whole, {})[1]!.blocks, { count: 2, data: { type: 'structure', items: [unsigned, { type: 'unsigned', value: 6 }] } });
});

const VALUES: readonly (readonly [octets: string, value: JsonObject])[] = [
  ['00', { type: 'null-data' }],
  ['0301', { type: 'boolean', value: true }],
  ['05FFFFFFFE', { type: 'double-long', value: -2 }],
  ['06FFFFFFFE', { type: 'double-long-unsigned', value: 4294967294 }],
  ['0F80', { type: 'integer', value: -128 }],
  ['108000', { type: 'long', value: -32768 }],
  ['1105', unsigned],
  ['12FFFF', { type: 'long-unsigned', value: 65535 }],
  ['14FFFFFFFFFFFFFFFF', { type: 'long64', value: -1 }],
  ['15FFFFFFFFFFFFFFFF', { type: 'long64-unsigned', value: '18446744073709551615' }],
  ['1603', { type: 'enum', value: 3 }],
  ['0A024142', { type: 'visible-string', hex: '4142', text: 'AB' }],
  ['0C02C3A9', { type: 'utf8-string', hex: 'C3A9', text: 'é' }],
  ['0405A8', { type: 'bit-string', bits: 5, hex: 'A8' }],
  ['173FC00000', { type: 'float32', value: 1.5 }],
  [
    '01020F010F02',
    {
      type: 'array',
      items: [
        { type: 'integer', value: 1 },
        { type: 'integer', value: 2 },
      ],
    },
  ],
];

for (const [octets, value] of VALUES) {
  test(`${String(value.type)} ${octets}: value to octets and back`, (t) => {
    t.is(difference(value, decode(formOf(cosemData, 'value'), octets), ''), undefined);
    t.is(encode(formOf(cosemData, 'value'), value), octets);
  });
}

test('only an octet-string of twelve octets is shown as a date-time besides', (t) => {
  const value = formOf(cosemData, 'value');
  t.like(decode(value, '090C07E40101FF00030000FF8800').asDateTime, { year: 2020, dayOfWeek: null, deviationMinutes: -120, statusFlags: [] });
  t.is(decode(value, '090B07E40101FF00030000FF88').asDateTime, undefined);
});

test('date and time have the fields that exist', (t) => {
  const form = formOf(cosemData, 'date-time');
  t.deepEqual(decode(form, '07E3FE FF07'), { type: 'date', dateTime: { year: 2019, month: 254, day: null, dayOfWeek: 7 } });
  t.deepEqual(decode(form, '0A0B0CFF'), { type: 'time', dateTime: { hour: 10, minute: 11, second: 12, hundredths: null } });
  t.is(encode(form, { type: 'date', dateTime: { year: null, month: 1, day: 2, dayOfWeek: null } }), 'FFFF0102FF');
  t.is(encode(form, { type: 'time', dateTime: { hour: 1, minute: 2, second: null, hundredths: 0 } }), '0102FF00');
});

test('a member that is missing or of another type is named with its path', (t) => {
  t.throws(() => encode(apdu, { pdu: 'get-request', choice: 'normal', ...invocation, attribute: { ...attribute, obis: '1.2' } }), {
    instanceOf: MalformedVector,
    message: 'attribute.obis: must be a.b.c.d.e.f, each 0 to 255',
  });
  t.throws(() => encode(apdu, { pdu: 'AARQ', contextName: 'XX' }), { instanceOf: MalformedVector, message: /^contextName: must be one of/ });
  t.throws(() => encode(apdu, { pdu: 'nonsense' }), { instanceOf: MalformedVector, message: /^pdu: must be the name of an APDU/ });
});

const KEYS = { encryptionKey: '000102030405060708090A0B0C0D0E0F', authenticationKey: 'D0D1D2D3D4D5D6D7D8D9DADBDCDDDEDF' };
const sealed = { pdu: 'glo-initiate-request', securityControl: '30', invocationCounter: 7, plain: initiate };

test('what an AARQ carries is sealed with the title that it names', (t) => {
  const members = { pdu: 'AARQ', contextName: 'LN-ciphered', callingApTitle: '5544332211009988', userInformation: sealed };
  const octets = encode(apdu, members, { keys: KEYS });
  t.is(difference(members, decode(apdu, octets, { keys: KEYS }), ''), undefined);
  t.is(apdu.decode(hex(octets.replace('5544332211009988', '5544332211009989')), { keys: KEYS }).kind, 'bad');
});

test('the title of one APDU seals nothing of the next', (t) => {
  const form = formOf(dlmsApdu, 'apdus');
  const context: VectorContext = { direction: 'client->meter', keys: { ...KEYS, clientSystemTitle: '4D4D4D0000BC614E' } };
  const request = {
    pdu: 'glo-get-request',
    securityControl: '30',
    invocationCounter: 8,
    plain: { pdu: 'get-request', choice: 'normal', ...invocation, attribute },
  };
  const aarq = { pdu: 'AARQ', contextName: 'LN-ciphered', callingApTitle: '5544332211009988', userInformation: sealed };
  t.true(encode(form, { apdus: [aarq, request] }, context).endsWith(encode(apdu, request, context)));
});

test('a broadcast key is the one key to encrypt with', (t) => {
  const context: VectorContext = { direction: 'client->meter', keys: { ...KEYS, clientSystemTitle: '4D4D4D0000BC614E' } };
  const members = { ...sealed, securityControl: '70' };
  t.is(difference(members, decode(apdu, encode(apdu, members, context), context), ''), undefined);
});
