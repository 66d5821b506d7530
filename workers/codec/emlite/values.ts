/** What the objects of an Emlite meter hold (meter-protocols 6.3). Numbers have the low octet first. */
import { bad, type CivilTime, type Decoded, type Encoded, encoded, glimpse, good, isCivil, unencodable, weekdayOf } from '../common/index.ts';

export interface EmliteClock {
  /** UTC, years 2000 to 2099. */
  readonly time: CivilTime;
  /** As the meter sent it; sources differ on what it counts from, so nothing rests on it. */
  readonly dayOctet: number;
}

/** `YY MM DD hh mm ss dow`, binary. Errors: `bad_length`, `bad_value` (no such day or second). */
export function decodeEmliteClock(octets: Uint8Array): Decoded<EmliteClock> {
  if (octets.length !== 7) return bad('bad_length', 0, 'clock: seven octets', octets.length, octets.length);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, dayOctet = 0] = octets;
  const time: CivilTime = { year: 2000 + year, month, day, hour, minute, second };
  if (year > 99 || !isCivil(time)) return bad('bad_value', 0, 'clock: a date and time of the calendar', glimpse(octets), 7);
  return good({ time, dayOctet }, 7);
}

/** Which day the last octet of the clock counts from, as 0. */
export type WeekStart = 'sunday' | 'monday';

export interface EmliteClockOptions {
  /** Default `sunday`, as a live reading shows; a definition file says Monday. */
  readonly weekStart?: WeekStart;
  /** The octet itself, in place of the one that is computed. */
  readonly dayOctet?: number;
}

/** @param time UTC, years 2000 to 2099 */
export function encodeEmliteClock(time: CivilTime, options: EmliteClockOptions = {}): Encoded {
  if (!isCivil(time)) return unencodable('clock: a date and time of the calendar', JSON.stringify(time));
  const { year, month, day, hour, minute, second } = time;
  if (year < 2000 || year > 2099) return unencodable('year: 2000 to 2099', year);
  const sunday = weekdayOf(time);
  const dayOctet = options.dayOctet ?? (options.weekStart === 'monday' ? (sunday + 6) % 7 : sunday);
  if (!Number.isInteger(dayOctet) || dayOctet < 0 || dayOctet > 0xff) return unencodable('day octet: 0 to 255', dayOctet);
  return encoded(Uint8Array.of(year - 2000, month, day, hour, minute, second, dayOctet));
}

/** Characters of a text object on the wire. */
const TEXT_LENGTH = 16;

/** Text without the blanks that pad it. Never fails. */
export function decodeEmliteText(octets: Uint8Array): Decoded<string> {
  let end = octets.length;
  while (end > 0 && octets[end - 1] === 0x20) end--;
  let text = '';
  for (const octet of octets.subarray(0, end)) text += String.fromCharCode(octet);
  return good(text, octets.length);
}

/** Text of up to 16 characters 00 to FF, padded with blanks to 16. */
export function encodeEmliteText(text: string): Encoded {
  if (text.length > TEXT_LENGTH) return unencodable(`text: at most ${TEXT_LENGTH} characters`, text.length);
  const octets = new Uint8Array(TEXT_LENGTH).fill(0x20);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) return unencodable('text: characters 00 to FF', `character ${code}`);
    octets[index] = code;
  }
  return encoded(octets);
}

/** Signal of the modem: `operator` in bits 5 to 7, `csq` in bits 0 to 4. */
export interface EmliteSignal {
  /** 0 to 31, as AT+CSQ counts it. */
  readonly csq: number;
  /** 0 to 7. */
  readonly operator: number;
}

export function decodeEmliteSignal(octets: Uint8Array): Decoded<EmliteSignal> {
  if (octets.length !== 1) return bad('bad_length', 0, 'signal: one octet', octets.length, octets.length);
  const octet = octets[0] ?? 0;
  return good({ csq: octet & 0x1f, operator: octet >>> 5 }, 1);
}

export function encodeEmliteSignal({ csq, operator }: EmliteSignal): Encoded {
  if (!Number.isInteger(csq) || csq < 0 || csq > 31) return unencodable('csq: 0 to 31', csq);
  if (!Number.isInteger(operator) || operator < 0 || operator > 7) return unencodable('operator: 0 to 7', operator);
  return encoded(Uint8Array.of((operator << 5) | csq));
}

/** A whole number with the low octet first: the balance (signed, 32 bits), the voltage (16), the time of a log (32). */
export interface EmliteNumber {
  readonly octets: 1 | 2 | 4;
  readonly signed: boolean;
}

export const EMLITE_NUMBERS = {
  /** Prepayment balance in 0.00001 GBP. */
  balance: { octets: 4, signed: true },
  /** Tenths of a volt. */
  voltage: { octets: 2, signed: false },
  /** Seconds since 2000-01-01T00:00:00Z. */
  logTime: { octets: 4, signed: false },
} as const satisfies Readonly<Record<string, EmliteNumber>>;

/** Error: `bad_length`. */
export function decodeEmliteNumber(octets: Uint8Array, form: EmliteNumber): Decoded<number> {
  if (octets.length !== form.octets) return bad('bad_length', 0, `number: ${form.octets} octets`, octets.length, octets.length);
  let value = 0;
  for (let at = form.octets - 1; at >= 0; at--) value = value * 256 + (octets[at] ?? 0);
  const range = 2 ** (8 * form.octets);
  return good(form.signed && value >= range / 2 ? value - range : value, form.octets);
}

export function encodeEmliteNumber(value: number, form: EmliteNumber): Encoded {
  const range = 2 ** (8 * form.octets);
  const least = form.signed ? -range / 2 : 0;
  if (!Number.isInteger(value) || value < least || value >= least + range) return unencodable(`number: from ${least} to ${least + range - 1}`, value);
  const octets = new Uint8Array(form.octets);
  for (let at = 0; at < form.octets; at++) octets[at] = value >>> (8 * at);
  return encoded(octets);
}
