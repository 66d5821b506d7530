/** Settlement dates: plain calendar dates `YYYY-MM-DD`, without a time or a zone. */
import type { SettlementDate } from '../market/message.ts';

export const DAY_MS = 86_400_000;

const FORM = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Days since 1970-01-01; NaN for what is no date of the calendar (2026-02-30). */
export function epochDay(date: SettlementDate): number {
  const found = FORM.exec(date);
  if (!found) return Number.NaN;
  const day = dayOfParts(Number(found[1]), Number(found[2]), Number(found[3]));
  return day;
}

/** Days since 1970-01-01 of year, month (1 to 12) and day of the month; NaN when there is no such day. */
export function dayOfParts(year: number, month: number, dayOfMonth: number): number {
  const at = new Date(0).setUTCFullYear(year, month - 1, dayOfMonth);
  const made = new Date(at);
  const real = made.getUTCFullYear() === year && made.getUTCMonth() === month - 1 && made.getUTCDate() === dayOfMonth;
  return real ? at / DAY_MS : Number.NaN;
}

/** @param day days since 1970-01-01 */
export function dateOfDay(day: number): SettlementDate {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

export function isSettlementDate(text: string): boolean {
  return !Number.isNaN(epochDay(text));
}

export function addDays(date: SettlementDate, days: number): SettlementDate {
  return dateOfDay(epochDay(date) + days);
}

/** Days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: SettlementDate, to: SettlementDate): number {
  return epochDay(to) - epochDay(from);
}
