import test from 'ava';
import { type Apdu, decodeApdu, decodeApdus, encodeApdu, getResponseData } from '../../../../workers/codec/apdu/index.ts';
import { fromHex, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { apduVectors } from './vectors.ts';

const octets = (hex: string): Uint8Array => fromHex(hex)!;
const code = (hex: string): string => {
  const outcome = decodeApdu(octets(hex));
  return outcome.kind === 'bad' ? `${outcome.error.code} at ${outcome.error.offset}` : outcome.kind;
};
const refused = (apdu: Apdu): string => {
  const outcome = encodeApdu(apdu);
  return outcome.kind === 'bad' ? outcome.error.rule : outcome.kind;
};
const C1 = { invokeId: 1, confirmed: true, highPriority: true } as const;

for (const { id, kind, octets: whole } of apduVectors()) {
  if (kind === 'quirk') continue;
  test(`${id} cut anywhere is never good`, (t) => {
    const step = whole.length > 300 ? 7 : 1;
    for (let length = 0; length < whole.length; length += step) t.not(decodeApdu(whole.subarray(0, length)).kind, 'good', `${length}`);
  });
}

test('no octets are incomplete', (t) => {
  t.is(decodeApdu(new Uint8Array(0)).kind, 'incomplete');
  t.is(decodeApdus(new Uint8Array(0)).kind, 'incomplete');
});

test('APDUs that are known and not built say so', (t) => {
  for (const tag of ['D9', 'DA', 'DD', 'DF', 'E0']) t.is(code(`${tag}000000`), 'unsupported at 0');
});

test('a tag of no APDU is an unknown tag', (t) => {
  t.is(code('FF00'), 'unknown_tag at 0');
  t.is(code('7E00'), 'unknown_tag at 0');
});

test('a choice that a service does not have names its octet', (t) => {
  for (const hex of ['C004C1', 'C404C1', 'C106C1', 'C506C1', 'C307C1', 'C705C1']) t.is(code(hex), 'unexpected_octet at 1');
});

test('flags are 00 or 01', (t) => {
  t.is(code('C401C102'), 'unexpected_octet at 3');
  t.is(code('0C0104'), 'incomplete');
  t.is(code('0C010400'), 'unexpected_octet at 2');
});

test('a count beyond what is there allocates nothing', (t) => {
  t.is(code('C003C184FFFFFFFF'), 'too_many at 3');
  t.is(code('C403C1820400'), 'incomplete');
});

test('a length beyond the limit is too large, not incomplete', (t) => {
  t.is(code('C402C1010000000100847FFFFFFF'), 'too_large at 0');
});

test('an association inside an association is refused', (t) => {
  t.is(code('6209BE07040562038001000'.slice(0, 22)), 'unexpected_octet at 6');
});

test('a field given twice is refused', (t) => {
  t.is(code('6206800100800101'), 'unexpected_octet at 5');
});

test('user information behind an empty one is given twice too', (t) => {
  t.is(code('6317800100BE00BE10040E0800065F1F040000381F009B0007'), 'unexpected_octet at 7');
});

test('an unknown context name is refused', (t) => {
  t.is(code('600BA109060760857405080105').split(' ')[0], 'bad_value');
});

test('an AARE without result is refused', (t) => {
  t.is(code('610BA109060760857405080101').split(' ')[0], 'bad_value');
});

test('an unknown mechanism is kept as another field', (t) => {
  const hex = '6014A1090607608574050801018B0760857405080901';
  const apdu = mustDecode(decodeApdu(octets(hex)));
  t.deepEqual(apdu.pdu === 'AARQ' && apdu.otherFields?.map(({ tag }) => tag), [0x8b]);
});

test('ciphered content is at least security control and counter', (t) => {
  t.is(code('C80430000000'), 'bad_length at 1');
});

test('values outside their fields are refused by the encoder, naming the field', (t) => {
  const attribute = { classId: 8, obis: [0, 0, 1, 0, 0, 255], id: 2 } as const;
  t.regex(refused({ pdu: 'get-request', choice: 'normal', ...C1, invokeId: 16, attribute }), /^invoke id/);
  t.regex(refused({ pdu: 'get-request', choice: 'normal', ...C1, attribute: { ...attribute, classId: 0x1_0000 } }), /^class id/);
  t.regex(refused({ pdu: 'get-request', choice: 'normal', ...C1, attribute: { ...attribute, obis: [0, 0, 1, 0, 0, 256] } }), /^obis/);
  t.regex(refused({ pdu: 'get-request', choice: 'next', ...C1, blockNumber: -1 }), /^block number/);
  t.regex(refused({ pdu: 'set-response', choice: 'normal', ...C1, accessResult: 1.5 }), /^access result/);
  t.regex(refused({ pdu: 'exception-response', stateError: 1, serviceError: 6 }), /^invocation counter/);
  t.regex(refused({ pdu: 'exception-response', stateError: 1, serviceError: 2, invocationCounterExpected: 1 }), /^invocation counter/);
  t.regex(refused({ pdu: 'data-notification', longInvokeId: new Uint8Array(3), dateTime: new Uint8Array(0), body: { type: 'null-data' } }), /^long invoke id/);
  t.regex(refused({ pdu: 'read-request', variables: [{ kind: 'name', variableName: -8 }] }), /^variable name/);
  t.regex(refused({ pdu: 'RLRQ', reason: 0, otherFields: [{ tag: 0x80, octets: new Uint8Array(1) }] }), /^other field/);
  t.regex(refused({ pdu: 'RLRQ', otherFields: [{ tag: 0x30, octets: new Uint8Array(1) }] }), /^other field/);
  t.regex(refused({ pdu: 'RLRQ', userInformation: { pdu: 'RLRQ' } }), /^user information/);
  t.regex(
    refused({ pdu: 'glo-get-request', systemTitle: new Uint8Array(8), securityControl: 0x30, invocationCounter: 1, content: new Uint8Array(0) }),
    /^system title/,
  );
});

test('the data of a normal GET response is a view of the input', (t) => {
  const whole = octets('C401C10009020102');
  const data = mustDecode(getResponseData(whole));
  t.is(toHex(data.data), '09020102');
  t.is(data.data.buffer, whole.buffer);
  t.is(getResponseData(octets('C401C10101')).kind, 'bad');
  t.is(getResponseData(octets('C402C100')).kind, 'bad');
  t.is(getResponseData(octets('C401')).kind, 'incomplete');
});
