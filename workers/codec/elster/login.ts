/**
 * Password procedure of the Elster meters (meter-protocols 6.1, steps 5 to 7 and 9). Passwords never appear in errors.
 *
 * ```
 *   x[i]     = seed[i] xor password[i]       i 0 to 7
 *   x[i + 8] = (x[i] + x[i + 7]) mod 256     i 0 to 7
 *   answer   = x[8] … x[15]
 * ```
 */
import { fromHex, toHex, unencodable } from '../common/index.ts';
import { type CommandTelegram, command } from '../iec62056-21/index.ts';
import { type Made, made } from './made.ts';

/** 1: plain password; 2: password after the algorithm; 3: first the constant, then as 2 on the same seed (AS230). */
export type AccessLevel = 1 | 2 | 3;

const PASSWORD = /^[\x20-\x7e]{8}$/;
const NULL_ANSWER = '0000000000000000';

/** The seed of the meter's P0, `(16 hex digits)`; undefined when it is none. */
export function seedOf(data: string | null): Uint8Array | undefined {
  const digits = data === null ? undefined : /^\(([0-9A-F]{16})\)$/i.exec(data)?.[1];
  return digits === undefined ? undefined : fromHex(digits);
}

/** The meter's side: the operand for a seed of 8 octets. Errors: `bad_value`. */
export function seedCommand(seed: Uint8Array): Made<CommandTelegram> {
  if (seed.length !== 8) return unencodable('seed: 8 octets', seed.length);
  return made(command('P0', `(${toHex(seed)})`));
}

/** 16 hex digits. @param password exactly 8 printable ASCII characters. Errors: `bad_value`. */
export function passwordAnswer(seed: Uint8Array, password: string): Made<string> {
  if (seed.length !== 8) return unencodable('seed: 8 octets', seed.length);
  if (!PASSWORD.test(password)) return unencodable('password: exactly 8 printable ASCII characters', `${password.length} characters`);
  const mixed = new Uint8Array(16);
  for (let index = 0; index < 8; index++) mixed[index] = (seed[index] ?? 0) ^ password.charCodeAt(index);
  for (let index = 0; index < 8; index++) mixed[index + 8] = (mixed[index] ?? 0) + (mixed[index + 7] ?? 0);
  return made(toHex(mixed.subarray(8)));
}

/**
 * The commands of a login, in order; each must be acknowledged before the next. The last one is what is sent again before each write
 * and at the latest every {@link PASSWORD_LASTS_MS}. Give them to the link as `volatile`: a refused password is not tried again.
 */
export function loginCommands(level: AccessLevel, seed: Uint8Array, password: string): Made<readonly CommandTelegram[]> {
  const answer = passwordAnswer(seed, password);
  if (answer.kind === 'bad') return answer;
  if (level === 1) return made([command('P1', `(${password})`)]);
  const last = command('P2', `(${answer.value})`);
  return made(level === 2 ? [last] : [command('P2', `(${NULL_ANSWER})`), last]);
}

/** After this without a P2 the meter answers `ERR5`. */
export const PASSWORD_LASTS_MS = 270_000;
