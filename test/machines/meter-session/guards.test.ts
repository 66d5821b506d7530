import test from 'ava';
import { conditionRefusal, crossesBoundary, passage, weigh } from '../../../machines/meter-session/guards.ts';
import { boundaryWaitMs, DEFAULT_SESSION_POLICY, dialDelayMs, isSameSerial, isZoneOffset, normaliseSerial } from '../../../machines/meter-session/index.ts';
import fc from '../../support/fc.ts';

const policy = DEFAULT_SESSION_POLICY;
const { boundary } = policy.guards;
const at = (hours: number, minutes: number, seconds = 0) => Date.UTC(2026, 2, 24, hours, minutes, seconds);
const reading = (offsetSeconds: number, serverAt = at(10, 10)) => ({ meterAt: serverAt + offsetSeconds * 1_000, serverAt, offsetSeconds });

for (const [title, given, plain] of [
  ['blanks and NULs at the ends go', '\0 12345678 \0\0', '12345678'],
  ['upper case', 'k12a', 'K12A'],
  ["the profile's prefix goes", 'LGZ00123456', '123456'],
  ['leading zeros go', '000123', '123'],
  ['one zero stays', '0000', '0'],
  ['a number that is the prefix itself stays', 'LGZ', 'LGZ'],
  ['blanks inside stay', '12 34', '12 34'],
] as const) {
  test(`serial numbers: ${title}`, (t) => t.is(normaliseSerial(given, ['lgz']), plain));
}

test('serial numbers are the same when their plain forms are, and an empty one never is', (t) => {
  t.true(isSameSerial('123456', 'LGZ00123456 ', ['LGZ']));
  t.true(isSameSerial('lgz123456', '123456', ['LGZ']));
  t.false(isSameSerial('123456', '123457', ['LGZ']));
  t.false(isSameSerial('123456', 'ISK123456', ['LGZ']));
  t.false(isSameSerial('', '', []));
  t.false(isSameSerial('  ', '\0', []));
});

for (const [offset, zone] of [
  [3_600, true],
  [3_620, true],
  [3_621, false],
  [3_579, false],
  [-3_600, true],
  [1_800, true],
  [1_785, true],
  [-5_400, true],
  [0, false],
  [15, false],
  [900, false],
  [-7_219, true],
] as const) {
  test(`an offset of ${offset} s is ${zone ? '' : 'not '}a matter of zones`, (t) => t.is(isZoneOffset(offset, 20), zone));
}

for (const [title, offset, change, allowZone, expected] of [
  ['20 s is within the limit', 20, {}, false, 'leave'],
  ['-20 s is within the limit', -20, {}, false, 'leave'],
  ['21 s is corrected', 21, {}, false, 'update'],
  ['exactly an hour is refused as a zone', 3_600, {}, false, 'zone'],
  ['an hour may be allowed for a meter', 3_600, {}, true, 'update'],
  ['the zone guard may be off', 3_600, { zoneSeconds: null }, false, 'update'],
  ['more than the largest correction is refused', 4_000, {}, false, 'largest'],
  ['a zone beyond the largest correction is called a zone', 7_200, {}, false, 'zone'],
  ['an allowed zone is still subject to the largest correction', 7_200, {}, true, 'largest'],
  ['the largest correction may be set', 4_000, { largestSeconds: 5_000 }, false, 'update'],
  ['the largest correction may be off', 1e9 + 700, { largestSeconds: null }, false, 'update'],
  ['a dry run writes nothing', 60, { dryRun: true }, false, 'dry-run'],
  ['a dry run within the limit is no refusal', 5, { dryRun: true }, false, 'leave'],
] as const) {
  test(`weighing: ${title}`, (t) => {
    const said = weigh(reading(offset), { ...policy, guards: { ...policy.guards, ...change } }, allowZone);
    t.is(said.kind === 'refuse' ? said.guard : said.kind, expected);
  });
}

const good = { hostClock: { good: true }, stopped: false };
for (const [title, conditions, stepped, change, expected] of [
  ['nothing forbids a write when all is well', good, false, {}, undefined],
  ['the stop switch forbids it', { ...good, stopped: true }, false, {}, 'stop-switch'],
  ['the stop switch does not count where its guard is off', { ...good, stopped: true }, false, { stopSwitch: false }, undefined],
  ['a host clock that is not known to be right forbids it', { ...good, hostClock: { good: false, text: 'no answer from ntp1' } }, false, {}, 'host-clock'],
  ['so does one that was stepped', good, true, {}, 'host-clock'],
  ['the host clock does not count where its guard is off', { ...good, hostClock: { good: false } }, true, { hostClock: false }, undefined],
] as const) {
  test(`conditions: ${title}`, (t) => t.is(conditionRefusal(conditions, stepped, { ...policy.guards, ...change })?.guard, expected));
}

for (const [title, meterAt, newAt, waitMs] of [
  ['far from a boundary there is no wait', at(10, 10), at(10, 11), 0],
  ['exactly 30 s away there is none', at(10, 29, 30), at(10, 29, 30), 0],
  ["the meter's time 20 s before a boundary waits until 30 s after it", at(10, 29, 40), at(10, 10), 50_000],
  ['the new time on a boundary waits 30 s', at(10, 20), at(10, 30), 30_000],
  ['leaving one neighbourhood may lead into the other', at(10, 30, 10), at(10, 29, 20), 70_000],
] as const) {
  test(`boundary: ${title}`, (t) => t.is(boundaryWaitMs(meterAt, newAt, boundary), waitMs));
}

test('boundary: 0 seconds switch it off', (t) => {
  t.is(boundaryWaitMs(at(10, 30), at(10, 30), { ...boundary, withinSeconds: 0 }), 0);
  t.is(dialDelayMs(at(10, 30), 3_000, { ...boundary, withinSeconds: 0 }), 0);
});

test('boundary: neighbourhoods that leave no room are never clear', (t) => {
  t.is(boundaryWaitMs(at(10, 0), at(10, 0), { ...boundary, intervalMinutes: 1, withinSeconds: 60 }), Number.POSITIVE_INFINITY);
});

test('boundary: after the wait both times are clear, and a moment before one was not', (t) => {
  const near = fc.integer({ min: -200_000, max: 200_000 });
  const clear = (ms: number) => Math.min(ms % 1_800_000, 1_800_000 - (ms % 1_800_000)) >= 30_000;
  fc.assert(
    fc.property(near, near, (a, b) => {
      const [meterAt, newAt] = [at(10, 30) + a, at(10, 30) + b];
      const waitMs = boundaryWaitMs(meterAt, newAt, boundary);
      t.true(clear(meterAt + waitMs) && clear(newAt + waitMs));
      if (waitMs > 0) t.false(clear(meterAt + waitMs - 1) && clear(newAt + waitMs - 1));
    }),
  );
});

test('boundary: a wait beyond the longest is refused, one within is waited for with a margin', (t) => {
  t.deepEqual(passage(reading(0, at(10, 30)), 0, boundary), { kind: 'wait', waitMs: 31_000 });
  t.is(passage(reading(0, at(10, 30)), 50_000, boundary).kind, 'refuse');
  t.is(passage(reading(-55, at(10, 30, 29)), 0, boundary).kind, 'wait');
  const two = passage({ meterAt: at(10, 29, 31), serverAt: at(10, 28, 40), offsetSeconds: 51 }, 0, boundary);
  t.is(two.kind, 'refuse');
});

test('a correction crosses a boundary when the two times lie in different intervals', (t) => {
  t.true(crossesBoundary(at(10, 28), at(10, 32), 30));
  t.false(crossesBoundary(at(10, 31), at(10, 32), 30));
});

test('dialling is put off when the write would meet a boundary, by the time that the connection takes', (t) => {
  t.is(dialDelayMs(at(10, 29, 0), 45_000, boundary), 45_000);
  t.is(dialDelayMs(at(10, 29, 0), 3_000, boundary), 0);
  t.is(dialDelayMs(at(10, 29, 0), null, boundary), 0);
  t.is(dialDelayMs(at(10, 10), 45_000, boundary), 0);
});
