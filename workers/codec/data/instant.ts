/**
 * Between a meter's date-time and an instant, with the rules of meter-protocols 5.7. Arithmetic alone, no clock: the calendar is
 * the Gregorian one, days are of 86,400 s.
 */
import { type CodecError, codecError } from '../common/index.ts';
import { type DateTime, type DateTimeFields, fieldOutOfRange, MOST_DEVIATION_MINUTES, statusFlagsOf } from './date-time.ts';

/** How a meter type means its deviation: `normal` local + deviation = UTC (Blue Book), `inverted` local - deviation = UTC, `ignore` not at all. */
export type DeviationSign = 'normal' | 'inverted' | 'ignore';

export interface ToInstantOptions {
  /** Default `normal`. */
  readonly deviationSign?: DeviationSign;
  /** Minutes that the meter's fields are ahead of UTC where the deviation is not specified or ignored. Default 0, GMT. */
  readonly baseOffsetMinutes?: number;
}

export type InstantOutcome =
  /** `rests` names what the zone was taken from: a wrong sign shows as a difference of whole half hours, a wrong base likewise. */
  | { readonly kind: 'instant'; readonly epochMs: number; readonly rests: 'deviation' | 'base' }
  | { readonly kind: 'none'; readonly reason: NoInstant; readonly field: keyof DateTimeFields };

/**
 * `not-specified`: the field is a wildcard, or a code such as the last day of the month. `out-of-range`: also 24:00 and second 60,
 * which no meter may show. `not-a-date`: a day that the month does not have.
 */
export type NoInstant = 'not-specified' | 'out-of-range' | 'not-a-date';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const NEEDED = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/** Hundredths that are not specified count as 0. Weekday and status are not looked at. */
export function toInstant(dateTime: DateTimeFields, options: ToInstantOptions = {}): InstantOutcome {
  for (const field of NEEDED) if (dateTime[field] === null) return { kind: 'none', reason: 'not-specified', field };
  const deviationSign = options.deviationSign ?? 'normal';
  const wrong = fieldOutOfRange({ ...dateTime, dayOfWeek: null, deviationMinutes: deviationSign === 'ignore' ? null : dateTime.deviationMinutes });
  if (wrong !== undefined) return { kind: 'none', reason: 'out-of-range', field: wrong };
  const { year, month, day, hour, minute, second, hundredths, deviationMinutes } = dateTime;
  if ((month ?? 0) > 12) return { kind: 'none', reason: 'not-specified', field: 'month' };
  if ((day ?? 0) > 31) return { kind: 'none', reason: 'not-specified', field: 'day' };
  if ((day ?? 0) > daysInMonth(year ?? 0, month ?? 0)) return { kind: 'none', reason: 'not-a-date', field: 'day' };
  const seconds = ((hour ?? 0) * 60 + (minute ?? 0)) * 60 + (second ?? 0);
  const local = dayNumber(year ?? 0, month ?? 0, day ?? 0) * DAY_MS + seconds * 1000 + (hundredths ?? 0) * 10;
  if (deviationSign === 'ignore' || deviationMinutes === null) {
    return { kind: 'instant', epochMs: local - (options.baseOffsetMinutes ?? 0) * MINUTE_MS, rests: 'base' };
  }
  const signed = deviationSign === 'normal' ? deviationMinutes : -deviationMinutes;
  return { kind: 'instant', epochMs: local + signed * MINUTE_MS, rests: 'deviation' };
}

export interface FromInstantOptions {
  /** Minutes that the written fields are ahead of UTC, daylight saving included. Default 0, GMT. */
  readonly baseOffsetMinutes?: number;
  /** `given` in the sign of `deviationSign`, or `unspecified` (8000). Default `given`. */
  readonly deviation?: 'given' | 'unspecified';
  /** Default `normal`; `ignore` writes as `normal` does. */
  readonly deviationSign?: DeviationSign;
  /** Status 80 or 00; null writes FF. Default false. */
  readonly daylightSaving?: boolean | null;
  /** 1 to 7, or FF. Default `filled`. */
  readonly dayOfWeek?: 'filled' | 'unspecified';
  /** `zero`: the instant is taken down to its second. Default `zero`. */
  readonly hundredths?: 'zero' | 'filled' | 'unspecified';
}

/** What Iskraemeco's meters are written: no deviation, weekday filled, status 80 in daylight saving else 00. */
export const ISKRAEMECO_PRACTICE = { deviation: 'unspecified', dayOfWeek: 'filled', hundredths: 'zero' } as const satisfies FromInstantOptions;

/** What Landis+Gyr's meters are written: everything, with the zone's deviation. */
export const LANDIS_GYR_PRACTICE = { deviation: 'given', dayOfWeek: 'filled', hundredths: 'zero' } as const satisfies FromInstantOptions;

export type FromInstantOutcome = { readonly kind: 'good'; readonly value: DateTime } | { readonly kind: 'bad'; readonly error: CodecError };

/** The date-time to write into a clock that shall show this instant. An instant outside the years 0 to 65534 is refused. */
export function fromInstant(epochMs: number, options: FromInstantOptions = {}): FromInstantOutcome {
  const base = options.baseOffsetMinutes ?? 0;
  if (!Number.isInteger(base) || Math.abs(base) > MOST_DEVIATION_MINUTES) {
    return { kind: 'bad', error: codecError('bad_value', 0, `baseOffsetMinutes: at most ${MOST_DEVIATION_MINUTES}, either way`, base) };
  }
  const local = Math.floor(epochMs) + base * MINUTE_MS;
  const days = Math.floor(local / DAY_MS);
  const date = dateOf(days);
  if (!Number.isSafeInteger(local) || date.year < 0 || date.year > 0xfffe) {
    return { kind: 'bad', error: codecError('bad_value', 0, 'epochMs: an instant of the years 0 to 65534', epochMs) };
  }
  const ofDay = local - days * DAY_MS;
  const clockStatus = options.daylightSaving === null ? null : options.daylightSaving ? 0x80 : 0;
  return {
    kind: 'good',
    value: {
      ...date,
      dayOfWeek: options.dayOfWeek === 'unspecified' ? null : weekday(days),
      hour: Math.floor(ofDay / 3_600_000),
      minute: Math.floor(ofDay / MINUTE_MS) % 60,
      second: Math.floor(ofDay / 1000) % 60,
      hundredths: hundredthsOf(ofDay, options.hundredths ?? 'zero'),
      deviationMinutes: options.deviation === 'unspecified' ? null : deviationOf(base, options.deviationSign ?? 'normal'),
      clockStatus,
      statusFlags: statusFlagsOf(clockStatus),
    },
  };
}

function hundredthsOf(ofDayMs: number, how: 'zero' | 'filled' | 'unspecified'): number | null {
  if (how === 'unspecified') return null;
  return how === 'zero' ? 0 : Math.floor((ofDayMs % 1000) / 10);
}

/** Written so that a base of 0 gives 0, never -0. */
function deviationOf(base: number, sign: DeviationSign): number {
  return sign === 'inverted' ? base : 0 - base;
}

/** 1970-01-01 was a Thursday, 4. */
function weekday(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last. */
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** The inverse of {@link dayNumber}. */
function dateOf(days: number): { readonly year: number; readonly month: number; readonly day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096);
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}
