import test from 'ava';
import { sampleFault } from '../../../machines/meter-session/clock.ts';
import {
  type ClockSampleData,
  frameMs,
  hasStepped,
  hostNow,
  offsetText,
  planWrite,
  readingOf,
  writeTook,
  writeValue,
} from '../../../machines/meter-session/index.ts';
import fc from '../../support/fc.ts';

const AT = Date.UTC(2026, 2, 24, 10, 0, 0);
const sample = (change: Partial<ClockSampleData> = {}): ClockSampleData => ({
  meterAt: AT + 10_000,
  wholeSeconds: false,
  sentAt: { wallMs: AT - 500, monotonicMs: 1_000 },
  firstAt: { wallMs: AT + 500, monotonicMs: 2_000 },
  repeated: false,
  flags: [],
  ...change,
});

test('the offset is taken against the middle of the exchange', (t) => {
  t.deepEqual(readingOf(sample()), { meterAt: AT + 10_000, serverAt: AT, offsetSeconds: 10 });
});

test('half a second is added for a clock without hundredths, the time shown stays as read', (t) => {
  t.deepEqual(readingOf(sample({ meterAt: AT - 4_000, wholeSeconds: true })), { meterAt: AT - 4_000, serverAt: AT, offsetSeconds: -4 });
  t.is(readingOf(sample({ meterAt: AT + 10_100, wholeSeconds: true })).offsetSeconds, 11);
});

test('a step of the wall clock during the exchange does not move the middle', (t) => {
  t.is(readingOf(sample({ firstAt: { wallMs: AT + 60_000, monotonicMs: 2_000 } })).serverAt, AT);
});

test('an offset that rounds to nothing is +0s, whatever its sign', (t) => {
  t.is(offsetText(readingOf(sample({ meterAt: AT - 300 })).offsetSeconds), '+0s');
  t.is(Object.is(readingOf(sample({ meterAt: AT - 300 })).offsetSeconds, 0), true);
  t.is(offsetText(10), '+10s');
  t.is(offsetText(-203), '-203s');
});

for (const [title, change, fault] of [
  ['a good sample has no fault', {}, undefined],
  ['a repeated request spoils its sample', { repeated: true }, 'the request had to be repeated'],
  ['a round trip of more than 10 s spoils it', { firstAt: { wallMs: AT + 9_600, monotonicMs: 11_100 } }, 'the reply took 11 s'],
  ['a round trip of 10 s does not', { firstAt: { wallMs: AT + 9_500, monotonicMs: 11_000 } }, undefined],
  ['a reply from before the request spoils it', { firstAt: { wallMs: AT - 600, monotonicMs: 900 } }, 'the reply began before the request ended'],
  ['a step of the host clock spoils it', { firstAt: { wallMs: AT + 2_500, monotonicMs: 2_000 } }, "the host's clock was stepped"],
  ['no time spoils it', { meterAt: Number.NaN }, 'the meter gave no time'],
] as const) {
  test(`samples: ${title}`, (t) => t.is(sampleFault(sample(change), 10_000), fault));
}

test('the host clock has stepped when its two clocks run apart by more than a second', (t) => {
  t.false(hasStepped({ wallMs: AT, monotonicMs: 0 }, { wallMs: AT + 10_900, monotonicMs: 10_000 }));
  t.true(hasStepped({ wallMs: AT, monotonicMs: 0 }, { wallMs: AT + 8_900, monotonicMs: 10_000 }));
});

test('a frame takes its octets times 10 or 11 bits at the speed of the line, and nothing on TCP', (t) => {
  t.is(frameMs(96, 9_600), 100);
  t.is(frameMs(96, 9_600, 11), 110);
  t.is(frameMs(96, undefined), 0);
});

test('the write leaves so that it arrives on the whole second that it carries', (t) => {
  t.deepEqual(planWrite(AT + 100, { transitMs: 250, frameMs: 40 }), { writeAt: AT + 710, value: AT + 1_000 });
  t.deepEqual(planWrite(AT + 710, { transitMs: 250, frameMs: 40 }), { writeAt: AT + 710, value: AT + 1_000 });
  t.deepEqual(planWrite(AT + 711, { transitMs: 250, frameMs: 40 }), { writeAt: AT + 1_710, value: AT + 2_000 });
});

test('a plan waits less than a second, carries a whole second, and the value asked for at its time is the planned one', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 0, max: 5_000 }), fc.integer({ min: 0, max: 3_000 }), (now, transitMs, frame) => {
      const transit = { transitMs, frameMs: frame };
      const { writeAt, value } = planWrite(now, transit);
      t.true(writeAt >= now && writeAt < now + 1_000);
      t.is(value % 1_000, 0);
      t.is(writeValue(writeAt, transit), value);
      t.true(Math.abs(writeValue(now + 3_333, transit) - (now + 3_333 + transitMs + frame)) <= 500);
    }),
  );
});

for (const [before, after, took] of [
  [60, 0, true],
  [60, 1, true],
  [60, 60, false],
  [60, 25, false],
  [21, 20, false],
  [-21, -1, true],
  [-300, -299, false],
  [25, -2, true],
] as const) {
  test(`a write that left ${after} s of ${before} s ${took ? 'took' : 'did not take'}`, (t) => t.is(writeTook(before, after, 20), took));
}

test("the host's time is carried on from a stamp by the monotonic clock alone", (t) => {
  t.is(hostNow({ wallMs: 1_700_000_000_000, monotonicMs: 500 }, 2_750), 1_700_000_002_250);
});
