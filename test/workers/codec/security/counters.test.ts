import test from 'ava';
import { CounterRange, LAST_COUNTER, LastSeen, recoveredCounter } from '../../../../workers/codec/security/index.ts';
import fc from '../../../support/fc.ts';

test('a range gives each counter once, upwards, and then tells that it is used up', (t) => {
  const range = new CounterRange(5000, 3);
  t.is(range.left, 3);
  t.deepEqual(
    [range.next(), range.next(), range.next()],
    [5000, 5001, 5002].map((counter) => ({ kind: 'good', counter }) as const),
  );
  t.is(range.left, 0);
  for (let again = 0; again < 2; again++) t.like(range.next(), { kind: 'exhausted', what: 'range', error: { code: 'counter_exhausted' } });
});

test('FFFFFFFF is the last counter of a key', (t) => {
  const range = new CounterRange(LAST_COUNTER, 1000);
  t.is(range.left, 1);
  t.deepEqual(range.next(), { kind: 'good', counter: LAST_COUNTER });
  t.like(range.next(), { kind: 'exhausted', what: 'key', error: { code: 'counter_exhausted' } });
});

test('a range that cannot be gives nothing', (t) => {
  for (const [first, size] of [
    [-1, 10],
    [0.5, 10],
    [LAST_COUNTER + 1, 10],
    [Number.NaN, 10],
    [0, 0],
    [0, -1],
    [0, Number.NaN],
    [0, 1.5],
  ] as const) {
    t.not(new CounterRange(first, size).next().kind, 'good', `${first} ${size}`);
  }
});

test('whatever is called, counters only rise and stay in the range', (t) => {
  const call = fc.oneof(fc.constant('next' as const), fc.integer({ min: -5, max: 60 }));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 30 }), fc.array(call, { maxLength: 60 }), (first, size, calls) => {
      const range = new CounterRange(first, size);
      let last = first - 1;
      for (const one of calls) {
        if (one !== 'next') {
          range.raiseTo(one);
          continue;
        }
        const outcome = range.next();
        if (outcome.kind !== 'good') continue;
        if (outcome.counter <= last || outcome.counter >= first + size) return false;
        last = outcome.counter;
      }
      return range.left >= 0;
    }),
  );
  t.pass();
});

test('a floor that the peer tells skips what is below it', (t) => {
  const range = new CounterRange(100, 50);
  range.raiseTo(120);
  t.deepEqual(range.next(), { kind: 'good', counter: 120 });
  range.raiseTo(110);
  t.deepEqual(range.next(), { kind: 'good', counter: 121 });
  range.raiseTo(1000);
  t.is(range.left, 0);
});

test('a received counter must be above the last one that was seen', (t) => {
  const seen = new LastSeen();
  t.is(seen.fault(0), undefined);
  seen.saw(7);
  t.like(seen.fault(7), { code: 'stale_counter' });
  t.like(seen.fault(6), { code: 'stale_counter' });
  t.is(seen.fault(8), undefined);
  seen.saw(3);
  t.is(seen.last, 7);
  t.like(seen.fault(LAST_COUNTER + 1), { code: 'bad_value' });
});

test('after a restore the greater of stored and read counts, plus 1,000', (t) => {
  t.deepEqual(recoveredCounter(500, 90), { kind: 'good', counter: 1500 });
  t.deepEqual(recoveredCounter(90, 500), { kind: 'good', counter: 1500 });
  t.deepEqual(recoveredCounter(undefined, 500), { kind: 'good', counter: 1500 });
  t.deepEqual(recoveredCounter(undefined, undefined), { kind: 'good', counter: 1000 });
  t.like(recoveredCounter(LAST_COUNTER - 999, 0), { kind: 'exhausted', what: 'key' });
  t.like(recoveredCounter(-1, 0), { kind: 'bad', error: { code: 'bad_value' } });
});
