import test from 'ava';
import { SimClock } from '../../../../ops/sim/meters/clock.ts';
import { SeededRandom } from '../../../../ops/sim/meters/random.ts';
import { Wheel, type WheelEntry } from '../../../../ops/sim/meters/wheel.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

const START = Date.parse('2026-03-24T10:00:00Z');

class Entry implements WheelEntry {
  deadlineMs: number | null;
  readonly #clock: FakeClock;
  readonly calledAt: number[] = [];

  constructor(clock: FakeClock, deadlineMs: number) {
    this.#clock = clock;
    this.deadlineMs = deadlineMs;
  }

  due(): void {
    this.calledAt.push(this.#clock.monotonic() - START);
    this.deadlineMs = null;
  }
}

test('the wheel calls each entry at its deadline, with one timer for all', async (t) => {
  const clock = new FakeClock(START);
  const wheel = new Wheel(clock);
  const entries = [300, 50, 120_000].map((delay) => new Entry(clock, START + delay));
  for (const entry of entries) wheel.arm(entry);
  t.is(clock.pending, 1);
  await clock.advance(120_000);
  t.deepEqual(
    entries.map(({ calledAt }) => calledAt),
    [[300], [100], [120_000]],
  );
  t.is(clock.pending, 0);
});

test('a deadline that moves later needs no arming; a nearer one does', async (t) => {
  const clock = new FakeClock(START);
  const wheel = new Wheel(clock);
  const later = new Entry(clock, START + 1000);
  const nearer = new Entry(clock, START + 5000);
  wheel.arm(later);
  wheel.arm(nearer);
  later.deadlineMs = START + 3000;
  nearer.deadlineMs = START + 2000;
  wheel.arm(nearer);
  await clock.advance(10_000);
  t.deepEqual(later.calledAt, [3000]);
  t.deepEqual(nearer.calledAt, [2000]);
});

test('an entry that is forgotten is not called', async (t) => {
  const clock = new FakeClock(START);
  const wheel = new Wheel(clock);
  const entry = new Entry(clock, START + 1000);
  wheel.arm(entry);
  wheel.forget(entry);
  await clock.advance(2_000);
  t.deepEqual(entry.calledAt, []);
});

test('a clock in London shows summer time and takes it back as the same instant', (t) => {
  const port = new FakeClock(Date.parse('2026-07-01T12:00:00Z'));
  const clock = new SimClock(port, { zone: 'London' });
  t.like(clock.shown(), { hour: 13, day: 1, month: 7 });
  t.is(clock.instantOf(clock.shown()), port.now());
  const winter = { year: 2026, month: 1, day: 5, hour: 13, minute: 0, second: 0 };
  t.is(clock.instantOf(winter), Date.parse('2026-01-05T13:00:00Z'));
});

test('a clock of another zone shows its minutes ahead of UTC', (t) => {
  const clock = new SimClock(new FakeClock(START), { zone: 90, offsetSeconds: 5 });
  t.deepEqual(clock.shown(), { year: 2026, month: 3, day: 24, hour: 11, minute: 30, second: 5 });
  t.is(clock.instantOf(clock.shown()), START + 5_000);
});

test('a clock that is set keeps its drift and forgets its offset', async (t) => {
  const port = new FakeClock(START);
  const clock = new SimClock(port, { driftPpm: -500, offsetSeconds: 60 });
  clock.set(START);
  await port.advance(20_000);
  t.is(clock.offsetSeconds, -0.01);
});

test('random numbers repeat by seed and text, and a chance of 0 draws none', (t) => {
  const draw = (random: SeededRandom) => Array.from({ length: 5 }, () => random.next());
  t.deepEqual(draw(new SeededRandom(1, 'a')), draw(new SeededRandom(1, 'a')));
  t.notDeepEqual(draw(new SeededRandom(1, 'a')), draw(new SeededRandom(1, 'b')));
  const random = new SeededRandom(1, 'a');
  t.false(random.chance(0));
  t.deepEqual(draw(random), draw(new SeededRandom(1, 'a')));
});
