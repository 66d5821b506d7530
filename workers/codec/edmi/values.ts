/** What the registers of an EDMI meter hold (meter-protocols 6.2). */
import { bad, type CivilTime, type Decoded, type Encoded, encoded, glimpse, good, isCivil, type LeniencyName, unencodable, Writer } from '../common/index.ts';

/** Register numbers; the 32-bit commands take the same ones. */
export const EDMI_REGISTERS = {
  model: 0xf000,
  equipmentType: 0xf001,
  /** Text that ends with 00. */
  serialNumber: 0xf002,
  softwareVersion: 0xf003,
  /** Three octets: day month year. */
  date: 0xf010,
  /** Three octets: hour minute second. */
  time: 0xf011,
  /** Standard (winter) time, read and written; for GB it is GMT. */
  clock: 0xf03d,
  /** Another date-time, adjusted for daylight saving. */
  localClock: 0xf061,
} as const;

/** Years are two digits: below 50 they are 20xx, else 19xx. */
const PIVOT = 50;
const FIRST_YEAR = 1900 + PIVOT;
const LAST_YEAR = 2000 + PIVOT - 1;

/**
 * A clock: six binary octets `day month year hour minute second`. Errors: `bad_length`, `bad_value` (no such day or second).
 */
export function decodeEdmiClock(octets: Uint8Array): Decoded<CivilTime> {
  if (octets.length !== 6) return bad('bad_length', 0, 'clock: six octets', octets.length, octets.length);
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0, second = 0] = octets;
  const time: CivilTime = { year: fullYear(year), month, day, hour, minute, second };
  return year < 100 && isCivil(time) ? good(time, 6) : bad('bad_value', 0, 'clock: a date and time of the calendar', glimpse(octets), 6);
}

/** Years 1950 to 2049. */
export function encodeEdmiClock(time: CivilTime): Encoded {
  if (!isCivil(time)) return unencodable('clock: a date and time of the calendar', JSON.stringify(time));
  if (time.year < FIRST_YEAR || time.year > LAST_YEAR) return unencodable(`year: ${FIRST_YEAR} to ${LAST_YEAR}`, time.year);
  return encoded(Uint8Array.of(time.day, time.month, time.year % 100, time.hour, time.minute, time.second));
}

/** Three binary octets `day month year`, in the order of the clock [assumed: F010 is not described]. */
export function decodeEdmiDate(octets: Uint8Array): Decoded<Pick<CivilTime, 'year' | 'month' | 'day'>> {
  if (octets.length !== 3) return bad('bad_length', 0, 'date: three octets', octets.length, octets.length);
  const [day = 0, month = 0, year = 0] = octets;
  const date = { year: fullYear(year), month, day };
  if (year < 100 && isCivil({ ...date, hour: 0, minute: 0, second: 0 })) return good(date, 3);
  return bad('bad_value', 0, 'date: a day of the calendar', glimpse(octets), 3);
}

/** Three binary octets `hour minute second`, in the order of the clock [assumed: F011 is not described]. */
export function decodeEdmiTime(octets: Uint8Array): Decoded<Pick<CivilTime, 'hour' | 'minute' | 'second'>> {
  if (octets.length !== 3) return bad('bad_length', 0, 'time: three octets', octets.length, octets.length);
  const [hour = 0, minute = 0, second = 0] = octets;
  if (hour < 24 && minute < 60 && second < 60) return good({ hour, minute, second }, 3);
  return bad('bad_value', 0, 'time: a second of a day', glimpse(octets), 3);
}

export function encodeEdmiDate(date: Pick<CivilTime, 'year' | 'month' | 'day'>): Encoded {
  const clock = encodeEdmiClock({ ...date, hour: 0, minute: 0, second: 0 });
  return clock.kind === 'good' ? encoded(clock.octets.subarray(0, 3)) : clock;
}

export function encodeEdmiTime(time: Pick<CivilTime, 'hour' | 'minute' | 'second'>): Encoded {
  const clock = encodeEdmiClock({ year: 2000, month: 1, day: 1, ...time });
  return clock.kind === 'good' ? encoded(clock.octets.subarray(3)) : clock;
}

const fullYear = (year: number): number => (year < PIVOT ? 2000 + year : 1900 + year);

/** Text up to its closing 00; without one it goes to the end. Never fails. */
export function decodeEdmiText(octets: Uint8Array): Decoded<string> {
  const zero = octets.indexOf(0);
  const end = zero < 0 ? octets.length : zero;
  let text = '';
  for (const octet of octets.subarray(0, end)) text += String.fromCharCode(octet);
  const trailing: LeniencyName[] = zero >= 0 && zero < octets.length - 1 ? ['trailing-octets'] : [];
  return good(text, octets.length, trailing);
}

/** Text of characters 01 to FF, closed by 00. */
export function encodeEdmiText(text: string): Encoded {
  const octets = new Uint8Array(text.length + 1);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 0xff) return unencodable('text: characters 01 to FF', `character ${code}`);
    octets[index] = code;
  }
  return encoded(octets);
}

/** One answer of several: its data, or the code that the meter gave in place of them. */
export type MultiReadAnswer = { readonly kind: 'data'; readonly data: Uint8Array } | { readonly kind: 'error'; readonly errorCode: number };

/** Octets of a register's value, or `text` for one that ends with 00. The reply does not tell. */
export type EdmiWidth = number | 'text';

/**
 * The answers of a reply to a read of several registers, in the order of the request: `error(1) [data]` each. An error other
 * than 00 has no data behind it [assumed: no reply is recorded].
 *
 * Errors: `truncated`, `trailing_octets`, `bad_value` (a width that is none).
 */
export function decodeMultiReadAnswers(data: Uint8Array, widths: readonly EdmiWidth[]): Decoded<readonly MultiReadAnswer[]> {
  const answers: MultiReadAnswer[] = [];
  let at = 0;
  for (const [index, width] of widths.entries()) {
    const errorCode = data[at];
    if (errorCode === undefined) return bad('truncated', at, `answer ${index}: an error octet`, '', data.length);
    at++;
    if (errorCode !== 0) {
      answers.push({ kind: 'error', errorCode });
      continue;
    }
    const end = width === 'text' ? data.indexOf(0, at) + 1 : at + width;
    if (width === 'text' ? end === 0 : !(Number.isInteger(width) && width >= 0 && end <= data.length))
      return bad('truncated', at, `answer ${index}: ${width === 'text' ? 'text that ends with 00' : `${width} octets`}`, data.length - at, data.length);
    answers.push({ kind: 'data', data: data.subarray(at, end) });
    at = end;
  }
  if (at < data.length) return bad('trailing_octets', at, 'answers: nothing behind the last', data.length - at, data.length);
  return good(answers, at);
}

/** The reverse of {@link decodeMultiReadAnswers}: the data of a `multi-read-reply`. */
export function encodeMultiReadAnswers(answers: readonly MultiReadAnswer[]): Encoded {
  const writer = new Writer();
  for (const [index, answer] of answers.entries()) {
    if (answer.kind === 'data') writer.u8(0).put(answer.data);
    else writer.u8(writer.bounded(`answer ${index}: error code`, answer.errorCode, 1, 0xff));
  }
  return writer.finish();
}
