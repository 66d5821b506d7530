/** The guards of a time update (meter-protocols 2, "Guards"): pure, each by a setting. */
import type { EpochMs } from '../common/effects.ts';
import { offsetText } from './clock.ts';
import type { BoundaryGuard, SessionGuards, SessionPolicy } from './policy.ts';
import type { Conditions } from './ports.ts';
import type { ClockReading, GuardName } from './types.ts';

/** As the host-clock guard says it, here and at the write itself. */
export const HOST_CLOCK_STEPPED = "the host's clock was stepped during the session";

const HALF_HOUR_SECONDS = 1_800;
/** So that the reading after a wait lies beyond the boundary's neighbourhood for certain. */
const WAIT_MARGIN_MS = 1_000;

function isBlank(code: number): boolean {
  return code <= 0x20 || code === 0x7f;
}

function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

/** As serial numbers are compared: without blanks and NULs at the ends, in upper case, without the profile's prefix, without leading zeros. */
export function normaliseSerial(text: string, prefixes: readonly string[]): string {
  const upper = trimmed(text).toUpperCase();
  const prefix = prefixes.map((one) => one.toUpperCase()).find((one) => one !== '' && upper.startsWith(one) && upper.length > one.length);
  return trimmed(upper.slice(prefix?.length ?? 0)).replace(/^0+(?=.)/, '');
}

/** An empty number is nobody's. */
export function isSameSerial(expected: string, given: string, prefixes: readonly string[]): boolean {
  const wanted = normaliseSerial(expected, prefixes);
  return wanted !== '' && wanted === normaliseSerial(given, prefixes);
}

export function isWithinLimit(reading: ClockReading, limitSeconds: number): boolean {
  return Math.abs(reading.offsetSeconds) <= limitSeconds;
}

/** Off by whole half hours, other than none: a matter of zones or of summer time. */
export function isZoneOffset(offsetSeconds: number, withinSeconds: number): boolean {
  const halfHours = Math.round(offsetSeconds / HALF_HOUR_SECONDS);
  return halfHours !== 0 && Math.abs(offsetSeconds - halfHours * HALF_HOUR_SECONDS) <= withinSeconds;
}

/** How long until `at`, moving on, is clear of the boundary it is near; 0 when it is clear. */
function clearInMs(at: EpochMs, intervalMs: number, withinMs: number): number {
  const past = ((at % intervalMs) + intervalMs) % intervalMs;
  if (past < withinMs) return withinMs - past;
  return intervalMs - past < withinMs ? intervalMs - past + withinMs : 0;
}

/** How long until both times are clear of boundaries, milliseconds; `Infinity` when that never happens. */
export function boundaryWaitMs(meterAt: EpochMs, newAt: EpochMs, guard: BoundaryGuard): number {
  const intervalMs = guard.intervalMinutes * 60_000;
  const withinMs = guard.withinSeconds * 1_000;
  if (withinMs <= 0) return 0;
  let waitMs = 0;
  // Leaving one neighbourhood may lead into another, but not more often than there are two of each.
  for (let round = 0; round < 4; round++) {
    const more = Math.max(clearInMs(meterAt + waitMs, intervalMs, withinMs), clearInMs(newAt + waitMs, intervalMs, withinMs));
    if (more === 0) return waitMs;
    waitMs += more;
  }
  return Number.POSITIVE_INFINITY;
}

/** The meter's time and the new one lie in different intervals. */
export function crossesBoundary(meterAt: EpochMs, newAt: EpochMs, intervalMinutes: number): boolean {
  const intervalMs = intervalMinutes * 60_000;
  return Math.floor(meterAt / intervalMs) !== Math.floor(newAt / intervalMs);
}

/** How long to put off dialling so that the write does not meet a boundary; the meter's own time is not known yet. */
export function dialDelayMs(now: EpochMs, leadMs: number | null, guard: BoundaryGuard): number {
  if (leadMs === null) return 0;
  const waitMs = boundaryWaitMs(now + leadMs, now + leadMs, guard);
  return waitMs <= guard.waitMs ? waitMs : 0;
}

export interface Refusal {
  readonly guard: GuardName;
  readonly text: string;
}

/** What the reading alone says about writing. */
export type Weighed = { readonly kind: 'leave' } | { readonly kind: 'update' } | ({ readonly kind: 'refuse' } & Refusal);

export function weigh(reading: ClockReading, policy: Pick<SessionPolicy, 'limitSeconds' | 'guards'>, allowZone: boolean): Weighed {
  const { guards } = policy;
  const off = offsetText(reading.offsetSeconds);
  if (isWithinLimit(reading, policy.limitSeconds)) return { kind: 'leave' };
  if (guards.zoneSeconds !== null && !allowZone && isZoneOffset(reading.offsetSeconds, guards.zoneSeconds)) {
    return { kind: 'refuse', guard: 'zone', text: `the meter is off by whole half hours (${off}): a zone, not a drift` };
  }
  if (guards.largestSeconds !== null && Math.abs(reading.offsetSeconds) > guards.largestSeconds) {
    return { kind: 'refuse', guard: 'largest', text: `a correction of ${off} is larger than ${guards.largestSeconds} s` };
  }
  return guards.dryRun ? { kind: 'refuse', guard: 'dry-run', text: 'dry run: nothing is written' } : { kind: 'update' };
}

/** What forbids a write whatever the reading. `stepped`: the host's clock jumped since the link was opened. */
export function conditionRefusal(conditions: Conditions, stepped: boolean, guards: SessionGuards): Refusal | undefined {
  if (guards.stopSwitch && conditions.stopped) return { guard: 'stop-switch', text: 'the stop switch holds all writes' };
  return hostClockRefusal(conditions, stepped, guards);
}

/** What is wrong with the host's clock: it forbids a write, and a reading by it says nothing. `stepped` as above. */
export function hostClockRefusal(
  { hostClock }: Pick<Conditions, 'hostClock'>,
  stepped: boolean,
  guards: Pick<SessionGuards, 'hostClock'>,
): Refusal | undefined {
  if (!guards.hostClock) return undefined;
  if (stepped) return { guard: 'host-clock', text: HOST_CLOCK_STEPPED };
  if (hostClock.good) return undefined;
  return { guard: 'host-clock', text: `the host's clock is not known to be right${hostClock.text ? `: ${hostClock.text}` : ''}` };
}

/** What the boundary guard says: go, wait so long, or give up. */
export type Passage = { readonly kind: 'free' } | { readonly kind: 'wait'; readonly waitMs: number } | ({ readonly kind: 'refuse' } & Refusal);

/** @param waitedMs what this session has waited already */
export function passage(reading: ClockReading, waitedMs: number, guard: BoundaryGuard): Passage {
  const waitMs = boundaryWaitMs(reading.meterAt, reading.serverAt, guard);
  if (waitMs === 0) return { kind: 'free' };
  // The margin may go beyond the limit; the wait that is needed may not.
  if (waitedMs + waitMs > guard.waitMs)
    return { kind: 'refuse', guard: 'boundary', text: `too near to a boundary of ${guard.intervalMinutes} minutes for too long` };
  return { kind: 'wait', waitMs: Math.min(waitMs + WAIT_MARGIN_MS, guard.waitMs - waitedMs) };
}
