/**
 * London wall-clock forms of instants, for the simulator only: it may not lean on the engine's own dates, since it checks them.
 * Summer time runs from the last Sunday of March, 01:00 UTC, to the last Sunday of October, 01:00 UTC.
 */

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const bounds = new Map<number, readonly [number, number]>();

function lastSundayAtOne(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month + 1, 0, 1));
  return last.getTime() - last.getUTCDay() * DAY_MS;
}

/** Minutes that London is ahead of UTC at an instant: 0 or 60. */
export function londonOffsetMinutes(at: number): 0 | 60 {
  const year = new Date(at).getUTCFullYear();
  let summer = bounds.get(year);
  if (summer === undefined) {
    summer = [lastSundayAtOne(year, 2), lastSundayAtOne(year, 9)];
    bounds.set(year, summer);
  }
  return at >= summer[0] && at < summer[1] ? 60 : 0;
}

let cachedSecond = Number.NaN;
let cachedText = '';

/** The market's 25-character form, `2026-03-30T00:20:00+01:00`; fractions of a second are cut off. */
export function londonDateTime(at: number): string {
  const second = Math.floor(at / 1000);
  if (second === cachedSecond) return cachedText;
  const offset = londonOffsetMinutes(at);
  cachedSecond = second;
  cachedText = `${new Date(second * 1000 + offset * 60_000).toISOString().slice(0, 19)}${offset === 60 ? '+01:00' : '+00:00'}`;
  return cachedText;
}

/** London calendar date of an instant, `YYYY-MM-DD`. */
export function londonDate(at: number): string {
  return new Date(at + londonOffsetMinutes(at) * 60_000).toISOString().slice(0, 10);
}

/** Midnight in London at the start of a settlement date, in the 25-character form. The clocks change at 01:00 UTC, so midnight is never doubtful. */
export function londonMidnight(date: string): string {
  return `${date}T00:00:00${londonOffsetMinutes(Date.parse(`${date}T00:00:00Z`)) === 60 ? '+01:00' : '+00:00'}`;
}

/** Whether a 25-character date-time is midnight in London (what REG1032 asks for). */
export function isLondonMidnight(value: string): boolean {
  return value === londonMidnight(value.slice(0, 10));
}

/** Whether a text is a date-time of exactly 25 characters with numeric offset that names a real instant. */
export function isMarketDateTime(value: unknown): value is string {
  return typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(value) && !Number.isNaN(Date.parse(value));
}

/** Whole days from one settlement date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** The settlement date `days` after another. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/** Compact local time of a DTN line, `YYYYMMDDHHMMSS`. */
export function dtnTimestamp(at: number): string {
  return londonDateTime(at).slice(0, 19).replaceAll(/[-:T]/g, '');
}

/** The instant of a settlement date's London midnight. */
export function midnightInstant(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) - (londonMidnight(date).endsWith('+01:00') ? HOUR_MS : 0);
}
