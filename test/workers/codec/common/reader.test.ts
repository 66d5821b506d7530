import test from 'ava';
import { fromHex, Reader } from '../../../../workers/codec/common/index.ts';
import fc from '../../../support/fc.ts';

const hex = (text: string): Uint8Array => fromHex(text)!;

test('numbers have the high octet first, and all 32 bits are unsigned', (t) => {
  const reader = new Reader(hex('FFFFFEFFFFFFFD'));
  t.deepEqual([reader.u8(), reader.u16(), reader.u32()], [0xff, 0xfffe, 0xffff_fffd]);
  t.false(reader.failed);
  t.is(reader.left, 0);
});

test('a read past the end gives 0, moves nothing, and says how many octets it needed', (t) => {
  const reader = new Reader(hex('0102'), 1);
  t.is(reader.u32(), 0);
  t.is(reader.at, 1);
  t.deepEqual(reader.failure(), { kind: 'incomplete', consumed: 0, needs: 5 });
});

test('after the first failure nothing is read any more, and the first stays', (t) => {
  const reader = new Reader(hex('010203'));
  reader.fail('bad_value', 'first', 'x');
  reader.fail('bad_length', 'second');
  t.deepEqual([reader.u8(), reader.u16(), reader.peek(), reader.view(1).length, reader.rest().length, reader.at], [0, 0, -1, 0, 0, 0]);
  t.like(reader.failure(), { kind: 'bad', error: { code: 'bad_value', rule: 'first', offset: 0, got: 'x' }, consumed: 3 });
});

test('a short read is not turned into an error afterwards', (t) => {
  const reader = new Reader(hex('01'));
  reader.u16();
  reader.fail('bad_value', 'late');
  t.like(reader.failure(), { kind: 'incomplete', needs: 2 });
});

test('an end within the octets is never passed, and shortness there is an error: more octets would not help', (t) => {
  const reader = new Reader(hex('01020304'), 0, 2);
  t.is(reader.u8(), 1);
  t.is(reader.u16(), 0);
  t.like(reader.failure(), { kind: 'bad', error: { code: 'truncated', offset: 2 } });
});

test('bounds outside the octets are drawn in', (t) => {
  t.is(new Reader(hex('0102'), 0, 100).end, 2);
  t.is(new Reader(hex('0102'), -5).at, 0);
  t.is(new Reader(hex('0102'), 9).left, 0);
  t.is(new Reader(hex('0102'), 0, -1).left, 0);
});

for (const count of [-1, Number.NaN, Number.NEGATIVE_INFINITY]) {
  test(`a count of ${count} is refused, and the cursor does not go back`, (t) => {
    const reader = new Reader(hex('01020304'), 2);
    t.is(reader.view(count).length, 0);
    t.is(reader.at, 2);
    t.like(reader.failure(), { kind: 'bad', error: { code: 'bad_length' } });
  });
}

test('views share memory with the input', (t) => {
  const octets = hex('010203');
  const reader = new Reader(octets, 1);
  t.is(reader.view(1).buffer, octets.buffer);
  t.deepEqual(reader.rest(), octets.subarray(2));
});

test('peek takes nothing, and gives -1 at the end', (t) => {
  const reader = new Reader(hex('07'));
  t.is(reader.peek(), 7);
  t.is(reader.u8(), 7);
  t.is(reader.peek(), -1);
  t.false(reader.failed);
});

for (const [octets, value] of [
  ['00', 0],
  ['7F', 127],
  ['8180', 128],
  ['81FF', 255],
  ['820100', 256],
  ['83010000', 65_536],
  ['84FFFFFFFF', 4_294_967_295],
  ['8400000001', 1],
] as const) {
  test(`the length ${octets} is ${value}`, (t) => {
    const reader = new Reader(hex(octets));
    t.is(reader.length('x'), value);
    t.is(reader.left, 0);
  });
}

for (const octets of ['80', '85', 'FF0000000000000000']) {
  test(`the length ${octets} is refused`, (t) => {
    const reader = new Reader(hex(octets));
    t.is(reader.length('apdu'), 0);
    t.like(reader.failure(), { kind: 'bad', error: { code: 'bad_length', offset: 0 } });
  });
}

test('a length that is cut off is incomplete', (t) => {
  const reader = new Reader(hex('8201'));
  t.is(reader.length('x'), 0);
  t.like(reader.failure(), { kind: 'incomplete', needs: 3 });
});

test('whatever is read of whatever octets, the cursor stays within its bounds', (t) => {
  const reads = fc.array(fc.tuple(fc.constantFrom('u8', 'u16', 'u32', 'view', 'length', 'rest'), fc.integer({ min: -3, max: 300 })), { maxLength: 20 });
  const law = fc.property(
    fc.uint8Array({ maxLength: 40 }),
    fc.integer({ min: -5, max: 50 }),
    fc.integer({ min: -5, max: 50 }),
    reads,
    (octets, from, to, list) => {
      const reader = new Reader(octets, from, to);
      let before = reader.at;
      for (const [read, count] of list) {
        if (read === 'view') reader.view(count);
        else if (read === 'length') reader.length('x');
        else reader[read]();
        t.true(reader.at >= before && reader.at <= reader.end && reader.end <= octets.length);
        before = reader.at;
      }
      if (reader.failed) t.true(['bad', 'incomplete'].includes(reader.failure().kind));
    },
  );
  t.notThrows(() => fc.assert(law, { numRuns: 500 }));
});
