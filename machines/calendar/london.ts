/**
 * London's clock. The offset comes from the time zone data of Intl; because a look-up there costs microseconds and this is
 * asked at every step, the changes of a year are found once and kept (at most `MAX_YEARS` years).
 */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';
import { DAY_MS, dateOfDay, epochDay } from './dates.ts';

const MAX_YEARS = 64;
const HALF_DAY_MS = DAY_MS / 2;

const format = new Intl.DateTimeFormat('en-GB', { timeZone: 'Europe/London', timeZoneName: 'longOffset' });

/** A stretch of one UTC year with one offset, up to `until` (exclusive). */
interface Stretch {
  readonly until: EpochMs;
  readonly offsetMs: number;
}

const years = new Map<number, readonly Stretch[]>();

/** Asks the time zone data: slow, exact to the minute. */
function lookUp(at: EpochMs): number {
  const name = format.formatToParts(at).find((part) => part.type === 'timeZoneName')?.value ?? 'GMT';
  const found = /^GMT([+-])(\d{2}):(\d{2})/.exec(name);
  if (!found) return 0;
  const minutes = Number(found[2]) * 60 + Number(found[3]);
  return (found[1] === '-' ? -minutes : minutes) * 60_000;
}

/** First second in (from, to] whose offset differs from that at `from`; they differ at the ends. */
function findChange(from: EpochMs, to: EpochMs, before: number): EpochMs {
  let low = from;
  let high = to;
  while (high - low > 1_000) {
    const middle = Math.floor((low + high) / 2_000) * 1_000;
    if (lookUp(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}

function stretchesOf(year: number): readonly Stretch[] {
  const start = new Date(0).setUTCFullYear(year, 0, 1);
  const end = new Date(0).setUTCFullYear(year + 1, 0, 1);
  const found: Stretch[] = [];
  let offsetMs = lookUp(start);
  for (let at = start; at < end; at += DAY_MS) {
    const next = lookUp(at + DAY_MS);
    if (next !== offsetMs) {
      found.push({ until: findChange(at, at + DAY_MS, offsetMs), offsetMs });
      offsetMs = next;
    }
  }
  found.push({ until: end, offsetMs });
  return found;
}

/** How far London's clock is ahead of UTC at that instant, in milliseconds. Throws a RangeError for what is no instant. */
export function londonOffsetMs(at: EpochMs): number {
  const year = new Date(at).getUTCFullYear();
  if (Number.isNaN(year)) throw new RangeError(`instant: must be a finite time, got ${at}`);
  let stretches = years.get(year);
  if (!stretches) {
    stretches = stretchesOf(year);
    if (years.size >= MAX_YEARS) years.clear();
    years.set(year, stretches);
  }
  for (const stretch of stretches) if (at < stretch.until) return stretch.offsetMs;
  return 0;
}

/** London's calendar day at that instant, as days since 1970-01-01. */
export function londonDay(at: EpochMs): number {
  return Math.floor((at + londonOffsetMs(at)) / DAY_MS);
}

/** London's calendar date at that instant. */
export function londonDate(at: EpochMs): SettlementDate {
  return dateOfDay(londonDay(at));
}

/** Milliseconds that London's wall clock shows past midnight at that instant. */
export function londonTimeOfDayMs(at: EpochMs): number {
  const wall = at + londonOffsetMs(at);
  return wall - Math.floor(wall / DAY_MS) * DAY_MS;
}

/**
 * The instant at which London's wall clock shows that time on that day. A time that comes twice is the first of the two; one
 * that is skipped is as far after the change as it would have been without it.
 * @param day days since 1970-01-01
 */
export function londonInstantOfDay(day: number, timeOfDayMs: number): EpochMs {
  const wall = day * DAY_MS + timeOfDayMs;
  const first = wall - londonOffsetMs(wall - HALF_DAY_MS);
  if (first + londonOffsetMs(first) === wall) return first;
  const second = wall - londonOffsetMs(wall + HALF_DAY_MS);
  return second + londonOffsetMs(second) === wall ? second : first;
}

/** @param time wall clock, `HH:MM` */
export function londonInstant(date: SettlementDate, time = '00:00'): EpochMs {
  return londonInstantOfDay(epochDay(date), timeOfDayMs(time));
}

/** Milliseconds past midnight of `HH:MM`. Throws a RangeError for another form. */
export function timeOfDayMs(time: string): number {
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time);
  if (!found) throw new RangeError(`time of day: must be HH:MM, got ${time}`);
  return (Number(found[1]) * 60 + Number(found[2])) * 60_000;
}
