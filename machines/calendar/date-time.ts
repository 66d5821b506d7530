/** Date-times as text: the 25-character form of the DIP (appointments 3) and what ISO 8601 allows on input. */
import type { EpochMs } from '../common/effects.ts';
import type { SettlementDate } from '../market/message.ts';
import { DAY_MS, dayOfParts } from './dates.ts';
import { londonDate, londonInstant, londonOffsetMs } from './london.ts';

const FORM = /^(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?$/;

/** A date-time as it was written. */
export interface WrittenDateTime {
  /** Days since 1970-01-01 of the date as written. */
  readonly day: number;
  /** Time as written, milliseconds past midnight; a finer fraction counts as one millisecond. */
  readonly timeOfDayMs: number;
  /** Null when no offset was written. */
  readonly offsetMs: number | null;
}

function parseOffset(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = text.length > 3 ? Number(text.slice(-2)) : 0;
  if (hours > 23 || minutes > 59) return undefined;
  return (text[0] === '-' ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Parse ISO 8601 date and time; undefined when the form, the date or the time does not exist. */
export function parseWrittenDateTime(text: string): WrittenDateTime | undefined {
  const found = text.length > 48 ? null : FORM.exec(text);
  if (!found) return undefined;
  const day = dayOfParts(Number(found[1]), Number(found[2]), Number(found[3]));
  const [hours, minutes, seconds] = [Number(found[4]), Number(found[5]), Number(found[6] ?? 0)];
  const offsetMs = parseOffset(found[8]);
  if (Number.isNaN(day) || hours > 23 || minutes > 59 || seconds > 59 || offsetMs === undefined) return undefined;
  const fractionMs = Math.ceil(Number(`0.${found[7] ?? 0}`) * 1_000);
  return { day, timeOfDayMs: ((hours * 60 + minutes) * 60 + seconds) * 1_000 + fractionMs, offsetMs };
}

/** The instant of an ISO date-time with an offset; undefined for anything else. */
export function parseInstant(text: string): EpochMs | undefined {
  const written = parseWrittenDateTime(text);
  return written?.offsetMs == null ? undefined : written.day * DAY_MS + written.timeOfDayMs - written.offsetMs;
}

/** The settlement date of a market date-time: London's date at that instant. Undefined when it is no date-time with an offset. */
export function settlementDateOf(text: string): SettlementDate | undefined {
  const at = parseInstant(text);
  return at === undefined ? undefined : londonDate(at);
}

function withOffset(at: EpochMs, offsetMs: number): string {
  const minutes = Math.abs(offsetMs) / 60_000;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${new Date(at + offsetMs).toISOString().slice(0, 19)}${offsetMs < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** 25-character form in UTC: `2026-03-24T10:35:00+00:00`; parts of a second are dropped. */
export function formatUtc(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19)}+00:00`;
}

/** 25-character form in London's time. */
export function formatLondon(at: EpochMs): string {
  return withOffset(at, londonOffsetMs(at));
}

/** London midnight of a settlement date in the 25-character form: `2026-03-30T00:00:00+01:00`. */
export function londonMidnight(date: SettlementDate): string {
  return formatLondon(londonInstant(date));
}
