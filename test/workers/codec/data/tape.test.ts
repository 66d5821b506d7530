import test from 'ava';
import { must, mustDecode } from '../../../../workers/codec/common/index.ts';
import { type DataValue, decodeData, encodeData, indexData, TapedData, tapeWords } from '../../../../workers/codec/data/index.ts';
import fc from '../../../support/fc.ts';
import { anyValue, octetsOf } from './values.ts';

const SAMPLE = octetsOf('0203 0600000001 0103 110211031104 0902AABB');

function taped(octets: Uint8Array, at = 0): TapedData {
  const tape = new Uint32Array(new SharedArrayBuffer((at + 8 * tapeWords(octets.length)) * 4));
  mustDecode(indexData(octets, tape, at));
  return new TapedData(octets, tape, at);
}

test('a taped value is the value that decodeData reads', (t) => {
  fc.assert(
    fc.property(anyValue, fc.nat({ max: 9 }), (value, at) => {
      t.deepEqual(taped(must(encodeData(value)), at).toValue(), value);
    }),
    { numRuns: 400 },
  );
});

test('the index lies on the tape as it is drawn', (t) => {
  const tape = new Uint32Array(12);
  t.deepEqual(mustDecode(indexData(octetsOf('0202060000000111 07'), tape)), { words: 12 });
  t.deepEqual([...tape], [2, 2, 2, 12, 6, 3, 4, 8, 0x11, 8, 1, 12]);
});

test('what decodeData refuses the index refuses, with the same code', (t) => {
  const tape = new Uint32Array(4000);
  const same = (octets: Uint8Array) => {
    const read = decodeData(octets, { limits: { maxElements: 900 } });
    const indexed = indexData(octets, tape, 0, { limits: { maxElements: 900 } });
    t.is(indexed.kind, read.kind);
    if (read.kind === 'bad' && indexed.kind === 'bad') t.is(indexed.error.code, read.error.code);
    if (read.kind === 'good' && indexed.kind === 'good') t.deepEqual([indexed.consumed, indexed.leniencies], [read.consumed, read.leniencies]);
    if (read.kind === 'incomplete' && indexed.kind === 'incomplete') t.is(indexed.needs, read.needs);
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), same), { numRuns: 2000 });
  fc.assert(
    fc.property(anyValue, fc.nat(), fc.integer({ min: 0, max: 255 }), (value, place, octet) => {
      const octets = must(encodeData(value)).slice();
      octets[place % octets.length] = octet;
      same(octets);
    }),
    { numRuns: 1000 },
  );
  same(octetsOf('01'.repeat(80)));
  same(octetsOf('1302021101FFFF01FFFF000105'));
});

test('items are reached by place and in order', (t) => {
  const root = taped(SAMPLE);
  t.is(root.type, 'structure');
  t.is(root.count, 3);
  t.is(root.item(0)?.number(), 1);
  t.is(root.item(1)?.item(2)?.number(), 4);
  t.is(root.item(1)?.item(3), undefined);
  t.deepEqual(root.item(2)?.octets(), octetsOf('AABB'));
  t.is(root.item(-1), undefined);
  t.is(root.item(0.5), undefined);
  t.deepEqual(
    [...root.items()].map(({ type }) => type),
    ['double-long-unsigned', 'array', 'octet-string'],
  );
});

test('readers give undefined for what the value is not', (t) => {
  const root = taped(SAMPLE);
  t.is(root.number(), undefined);
  t.is(root.octets(), undefined);
  t.is(root.item(2)?.number(), undefined);
  t.is(root.item(0)?.octets(), undefined);
  t.is(root.item(0)?.boolean(), undefined);
  t.is(root.item(0)?.item(0), undefined);
  t.is(root.item(0)?.count, 0);
});

test('numbers of all widths are read in place', (t) => {
  t.is(taped(octetsOf('14FFFFFFFFFFFFFFFE')).bigint(), -2n);
  t.is(taped(octetsOf('15FFFFFFFFFFFFFFFE')).bigint(), 2n ** 64n - 2n);
  t.is(taped(octetsOf('14FFFFFFFFFFFFFFFE')).number(), undefined);
  t.is(taped(octetsOf('0FFE')).bigint(), -2n);
  t.is(taped(octetsOf('0FFE')).number(), -2);
  t.is(taped(octetsOf('173FC00000')).number(), 1.5);
  t.is(taped(octetsOf('173F800000')).bigint(), undefined);
  t.is(taped(octetsOf('0301')).boolean(), true);
});

test('a tape that is too short is named', (t) => {
  const outcome = indexData(SAMPLE, new Uint32Array(27));
  t.true(outcome.kind === 'bad' && outcome.error.code === 'too_large' && outcome.error.rule.startsWith('tape'));
  t.is(indexData(SAMPLE, new Uint32Array(28)).kind, 'good');
  t.is(indexData(SAMPLE, new Uint32Array(28), 1).kind, 'bad');
});

test('items that lie about their sizes end the walk', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 8, maxLength: 30 }), fc.array(fc.nat({ max: 40 }), { minLength: 4, maxLength: 60 }), (octets, words) => {
      const value: DataValue = new TapedData(octets, Uint32Array.from(words)).toValue();
      return value.type !== undefined;
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
