/**
 * Date and time as the clocks of EDMI and EMLITE meters hold them: whole seconds, no zone, no weekday. What zone it is in is
 * for the caller to know.
 */
export interface CivilTime {
  /** Full year, such as 2024. */
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Does the calendar have this day, and the day this second? 29 February needs a leap year; second 60 is none. */
export function isCivil(time: CivilTime): boolean {
  const { year, month, day, hour, minute, second } = time;
  if (![year, month, day, hour, minute, second].every(Number.isInteger)) return false;
  if (year < 0 || year > 9999 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return false;
  return hour >= 0 && hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `YYYY-MM-DDThh:mm:ss` */
export function civilText(time: CivilTime): string {
  const { year, month, day, hour, minute, second } = time;
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${pad(hour)}:${pad(minute)}:${pad(second)}`;
}

/** The reverse of {@link civilText}; undefined when the text is no such time. */
export function parseCivilText(text: string): CivilTime | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.slice(1).map(Number);
  const time: CivilTime = { year, month, day, hour, minute, second };
  return isCivil(time) ? time : undefined;
}

/** 0 Sunday to 6 Saturday, of the Gregorian calendar. */
export function weekdayOf(time: Pick<CivilTime, 'year' | 'month' | 'day'>): number {
  const { year, month, day } = time;
  const shifted = month < 3 ? year - 1 : year;
  const months = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];
  const leaps = Math.floor(shifted / 4) - Math.floor(shifted / 100) + Math.floor(shifted / 400);
  return (((shifted + leaps + (months[month - 1] ?? 0) + day) % 7) + 7) % 7;
}
