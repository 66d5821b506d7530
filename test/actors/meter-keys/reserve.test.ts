import test from 'ava';
import { MOST_JUMP, reserveRange } from '../../../actors/meter-keys/reserve.ts';
import fc from '../../support/fc.ts';

const LAST = 0xffff_ffff;

test('a key that was never used begins at 1, another one where it was left', (t) => {
  t.deepEqual(reserveRange(undefined, 1_000, undefined), { kind: 'reserved', from: 1, count: 1_000, next: 1_001 });
  t.deepEqual(reserveRange(1_001, 1_000, undefined), { kind: 'reserved', from: 1_001, count: 1_000, next: 2_001 });
});

test('a floor is met above the greater of both, with a margin of 1,000', (t) => {
  t.deepEqual(reserveRange(500, 10, 70_000), { kind: 'reserved', from: 71_000, count: 10, next: 71_010 });
  t.deepEqual(reserveRange(90_000, 10, 70_000), { kind: 'reserved', from: 91_000, count: 10, next: 91_010 });
  t.deepEqual(reserveRange(undefined, 10, 70_000), { kind: 'reserved', from: 71_000, count: 10, next: 71_010 });
});

test('a floor far ahead of a key in use is refused', (t) => {
  t.like(reserveRange(500, 10, 500 + MOST_JUMP + 1), { kind: 'refused', code: 'counter_jump' });
  t.is(reserveRange(500, 10, 500 + MOST_JUMP).kind, 'reserved');
});

test('the last counters of a key are given out, and then none', (t) => {
  t.deepEqual(reserveRange(LAST - 4, 1_000, undefined), { kind: 'reserved', from: LAST - 4, count: 5, next: LAST + 1 });
  t.like(reserveRange(LAST + 1, 1, undefined), { kind: 'refused', code: 'counter_used_up' });
  t.like(reserveRange(LAST + 1, 1, 5), { kind: 'refused', code: 'counter_used_up' });
});

test('no counter is given twice, whatever is asked for', (t) => {
  const ask = fc.record({ count: fc.integer({ min: 1, max: 5_000 }), floor: fc.option(fc.integer({ min: 0, max: LAST }), { nil: undefined }) });
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 40 }), (asks) => {
      let stored: number | undefined;
      for (const { count, floor } of asks) {
        const reserved = reserveRange(stored, count, floor);
        if (reserved.kind === 'refused') continue;
        t.true(reserved.from >= (stored ?? 0) && reserved.count >= 1 && reserved.from + reserved.count - 1 <= LAST);
        stored = reserved.next;
      }
    }),
  );
});
