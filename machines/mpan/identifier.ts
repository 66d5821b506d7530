/** Identifiers of the market (appointments 10): each branded type is made by one parse function. */

declare const brand: unique symbol;
/** MPAN core: 13 digits as text. */
export type Mpan = string & { readonly [brand]: 'Mpan' };
/** Market participant id: 4 characters. */
export type Mpid = string & { readonly [brand]: 'Mpid' };
/** DIP id: 10 characters, one per participant and role. */
export type DipId = string & { readonly [brand]: 'DipId' };

/** What was wrong with an identifier: which rule, and the value. */
export interface IdentifierRefusal {
  readonly kind: 'refused';
  readonly rule: 'mpan_length' | 'mpan_check_digit' | 'mpid_format' | 'dip_id_format';
  readonly message: string;
}
export type Parsed<T> = { readonly kind: 'ok'; readonly value: T } | IdentifierRefusal;

const PRIMES = [3, 5, 7, 13, 17, 19, 23, 29, 31, 37, 41, 43] as const;

/** Check digit of the first twelve digits of an MPAN core (appointments 10.1). `digits` holds at least twelve digits. */
export function checkDigitOf(digits: string): number {
  let sum = 0;
  for (const [place, prime] of PRIMES.entries()) sum += prime * (digits.charCodeAt(place) - 48);
  return (sum % 11) % 10;
}

/** Whether a 13-digit text ends in its check digit. */
export function hasCheckDigit(mpan: string): boolean {
  return /^\d{13}$/.test(mpan) && checkDigitOf(mpan) === mpan.charCodeAt(12) - 48;
}

/** 13 digits; with `checkDigit` the last must be right as well (off by default: the documented sample breaks it, appointments 0.2). */
export function parseMpan(text: string, options: { readonly checkDigit?: boolean } = {}): Parsed<Mpan> {
  if (!/^\d{13}$/.test(text)) return { kind: 'refused', rule: 'mpan_length', message: 'MPAN core must be exactly 13 digits' };
  if (options.checkDigit === true && !hasCheckDigit(text)) {
    return { kind: 'refused', rule: 'mpan_check_digit', message: `MPAN core must end in its check digit ${checkDigitOf(text)}` };
  }
  return { kind: 'ok', value: text as Mpan };
}

/** Four letters as requests and the DIP demand (upper-cased, appointments 1.1), or four letters or digits as stored records may hold (0.2, 7). */
export function parseMpid(text: string, form: 'request' | 'stored' = 'request'): Parsed<Mpid> {
  const value = text.toUpperCase();
  if (form === 'request' && !/^[A-Z]{4}$/.test(value)) return { kind: 'refused', rule: 'mpid_format', message: 'MPID must be exactly 4 letters' };
  if (!/^[A-Z0-9]{4}$/.test(value)) return { kind: 'refused', rule: 'mpid_format', message: 'MPID must be exactly 4 letters or digits' };
  return { kind: 'ok', value: value as Mpid };
}

/** Ten letters or digits; what the leading pair says is a convention, not a rule (appointments 3). */
export function parseDipId(text: string): Parsed<DipId> {
  if (!/^[0-9A-Za-z]{10}$/.test(text)) return { kind: 'refused', rule: 'dip_id_format', message: 'DIP ID must be exactly 10 letters or digits' };
  return { kind: 'ok', value: text as DipId };
}
