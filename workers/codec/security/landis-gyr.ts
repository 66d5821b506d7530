/**
 * HLS 2 as Landis+Gyr meters do it (meter-protocols 5.9 and 6.5).
 *
 * ```
 *   challenge  c c c c c c c v     eight hex digits in ASCII
 *   password   p p p p p p p       seven digits in ASCII
 *   response   r r r r r r r v
 * ```
 *
 * The last digit `v` selects how each r is made of its c and p, position 0 being the first: 0 and 5 add modulo 16, 1 or, 2 xor,
 * 3 add on even positions and or on odd ones, 4 add on even and xor on odd.
 */
import { type CodecError, codecError, type Encoded, encoded } from '../common/index.ts';

type Mix = (challenge: number, password: number) => number;

const add: Mix = (challenge, password) => (challenge + password) & 0x0f;
const or: Mix = (challenge, password) => challenge | password;
const xor: Mix = (challenge, password) => challenge ^ password;

/** By variant: what is done on even positions, and on odd ones. */
const VARIANTS: readonly (readonly [even: Mix, odd: Mix])[] = [
  [add, add],
  [or, or],
  [xor, xor],
  [add, or],
  [add, xor],
  [add, add],
];

export const LANDIS_GYR_VARIANTS = VARIANTS.length;

const UPPER = new TextEncoder().encode('0123456789ABCDEF');

/** The value of an ASCII hex digit, either case; -1 for any other octet. */
function digit(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const letter = octet & 0xdf;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}

/** The last digit of a challenge or response, if the octets look like one. Errors: `bad_length`, `bad_value`. */
export function landisGyrVariant(
  octets: Uint8Array,
): { readonly kind: 'good'; readonly variant: number } | { readonly kind: 'bad'; readonly error: CodecError } {
  if (octets.length !== 8) return { kind: 'bad', error: codecError('bad_length', 0, 'challenge: 8 hex digits', `${octets.length} octets`) };
  for (let at = 0; at < 8; at++) {
    if (digit(octets[at]) < 0) return { kind: 'bad', error: codecError('bad_value', at, 'challenge: 8 hex digits', `octet ${octets[at]}`) };
  }
  const variant = digit(octets[7]);
  if (variant < VARIANTS.length) return { kind: 'good', variant };
  return { kind: 'bad', error: codecError('unsupported', 7, `challenge: ends with a variant from 0 to ${VARIANTS.length - 1}`, variant) };
}

/**
 * The answer to a challenge, eight upper-case ASCII digits.
 *
 * @param password seven ASCII digits
 * @param challenge eight ASCII hex digits
 * Errors: `bad_length`, `bad_value`, `unsupported` (variant 6 to F); the password is never in them.
 */
export function landisGyrResponse(password: Uint8Array, challenge: Uint8Array): Encoded {
  const read = landisGyrVariant(challenge);
  if (read.kind === 'bad') return read;
  if (password.length !== 7) return { kind: 'bad', error: codecError('bad_value', 0, 'password: 7 digits', `${password.length} octets`) };
  const [even, odd] = VARIANTS[read.variant] ?? [add, add];
  const response = new Uint8Array(8);
  for (let at = 0; at < 7; at++) {
    const secret = digit(password[at]);
    if (secret < 0 || secret > 9) return { kind: 'bad', error: codecError('bad_value', 0, 'password: 7 digits') };
    response[at] = UPPER[(at % 2 === 0 ? even : odd)(digit(challenge[at]), secret)] ?? 0;
  }
  response[7] = UPPER[read.variant] ?? 0;
  return encoded(response);
}
