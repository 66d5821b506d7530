import test from 'ava';
import { Alarm } from '../../../workers/pool/alarm.ts';
import { POOL_ERRORS } from '../../../workers/pool/codes.ts';
import { Histogram } from '../../../workers/pool/metrics.ts';
import { completePoolOptions } from '../../../workers/pool/options.ts';
import { Packer, packedOctets, Unpacker, Views } from '../../../workers/pool/packing.ts';
import { Rates } from '../../../workers/pool/rates.ts';
import fc from '../../support/fc.ts';

const isWord = (value: number): boolean => Object.is(value | 0, value);

test('what was packed is unpacked', (t) => {
  const part = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.double({ noNaN: true }), fc.uint8Array({ maxLength: 40 }), fc.string());
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const memory = new ArrayBuffer(8_192);
      const out = new Packer(new Views(memory)).start(64, 8_192);
      for (const one of parts) {
        if (typeof one === 'string') out.text(one);
        else if (typeof one !== 'number') out.octets(one);
        else if (isWord(one)) out.word(one);
        else out.double(one);
      }
      const input = new Unpacker(memory).start(64);
      for (const one of parts) {
        if (typeof one === 'string') t.is(input.text(), one);
        else if (typeof one !== 'number') t.deepEqual(input.octets(), one);
        else t.is(isWord(one) ? input.word() : input.double(), one);
      }
    }),
    { numRuns: 50 },
  );
});

test('a packer writes nothing behind its end, and says how much it needs', (t) => {
  const memory = new ArrayBuffer(64);
  const out = new Packer(new Views(memory)).start(8, 24);
  out.octets(new Uint8Array(20).fill(1)).word(-1).double(-1).array(new Uint8Array(8).fill(1));
  t.true(out.overflowed);
  t.is(out.needed, 56);
  t.true(new Uint8Array(memory, 24).every((octet) => octet === 0));
  t.is(packedOctets(5), 12);
});

test('settings outside their range are refused by name', (t) => {
  t.throws(() => completePoolOptions({ threads: 0 }), { message: /^threads: / });
  t.throws(() => completePoolOptions({ threads: 1.5 }), { message: /^threads: / });
  t.throws(() => completePoolOptions({ slotBytes: 4_001 }), { message: /^slotBytes: / });
  t.throws(() => completePoolOptions({ deadlineMs: Number.NaN }), { message: /^deadlineMs: / });
  t.throws(() => completePoolOptions({ inlineBelowBytes: -1 }), { message: /^inlineBelowBytes: / });
  t.is(completePoolOptions({ inlineBelowBytes: 0 }).inlineBelowBytes, 0);
  t.is(completePoolOptions({}).deadlineMs, 30_000);
});

test('a histogram knows its quantiles within an eighth of an octave', (t) => {
  const histogram = new Histogram();
  for (let value = 1; value <= 1_000; value++) histogram.record(value);
  const { count, mean, p50, p99, max } = histogram.summary();
  t.is(count, 1_000);
  t.is(mean, 500.5);
  t.is(max, 1_000);
  t.true(Math.abs(p50 / 500 - 1) < 0.13 && Math.abs(p99 / 990 - 1) < 0.13);
  t.deepEqual(new Histogram().summary(), { count: 0, mean: 0, p50: 0, p99: 0, max: 0 });
});

test('a rate follows what was measured', (t) => {
  const rates = new Rates(2);
  for (let count = 0; count < 200; count++) rates.learn(1, 936, 50_000);
  t.true(Math.abs(rates.estimateNs(1, 936) / 50_000 - 1) < 0.01);
  t.is(rates.estimateNs(0, 936), 10_000);
});

test('an alarm rings for the earliest, and again for what its owner says', async (t) => {
  const rings: number[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const alarm: Alarm = new Alarm(
    () => 0,
    () => {
      rings.push(rings.length);
      if (rings.length === 2) resolve();
      return rings.length < 2 ? 1 : Number.POSITIVE_INFINITY;
    },
  );
  alarm.hold(true);
  alarm.by(60_000);
  alarm.by(1);
  await promise;
  t.deepEqual(rings, [0, 1]);
});

test('every error of the pool has a text and a remedy', (t) => {
  for (const [code, { text, remedy }] of Object.entries(POOL_ERRORS)) {
    t.regex(code, /^pool_[a-z_]+$/);
    t.true(text.length > 10 && remedy.length > 5, code);
  }
});
