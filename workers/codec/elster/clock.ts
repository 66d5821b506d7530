/**
 * Clock, adjustment and serial number of the Elster meters (meter-protocols 6.1, steps 8 and 10).
 *
 * ```
 *   861  ss mm hh DD MM dow YY     BCD; the upper two bits of DD and three of MM are flags; YY 99 is 1999, else 2000 + YY
 *   862  vv vv                     bit 15 retard, low 15 bits seconds
 *   798  ASCII, padded with blanks
 * ```
 */
import { bad, type Decoded, type Encoded, encoded, good, hexOctet, toHex, unencodable } from '../common/index.ts';
import { type CivilTime, checkedTime, fieldFault } from '../iec62056-21/index.ts';

export const CLOCK_OCTETS = 7;
const DAY_MASK = 0x3f;
const MONTH_MASK = 0x1f;
const RETARD = 0x8000;

/** The weekday is not looked at. Errors: `bad_length`, `bad_value` (not BCD, or no such time). */
export function decodeElsterClock(octets: Uint8Array): Decoded<CivilTime> {
  if (octets.length !== CLOCK_OCTETS) return bad('bad_length', 0, 'clock: seven octets', octets.length, octets.length);
  const digits: number[] = [];
  for (let index = 0; index < CLOCK_OCTETS; index++) {
    const mask = index === 3 ? DAY_MASK : index === 4 ? MONTH_MASK : 0xff;
    const octet = (octets[index] ?? 0) & mask;
    if (index !== 5 && ((octet & 0x0f) > 9 || octet >> 4 > 9)) return bad('bad_value', index, 'clock: BCD digits', hexOctet(octet), octets.length);
    digits.push((octet >> 4) * 10 + (octet & 0x0f));
  }
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, , short = 0] = digits;
  return checkedTime({ year: short === 99 ? 1999 : 2000 + short, month, day, hour, minute, second }, octets.length);
}

/**
 * @param weekday written as it is; 00 in every write
 * Errors: `bad_value`; the year must be from 1999 to 2098.
 */
export function encodeElsterClock(at: CivilTime, weekday = 0): Encoded {
  const fault = fieldFault(at);
  if (fault !== undefined) return unencodable(fault.rule, fault.got);
  if (at.year < 1999 || at.year > 2098) return unencodable('year: 1999 to 2098', at.year);
  if (!Number.isInteger(weekday) || weekday < 0 || weekday > 9) return unencodable('weekday: 0 to 9', weekday);
  const fields = [at.second, at.minute, at.hour, at.day, at.month, weekday, at.year % 100];
  return encoded(Uint8Array.from(fields, (field) => (Math.floor(field / 10) << 4) | (field % 10)));
}

/** Seconds, negative to set the clock back. Errors: `bad_length`. */
export function decodeAdjust(octets: Uint8Array): Decoded<number> {
  if (octets.length !== 2) return bad('bad_length', 0, 'adjust: two octets', octets.length, octets.length);
  const value = ((octets[0] ?? 0) << 8) | (octets[1] ?? 0);
  const seconds = value & ~RETARD;
  return good((value & RETARD) === 0 || seconds === 0 ? seconds : -seconds, 2);
}

/** The meters seen take at most 5 s at once; the field itself holds 32,767. Errors: `bad_value`. */
export function encodeAdjust(seconds: number): Encoded {
  if (!Number.isInteger(seconds) || Math.abs(seconds) > 0x7fff) return unencodable('adjust: -32767 to 32767 seconds', seconds);
  const value = Math.abs(seconds) | (seconds < 0 ? RETARD : 0);
  return encoded(Uint8Array.of(value >> 8, value & 0xff));
}

/** Without the blanks at its end. Errors: `bad_value` where an octet is no printable character. */
export function decodeSerialNumber(octets: Uint8Array): Decoded<string> {
  let text = '';
  for (const [index, octet] of octets.entries()) {
    if (octet !== 0 && (octet < 0x20 || octet > 0x7e)) return bad('bad_value', index, 'serialNumber: printable characters', hexOctet(octet), octets.length);
    text += String.fromCharCode(octet);
  }
  return good(text.replace(/[ \0]+$/, ''), octets.length);
}

/** Octets of a serial number; longer ones would take several packets. */
const MOST_SERIAL = 64;

/** @param length octets, 0 to 64; the rest is blanks. Errors: `bad_value`. */
export function encodeSerialNumber(serialNumber: string, length = 16): Encoded {
  if (!Number.isInteger(length) || length < 0 || length > MOST_SERIAL) return unencodable(`length: 0 to ${MOST_SERIAL} octets`, length);
  if (!/^[\x20-\x7e]*$/.test(serialNumber) || serialNumber.length > length) {
    return unencodable(`serialNumber: at most ${length} printable characters`, serialNumber);
  }
  return encoded(Uint8Array.from({ length }, (_, index) => (index < serialNumber.length ? serialNumber.charCodeAt(index) : 0x20)));
}

/** The scheme (item 795) has no public layout: its octets as hex. */
export const schemeText = (octets: Uint8Array): string => toHex(octets);
