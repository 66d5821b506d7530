export { formatLondon, formatUtc, londonMidnight, parseInstant, parseWrittenDateTime, settlementDateOf, type WrittenDateTime } from './date-time.ts';
export { addDays, dateOfDay, daysBetween, epochDay, isSettlementDate } from './dates.ts';
export { type EffectiveFrom, MAX_DAYS_AHEAD, parseEffectiveFrom } from './effective-from.ts';
export { londonDate, londonDay, londonInstant, londonInstantOfDay, londonOffsetMs, londonTimeOfDayMs, timeOfDayMs } from './london.ts';
export { BANK_HOLIDAYS, createWorkingDays, type WorkingDays } from './working-days.ts';
