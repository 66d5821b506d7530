/** Character rules and time stamps of user files (appointments 9.1). */
import { londonOffsetMs } from '../calendar/index.ts';
import type { EpochMs } from '../common/effects.ts';

/** Longest line, its closing `|` included. */
export const MAX_LINE = 255;

/** `YYYYMMDDHHMMSS` in London. */
export function londonStamp(at: EpochMs): string {
  return new Date(at + londonOffsetMs(at)).toISOString().slice(0, 19).replace(/\D/g, '');
}

/** `YYYY-MM-DD` to `YYYYMMDD`. */
export function compactDate(date: string): string {
  return date.replaceAll('-', '');
}

/** Printable ASCII without the separator: accents are dropped, white space becomes a space, anything else `?`. */
export function plainText(value: string | null | undefined): string {
  return (value ?? '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('|', '/')
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
}

/**
 * One group line. Values are made plain; when the line is too long, the values at `shrinkable` are cut to a common length
 * that fits.
 */
export function groupLine(values: readonly (string | null)[], shrinkable: readonly number[] = []): string {
  const plain = values.map(plainText);
  const lengthOf = (limit: number): number =>
    plain.reduce((sum, value, index) => sum + 1 + (shrinkable.includes(index) ? Math.min(limit, value.length) : value.length), 0);
  let limit = MAX_LINE;
  while (limit > 0 && lengthOf(limit) > MAX_LINE) limit -= 1;
  return `${plain.map((value, index) => (shrinkable.includes(index) ? value.slice(0, limit).trimEnd() : value)).join('|')}|`;
}
