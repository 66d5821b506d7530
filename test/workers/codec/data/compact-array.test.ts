import test from 'ava';
import { must, mustDecode, toHex } from '../../../../workers/codec/common/index.ts';
import { compactArray, type DataValue, decodeData, encodeData, type TypeDescription } from '../../../../workers/codec/data/index.ts';
import { octetsOf } from './values.ts';

const errorOf = (hex: string) => {
  const outcome = decodeData(octetsOf(hex));
  return outcome.kind === 'bad' ? outcome.error.code : outcome.kind;
};

const unsigned = (value: number): DataValue => ({ type: 'unsigned', value });

test('elements are read by the description, without tags', (t) => {
  const value = mustDecode(decodeData(octetsOf('1302020611 0A 0000000107 0000000208')));
  t.deepEqual(value, {
    type: 'compact-array',
    element: { type: 'structure', members: [{ type: 'double-long-unsigned' }, { type: 'unsigned' }] },
    contents: octetsOf('00000001070000000208'),
    items: [
      { type: 'structure', items: [{ type: 'double-long-unsigned', value: 1 }, unsigned(7)] },
      { type: 'structure', items: [{ type: 'double-long-unsigned', value: 2 }, unsigned(8)] },
    ],
  });
});

test('arrays in a description have a count of two octets and none in the contents', (t) => {
  const octets = octetsOf('13010002110401020304');
  const value = mustDecode(decodeData(octets));
  t.true(value.type === 'compact-array');
  t.deepEqual(value.type === 'compact-array' && value.items, [
    { type: 'array', items: [unsigned(1), unsigned(2)] },
    { type: 'array', items: [unsigned(3), unsigned(4)] },
  ]);
  t.is(toHex(must(encodeData(value))), toHex(octets));
});

test('contents that end within an element are refused', (t) => {
  t.is(errorOf('1302021111 03 010203'), 'bad_length');
  t.is(errorOf('1309 03 020102'), 'good');
  t.is(errorOf('1309 02 0201'), 'bad_length');
});

test('contents never reach beyond their length', (t) => {
  t.is(errorOf('0202 1309 02 0301 1105'), 'bad_length');
});

test('a description of a compact array, or of no type, is refused', (t) => {
  t.is(errorOf('13131100'), 'unknown_tag');
  t.is(errorOf('130700'), 'unknown_tag');
});

test('items that are not as the description says are refused', (t) => {
  const pair: TypeDescription = { type: 'array', count: 2, element: { type: 'unsigned' } };
  const cases: readonly [TypeDescription, DataValue][] = [
    [{ type: 'unsigned' }, { type: 'long', value: 1 }],
    [{ type: 'unsigned' }, unsigned(256)],
    [pair, { type: 'array', items: [unsigned(1)] }],
    [pair, { type: 'structure', items: [unsigned(1), unsigned(2)] }],
    [
      { type: 'structure', members: [{ type: 'unsigned' }] },
      { type: 'structure', items: [] },
    ],
    [{ type: 'null-data' }, { type: 'null-data' }],
  ];
  for (const [element, item] of cases) t.is(compactArray(element, [item]).kind, 'bad');
});

test('the items are written, whatever the contents say', (t) => {
  const value: DataValue = { type: 'compact-array', element: { type: 'unsigned' }, contents: new Uint8Array(0), items: [unsigned(1), unsigned(2)] };
  t.is(toHex(must(encodeData(value))), '1311020102');
});
