import test from 'ava';
import { must, Reader, toHex, Writer } from '../../../../workers/codec/common/index.ts';
import fc from '../../../support/fc.ts';

const written = (write: (writer: Writer) => unknown, size?: number): string => {
  const writer = new Writer(size);
  write(writer);
  const outcome = writer.finish();
  return outcome.kind === 'good' ? toHex(outcome.octets) : outcome.error.rule;
};

test('numbers have the high octet first', (t) => {
  t.is(
    written((writer) => writer.u8(1).u16(0x0203).u32(0xfffefdfc)),
    '010203FFFEFDFC',
  );
});

test('negative numbers are their two\u2019s complement', (t) => {
  t.is(
    written((writer) => writer.u8(-128).u8(-1).u16(-32_768).u32(-2_147_483_648)),
    '80FF800080000000',
  );
});

for (const [name, values] of [
  ['u8', [256, -129, 0.5, Number.NaN, Number.POSITIVE_INFINITY]],
  ['u16', [65_536, -32_769, 1.5, Number.NaN]],
  ['u32', [2 ** 32, -(2 ** 31) - 1, 0.1, Number.NaN, Number.NEGATIVE_INFINITY]],
  ['size', [-1, 1.5, 2 ** 32, Number.NaN]],
] as const) {
  test(`${name} truncates nothing: what does not fit fails`, (t) => {
    for (const value of values) {
      const writer = new Writer();
      writer[name](value);
      t.like(writer.finish(), { kind: 'bad', error: { code: 'bad_value', got: String(value) } });
    }
  });
}

for (const [count, octets] of [
  [0, '00'],
  [127, '7F'],
  [128, '8180'],
  [255, '81FF'],
  [256, '820100'],
  [65_535, '82FFFF'],
  [65_536, '83010000'],
  [16_777_215, '83FFFFFF'],
  [16_777_216, '8401000000'],
] as const) {
  test(`the length ${count} is written as ${octets}`, (t) => {
    t.is(
      written((writer) => writer.size(count)),
      octets,
    );
  });
}

test('every length comes back', (t) => {
  const law = fc.property(fc.nat(0xffff_ffff), (count) => {
    const writer = new Writer(1).size(count);
    t.is(new Reader(must(writer.finish())).length('x'), count);
  });
  t.notThrows(() => fc.assert(law));
});

test('it grows from any size, and keeps what was there', (t) => {
  for (const size of [0, 1, 3]) {
    t.is(
      written(
        (writer) =>
          writer
            .put(Uint8Array.of(1, 2))
            .u8(3)
            .put(Uint8Array.of(4, 5, 6))
            .u32(7),
        size,
      ),
      '01020304050600000007',
    );
  }
});

test('characters 00 to FF are one octet each, others fail', (t) => {
  t.is(
    written((writer) => writer.latin1('A\0\xff')),
    '4100FF',
  );
  t.is(
    written((writer) => writer.latin1('\u20ac')),
    'text: characters 00 to FF',
  );
});

test('the first failure stays, and no octets are given', (t) => {
  const writer = new Writer();
  t.is(writer.bounded('first', 9, 0, 8), 0);
  writer.bounded('second', -1, 0, 8);
  writer.fail('third', 1);
  t.true(writer.failed);
  t.like(writer.finish(), { kind: 'bad', error: { code: 'bad_value', rule: 'first: a whole number from 0 to 8', got: '9' } });
});

test('a number within its bounds passes', (t) => {
  const writer = new Writer();
  t.deepEqual([writer.bounded('x', 0, 0, 8), writer.bounded('x', 8, 0, 8)], [0, 8]);
  t.false(writer.failed);
});

test('the failure of another encoder is taken over as it is', (t) => {
  const error = { code: 'missing_key', offset: 0, rule: 'key: must be given', got: '' } as const;
  const writer = new Writer();
  writer.failWith(error);
  t.deepEqual(writer.finish(), { kind: 'bad', error });
});

test('its length is what was written', (t) => {
  const writer = new Writer().u16(1).put(new Uint8Array(5));
  t.is(writer.length, 7);
});
