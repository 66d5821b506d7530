import test from 'ava';
import { toHex } from '../../../../workers/codec/common/index.ts';
import fc from '../../../support/fc.ts';
import { converse, type Outcome, unique } from './lossy-wire.ts';

const share = fc.double({ min: 0, max: 0.3, noNaN: true });
const faults = fc.record({ seed: fc.integer(), drop: share, double: share, damage: share });
const size = fc.oneof(fc.integer({ min: 8, max: 100 }), fc.integer({ min: 100, max: 900 }));
const window = fc.integer({ min: 1, max: 7 });
const options = fc.record({
  parameters: fc.record({
    maxInfoTransmit: fc.integer({ min: 16, max: 200 }).map((octets) => octets & ~3),
    maxInfoReceive: fc.integer({ min: 16, max: 200 }).map((octets) => octets & ~3),
    windowTransmit: window,
    windowReceive: window,
  }),
});
const thinkMs = fc.constantFrom(1, 50, 3000);

const answered = (outcome: Outcome): number => outcome.ends.filter((end) => end.startsWith('answered')).length;

test('nothing is lost and nothing is delivered twice over a wire that loses, doubles and damages', (t) => {
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 8 }), faults, options, thinkMs, (sizes, bad, set, think) => {
      const outcome = converse(
        sizes.map((octets) => ({ volatile: false, octets })),
        bad,
        set,
        think,
      );
      t.deepEqual(outcome.ends, [...sizes.map(() => 'answered 0'), 'closed']);
      t.deepEqual(
        outcome.delivered,
        sizes.map((octets, ask) => toHex(unique(ask, 0, octets))),
      );
      t.deepEqual(outcome.liars, []);
    }),
    { numRuns: 150 },
  );
});

test('a volatile payload of one frame goes out once, is done once, and always gets its answer', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 8, max: 12 }), { minLength: 1, maxLength: 8 }), faults, options, thinkMs, (sizes, bad, set, think) => {
      const outcome = converse(
        sizes.map((octets) => ({ volatile: true, octets })),
        bad,
        set,
        think,
      );
      for (const [content, times] of outcome.sent) t.is(times, 1, content);
      t.is(answered(outcome), sizes.length);
      t.is(outcome.ends.length, sizes.length + 1);
      t.deepEqual(
        outcome.delivered,
        sizes.map((octets, ask) => toHex(unique(ask, Number(outcome.ends[ask]!.split(' ')[1]), octets))),
      );
    }),
    { numRuns: 150 },
  );
});

test('a volatile payload in segments: none goes out twice, and a request that is given up was not done', (t) => {
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 6 }), faults, options, thinkMs, (sizes, bad, set, think) => {
      const outcome = converse(
        sizes.map((octets) => ({ volatile: true, octets })),
        bad,
        set,
        think,
      );
      for (const [content, times] of outcome.sent) t.is(times, 1, content);
      t.is(outcome.ends.length, sizes.length + 1);
      const done = sizes.flatMap((octets, ask) => {
        const [end, version] = outcome.ends[ask]!.split(' ');
        if (end === 'answered') return [toHex(unique(ask, Number(version), octets))];
        t.is(end, 'volatile-not-repeated');
        return [];
      });
      t.deepEqual(outcome.delivered, done);
    }),
    { numRuns: 150 },
  );
});

test('over a good wire nothing goes out twice, and no reply is called repeated', (t) => {
  fc.assert(
    fc.property(fc.array(size, { minLength: 1, maxLength: 8 }), fc.integer(), options, (sizes, seed, set) => {
      const outcome = converse(
        sizes.map((octets) => ({ volatile: octets % 2 === 0, octets })),
        { seed, drop: 0, double: 0, damage: 0 },
        set,
        50,
      );
      for (const [content, times] of outcome.sent) t.is(times, 1, content);
      t.is(answered(outcome), sizes.length);
    }),
    { numRuns: 50 },
  );
});
