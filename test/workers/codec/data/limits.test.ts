import test from 'ava';
import { must } from '../../../../workers/codec/common/index.ts';
import { type DataValue, decodeData, encodeData } from '../../../../workers/codec/data/index.ts';
import { octetsOf } from './values.ts';

const errorOf = (hex: string, limits = {}) => {
  const outcome = decodeData(octetsOf(hex), { limits });
  return outcome.kind === 'bad' ? outcome.error.code : outcome.kind;
};

const nested = (depth: number): string => `${'0101'.repeat(depth)}00`;

test('an array of 2^32 - 1 elements in six octets is refused at once', (t) => {
  t.is(errorOf('0184FFFFFFFF'), 'too_many');
});

test('a count above the octets that are there waits for them and allocates nothing', (t) => {
  const outcome = decodeData(octetsOf('018300FFFF'));
  t.deepEqual(outcome, { kind: 'incomplete', consumed: 0, needs: 5 + 0xffff });
});

test('containers inside each other count against maxDepth', (t) => {
  t.is(errorOf(nested(16)), 'good');
  t.is(errorOf(nested(17)), 'too_deep');
  t.is(errorOf(nested(3), { maxDepth: 2 }), 'too_deep');
  t.is(errorOf(nested(40), { maxDepth: 40 }), 'good');
});

test('no setting lets a value grow deeper than the stack allows', (t) => {
  t.is(errorOf(nested(100_000), { maxDepth: Number.POSITIVE_INFINITY }), 'too_deep');
});

test('the containers of a description count against maxDepth', (t) => {
  t.is(errorOf(`13${'010001'.repeat(15)}1100`), 'good');
  t.is(errorOf(`13${'010001'.repeat(16)}1100`), 'too_deep');
  t.is(errorOf(`13${'0201'.repeat(50_000)}1100`, { maxDepth: 1_000_000 }), 'too_deep');
});

test('values count against maxElements, containers included', (t) => {
  t.is(errorOf('020311011102', { maxElements: 4 }), 'incomplete');
  t.is(errorOf('0203110111021103', { maxElements: 4 }), 'good');
  t.is(errorOf('0203110111021103', { maxElements: 3 }), 'too_many');
  t.is(errorOf('1100', { maxElements: 0 }), 'too_many');
});

test('values that take no octets count too', (t) => {
  t.is(errorOf('1302021101FFFF01FFFF000105'), 'too_many');
  t.is(errorOf('1302021101000300020505', { maxElements: 14 }), 'too_many');
});

test('a compact array whose elements take no octets has no contents', (t) => {
  t.is(errorOf('130000'), 'good');
  t.is(errorOf('13000100'), 'bad_length');
  t.is(errorOf('1301FFFF01FFFF00010A'), 'too_many');
});

test('lengths above maxOctets are refused before the octets come', (t) => {
  t.is(errorOf('0984FFFFFFFF'), 'too_large');
  t.is(errorOf('0484FFFFFFFF'), 'too_large');
  t.is(errorOf('131184FFFFFFFF'), 'too_large');
  t.is(errorOf('0905AABBCCDDEE', { maxOctets: 4 }), 'too_large');
});

test('a value of more than maxOctets in all is refused', (t) => {
  const value: DataValue = { type: 'array', items: Array.from({ length: 10 }, () => ({ type: 'octet-string', octets: new Uint8Array(8) })) };
  const octets = must(encodeData(value));
  t.is(decodeData(octets, { limits: { maxOctets: octets.length } }).kind, 'good');
  const outcome = decodeData(octets, { limits: { maxOctets: octets.length - 1 } });
  t.true(outcome.kind === 'bad' && outcome.error.code === 'too_large');
});

test('a length field of five octets, or of none, is refused', (t) => {
  t.is(errorOf('09850000000001AA'), 'bad_length');
  t.is(errorOf('0980'), 'bad_length');
});
