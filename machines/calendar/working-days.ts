/** Working days: Monday to Friday less the bank holidays of England and Wales (appointments 0.1). */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';
import holidays from './bank-holidays.json' with { type: 'json' };
import { dateOfDay, epochDay } from './dates.ts';
import { londonDay, londonInstantOfDay, londonTimeOfDayMs } from './london.ts';

/** The built-in list, 2024 to 2030. */
export const BANK_HOLIDAYS: readonly SettlementDate[] = holidays.dates;

export interface WorkingDays {
  isWorkingDay(date: SettlementDate): boolean;
  /** The same wall-clock time in London `count` working days later (earlier when negative). */
  addWorkingDays(at: EpochMs, count: number): EpochMs;
  /** The date `count` working days later (earlier when negative). */
  addWorkingDaysToDate(date: SettlementDate, count: number): SettlementDate;
}

/** @param bankHolidays dates that are no working days besides weekends. Throws a RangeError for what is no date. */
export function createWorkingDays(bankHolidays: readonly SettlementDate[] = BANK_HOLIDAYS): WorkingDays {
  const closed = new Set(bankHolidays.map(epochDay));
  if (closed.has(Number.NaN)) throw new RangeError('bankHolidays: must be dates YYYY-MM-DD');
  const working = (day: number): boolean => {
    const weekday = (((day + 4) % 7) + 7) % 7; // day 0 was a Thursday; 0 is Sunday
    return weekday !== 0 && weekday !== 6 && !closed.has(day);
  };
  const move = (from: number, count: number): number => {
    const step = count < 0 ? -1 : 1;
    let day = from;
    for (let left = Math.abs(count); left > 0; ) {
      day += step;
      if (working(day)) left--;
    }
    return day;
  };
  return {
    isWorkingDay: (date) => working(epochDay(date)),
    addWorkingDays: (at, count) => londonInstantOfDay(move(londonDay(at), count), londonTimeOfDayMs(at)),
    addWorkingDaysToDate: (date, count) => dateOfDay(move(epochDay(date), count)),
  };
}
