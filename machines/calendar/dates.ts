/** Settlement dates: plain calendar dates `YYYY-MM-DD`, without a time or a zone. */
import type { SettlementDate } from '../market/message.ts';

export const DAY_MS = 86_400_000;

const FORM = /^(\d{4})-(\d{2})-(\d{2})$/;

/** Steps ask for the same few days over and over (bench `step`); beyond so many the kept ones are dropped. */
const MAX_KEPT = 4_096;
const keptDays = new Map<SettlementDate, number>();
const keptDates = new Map<number, SettlementDate>();

function keep<K, V>(kept: Map<K, V>, key: K, value: V): V {
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(key, value);
  return value;
}

/** Days since 1970-01-01; NaN for what is no date of the calendar (2026-02-30). */
export function epochDay(date: SettlementDate): number {
  const kept = keptDays.get(date);
  if (kept !== undefined) return kept;
  const found = FORM.exec(date);
  if (!found) return Number.NaN;
  return keep(keptDays, date, dayOfParts(Number(found[1]), Number(found[2]), Number(found[3])));
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
  return keptDates.get(day) ?? keep(keptDates, day, new Date(day * DAY_MS).toISOString().slice(0, 10));
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
