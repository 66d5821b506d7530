/** Civil date and time as IEC 62056-21 meters give it: no zone, no hundredths. */
import { codecError, type Decoded, type Encoded, encoded, good, unencodable } from '../common/index.ts';
import { octetsOf } from './octets.ts';

export interface CivilTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `YYYY-MM-DD`. */
export const dateText = (at: CivilTime): string => `${String(at.year).padStart(4, '0')}-${two(at.month)}-${two(at.day)}`;
/** `hh:mm:ss`. */
export const timeText = (at: CivilTime): string => `${two(at.hour)}:${two(at.minute)}:${two(at.second)}`;
/** `YYYY-MM-DDThh:mm:ss`. */
export const clockText = (at: CivilTime): string => `${dateText(at)}T${timeText(at)}`;

/** The time of a text that {@link clockText} made; undefined when it is none. */
export function clockOfText(text: string): CivilTime | undefined {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text)?.slice(1).map(Number);
  if (parts === undefined) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const at = { year, month, day, hour, minute, second };
  return fieldFault(at) === undefined ? at : undefined;
}

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

export function daysIn(year: number, month: number): number {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return leap ? 29 : (LENGTHS[month - 1] ?? 0);
}

/** The rule of the first field outside its range and what stood there; undefined for a time that exists. */
export function fieldFault(at: CivilTime): { readonly rule: string; readonly got: number } | undefined {
  const outside = (value: number, least: number, most: number): boolean => !Number.isInteger(value) || value < least || value > most;
  if (outside(at.year, 1, 9999)) return { rule: 'year: 1 to 9999', got: at.year };
  if (outside(at.month, 1, 12)) return { rule: 'month: 1 to 12', got: at.month };
  if (outside(at.day, 1, daysIn(at.year, at.month))) return { rule: 'day: a day of the month', got: at.day };
  if (outside(at.hour, 0, 23)) return { rule: 'hour: 0 to 23', got: at.hour };
  if (outside(at.minute, 0, 59)) return { rule: 'minute: 0 to 59', got: at.minute };
  if (outside(at.second, 0, 59)) return { rule: 'second: 0 to 59', got: at.second };
  return undefined;
}

/** A good time, or `bad_value` with the field's rule. */
export function checkedTime<T extends CivilTime>(at: T, consumed: number): Decoded<T> {
  const fault = fieldFault(at);
  if (fault === undefined) return good(at, consumed);
  return { kind: 'bad', error: codecError('bad_value', 0, fault.rule, fault.got), consumed };
}

/** Season of {@link SeasonedTime}: 0 normal, 1 daylight saving, 2 UTC. */
export type Season = 0 | 1 | 2;

export interface SeasonedTime extends CivilTime {
  readonly season: Season;
}

/**
 * The value of address `0.9.4`: `YYMMDDshhmmss`, thirteen digits. YY is a year from 2000 on.
 * Errors: `bad_length`, `bad_value`.
 */
export function decodeSeasonedTime(value: string): Decoded<SeasonedTime> {
  if (!/^\d{13}$/.test(value)) {
    return { kind: 'bad', error: codecError('bad_length', 0, 'clock: thirteen digits, YYMMDDshhmmss', value.slice(0, 20)), consumed: value.length };
  }
  const pair = (at: number): number => Number(value.slice(at, at + 2));
  const season = Number(value[6]);
  if (season !== 0 && season !== 1 && season !== 2) {
    return { kind: 'bad', error: codecError('bad_value', 6, 'season: 0 normal, 1 daylight saving, 2 UTC', season), consumed: value.length };
  }
  return checkedTime({ year: 2000 + pair(0), month: pair(2), day: pair(4), hour: pair(7), minute: pair(9), second: pair(11), season }, value.length);
}

/** The thirteen digits as octets. The year must be from 2000 to 2099. */
export function encodeSeasonedTime(at: SeasonedTime): Encoded {
  const fault = fieldFault(at);
  if (fault !== undefined) return unencodable(fault.rule, fault.got);
  if (at.year < 2000 || at.year > 2099) return unencodable('year: 2000 to 2099', at.year);
  if (at.season !== 0 && at.season !== 1 && at.season !== 2) return unencodable('season: 0, 1 or 2', at.season);
  return encoded(octetsOf(`${two(at.year - 2000)}${two(at.month)}${two(at.day)}${at.season}${two(at.hour)}${two(at.minute)}${two(at.second)}`));
}
