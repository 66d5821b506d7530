import test from 'ava';
import { decodeFault, difference, encodeFault } from '../../../ops/vectors/compare.ts';
import type { Vector } from '../../../ops/vectors/file.ts';
import type { FormMapping, JsonObject, Presented } from '../../../ops/vectors/mapping.ts';
import { codecError } from '../../../workers/codec/common/index.ts';

const vector = (members: Partial<Vector>): Vector => ({
  id: 'v',
  protocol: 'p',
  form: 'f',
  kind: 'real',
  octets: Uint8Array.of(1, 2),
  encode: false,
  decoded: {},
  context: {},
  ...members,
});
const gives = (result: Presented): FormMapping => ({ decode: () => result });
const good = (value: JsonObject, leniencies: readonly string[] = []): FormMapping => gives({ kind: 'good', value, leniencies });
const refused = gives({ kind: 'bad', error: codecError('bad_crc', 1, 'crc: matches', 'FFFF') });
const incomplete = gives({ kind: 'incomplete' });

test('a result may have more members than the vector, at any depth', (t) => {
  t.is(decodeFault(vector({ decoded: { a: { b: 1 } } }), good({ a: { b: 1, c: 2 }, d: 3 })), undefined);
});

test('a member that differs is told with its path and both values', (t) => {
  t.is(decodeFault(vector({ decoded: { a: { b: [1, { c: 'x' }] } } }), good({ a: { b: [1, { c: 'y' }] } })), 'a.b[1].c: expected "x", got "y"');
});

test('a member that is missing is told as nothing', (t) => {
  t.is(decodeFault(vector({ decoded: { a: 0 } }), good({})), 'a: expected 0, got nothing');
});

test('values agree only within their type', (t) => {
  t.is(difference(1, '1', 'a'), 'a: expected 1, got "1"');
  t.is(difference(false, 0, 'a'), 'a: expected false, got 0');
  t.is(difference({}, [], 'a'), 'a: expected {}, got []');
});

test('lists agree in length and in order', (t) => {
  t.is(difference([1, 2], [1, 2, 3], 'a'), 'a: expected 2 elements, got 3');
  t.is(difference([1, 2], [2, 1], 'a'), 'a[0]: expected 1, got 2');
  t.is(difference([], [], 'a'), undefined);
});

test('null agrees with null and with an absent member, and with nothing else', (t) => {
  t.is(difference({ a: null }, { a: null }, ''), undefined);
  t.is(difference({ a: null }, {}, ''), undefined);
  t.is(difference({ a: null }, { a: 0 }, ''), 'a: expected null, got 0');
});

test('given, defect, leniency and conformance are never compared', (t) => {
  t.is(decodeFault(vector({ decoded: { given: { x: 1 }, defect: 'crc', inner: { conformance: ['get'] } } }), good({ inner: {} })), undefined);
});

test('the data of a readout is not compared, that of a telegram is', (t) => {
  const readout = vector({ protocol: 'iec62056-21', form: 'readout', decoded: { data: 'x' } });
  t.is(decodeFault(readout, good({ data: 'y' })), undefined);
  t.is(decodeFault({ ...readout, form: 'telegram' }, good({ data: 'y' })), 'data: expected "x", got "y"');
});

test('a negative vector must be refused or incomplete', (t) => {
  const negative = vector({ kind: 'negative', decoded: { defect: 'crc' } });
  t.is(decodeFault(negative, refused), undefined);
  t.is(decodeFault(negative, incomplete), undefined);
  t.is(decodeFault(negative, good({})), 'must be refused, and gave a result');
});

test('a result of the first octets alone is no result of a negative vector', (t) => {
  t.is(decodeFault(vector({ kind: 'negative' }), gives({ kind: 'good', value: {}, leniencies: [], consumed: 1 })), undefined);
});

test('any other kind must not be refused', (t) => {
  t.is(decodeFault(vector({}), refused), 'must not be refused, and is refused: bad_crc at octet 1: crc: matches (got FFFF)');
  t.is(decodeFault(vector({}), incomplete), 'must not be refused, and is incomplete');
});

test('a partial vector must be incomplete, neither a result nor a refusal', (t) => {
  const partial = vector({ form: 'partial' });
  t.is(decodeFault(partial, incomplete), undefined);
  t.is(decodeFault(partial, good({})), 'must be incomplete, and is a result');
  t.regex(decodeFault(partial, refused) ?? '', /must be incomplete, and is refused/);
});

test('a quirk must report its leniency by name, but for ports that only a session sees', (t) => {
  const quirk = vector({ kind: 'quirk', decoded: { leniency: 'ber-length' } });
  t.is(decodeFault(quirk, good({}, ['ber-length'])), undefined);
  t.is(decodeFault(quirk, good({})), 'must report the leniency ber-length, and reports none');
  t.is(decodeFault({ ...quirk, decoded: { leniency: 'unswapped-ports' } }, good({})), undefined);
});

test('encoding is asked for only where the vector says so, and must give its octets', (t) => {
  const encoding = (octets: Uint8Array): FormMapping => ({ ...good({}), encode: () => ({ kind: 'good', octets }) });
  t.is(encodeFault(vector({}), refused), undefined);
  t.is(encodeFault(vector({ encode: true }), encoding(Uint8Array.of(1, 2))), undefined);
  t.is(encodeFault(vector({ encode: true }), encoding(Uint8Array.of(1, 3))), 'encode: octet 1 differs: expected 0102, got 0103');
  t.is(encodeFault(vector({ encode: true }), encoding(Uint8Array.of(1, 2, 3))), 'encode: octet 2 differs: expected 0102, got 010203');
  t.is(encodeFault(vector({ encode: true }), refused), 'encode: the form f of p has no encoder');
});

test('a good frame around an APDU that was refused is a refusal', (t) => {
  const around = good({ frame: 'I', apduError: { code: 'bad_tag' } });
  t.is(decodeFault(vector({ kind: 'negative', decoded: { defect: 'tag' } }), around), undefined);
  t.is(decodeFault(vector({ decoded: { frame: 'I' } }), around), undefined);
});
