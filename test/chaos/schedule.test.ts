import test from 'ava';
import fc from '../support/fc.ts';
import { engineOf, type FaultType } from './faults.ts';
import { LIMITS, mayMeet, type Planned, type Schedule, scheduleOf } from './schedule.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const minutes = fc.double({ min: 0.5, max: 10, noNaN: true });

function holds(property: (schedule: Schedule) => boolean | undefined): void {
  fc.assert(
    fc.property(seeds, minutes, (seed, long) => property(scheduleOf(seed, long)) !== false),
    { numRuns: 300 },
  );
}

const meet = (one: Planned, other: Planned): boolean => one.atMs < other.untilMs && other.atMs < one.untilMs;

function pairs({ faults }: Schedule): readonly (readonly [Planned, Planned])[] {
  return faults.flatMap((one, index) => faults.slice(index + 1).flatMap((other) => (meet(one, other) ? [[one, other] as const] : [])));
}

test('the same seed and minutes give the same schedule', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(seeds, minutes, (seed, long) => {
        t.deepEqual(scheduleOf(seed, long), scheduleOf(seed, long));
      }),
      { numRuns: 50 },
    ),
  );
});

test('at most two faults are at a time', (t) => {
  t.notThrows(() => holds(({ faults }) => faults.every(({ atMs }) => faults.filter((other) => other.atMs <= atMs && atMs < other.untilMs).length <= 2)));
});

test('one engine has one fault at a time, so that one of three is always whole', (t) => {
  t.notThrows(() =>
    holds((schedule) => pairs(schedule).every(([one, other]) => engineOf(one.fault) === undefined || engineOf(one.fault) !== engineOf(other.fault))),
  );
});

test('what may not be together is not', (t) => {
  t.notThrows(() => holds((schedule) => pairs(schedule).every(([one, other]) => mayMeet(one.fault, other.fault))));
});

test('a NATS server goes only when the others have had time to catch up', (t) => {
  t.notThrows(() =>
    holds(({ faults }) => {
      const kills = faults.filter(({ fault }) => fault.type === 'nats-kill');
      return kills.every((kill, index) => index === 0 || kill.atMs >= (kills[index - 1]?.untilMs ?? 0) + LIMITS.catchUpMs);
    }),
  );
});

test('a rolling restart is alone', (t) => {
  t.notThrows(() => holds((schedule) => pairs(schedule).every(([one, other]) => one.fault.type !== 'rolling' && other.fault.type !== 'rolling')));
});

test('a pause is longer than the lease', (t) => {
  t.notThrows(() => holds(({ faults }) => faults.every(({ fault, atMs, untilMs }) => fault.type !== 'engine-pause' || untilMs - atMs > LIMITS.leaseMs)));
});

test('a clock is off by no more than the market takes', (t) => {
  t.notThrows(() => holds(({ faults }) => faults.every(({ fault }) => fault.type !== 'clock' || Math.abs(fault.offsetMs) <= LIMITS.clockMs)));
});

test('between two waves everything is healed for a while', (t) => {
  t.notThrows(() =>
    holds(({ faults }) =>
      faults.every(({ wave, atMs }) => faults.filter((other) => other.wave < wave).every((other) => other.untilMs + LIMITS.quietMs[0] <= atMs)),
    ),
  );
});

test('everything is healed at the end', (t) => {
  t.notThrows(() => holds(({ faults, endsAt }) => faults.every(({ atMs, untilMs }) => atMs >= LIMITS.warmUpMs && atMs < untilMs && untilMs <= endsAt)));
});

test('five minutes have a fault of every kind', (t) => {
  const kinds: readonly FaultType[] = ['engine-kill', 'engine-pause', 'nats-kill', 'store-kill', 'cut', 'delay', 'clock', 'rolling'];
  t.notThrows(() =>
    fc.assert(
      fc.property(seeds, (seed) => {
        const seen = new Set(scheduleOf(seed, 5).faults.map(({ fault }) => fault.type));
        return kinds.every((kind) => seen.has(kind));
      }),
      { numRuns: 200 },
    ),
  );
});

test('three quarters of a minute have several faults', (t) => {
  t.notThrows(() => fc.assert(fc.property(seeds, (seed) => scheduleOf(seed, 0.75).faults.length >= 2)));
});
