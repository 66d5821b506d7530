/**
 * The commands of EDMI meters (meter-protocols 6.2), without their frame.
 *
 * ```
 *   4C user,password 00            login            58                  log-off
 *   52 register(2)                 read             52 register(2) data reply
 *   57 register(2) data            write, answered by 06
 *   4D register(4) [data]          read, 32-bit numbers, and its reply
 *   4E register(4) data            write, 32-bit numbers
 *   4D 0000FFF1 register(4)*       reads several; the reply has the answers behind 0000FFF1
 *   49 register(2) [data]          data type         4F register(2) [data]   unit
 *   46 …                           files
 *   06 ACK                         18 [code] CAN
 * ```
 *
 * Nothing in the octets says who speaks. A reply to a read is one that carries data; only several reads at once need the
 * direction to be told from their reply.
 */
import { allows, bad, type Decoded, good, hexOctet, type LeniencyOptions } from '../common/index.ts';

export const ACK = 0x06;
export const CAN = 0x18;
export const LOGIN = 0x4c;
export const LOGOUT = 0x58;
export const FILE = 0x46;
export const READ_EXTENDED = 0x4d;

/** The register that stands for several. */
export const MULTI_READ = 0x0000_fff1;

/** What a meter says by the code of a CAN. */
export const EDMI_CAN: Readonly<Record<number, string>> = {
  1: 'cannot-write',
  2: 'not-implemented',
  3: 'register-not-found',
  4: 'access-denied',
  5: 'wrong-length',
  6: 'bad-type',
  7: 'not-ready',
  8: 'out-of-range',
  9: 'not-logged-in',
};

/** The name of a CAN's code; without a code a login was refused. */
export function canName(errorCode: number | null): string {
  if (errorCode === null) return 'bad-user-or-password';
  return EDMI_CAN[errorCode] ?? `code-${errorCode}`;
}

export type Asked = 'read' | 'read-extended' | 'data-type' | 'unit';
export type Carried = 'read-reply' | 'read-extended-reply' | 'data-type-reply' | 'unit-reply' | 'write' | 'write-extended';

export type EdmiCommand =
  | { readonly kind: 'ack' | 'logout' }
  /** @property errorCode null: none, a login that was refused */
  | { readonly kind: 'can'; readonly errorCode: number | null }
  /** @property user null where the text has no comma; it cannot hold one */
  | { readonly kind: 'login'; readonly user: string | null; readonly password: string }
  | { readonly kind: Asked; readonly register: number }
  | { readonly kind: Carried; readonly register: number; readonly data: Uint8Array }
  | { readonly kind: 'multi-read'; readonly registers: readonly number[] }
  /** @property data the answers one after another, see `decodeMultiReadAnswers` */
  | { readonly kind: 'multi-read-reply'; readonly data: Uint8Array }
  /** Recognised, given as it stands. */
  | { readonly kind: 'file'; readonly payload: Uint8Array };

interface RegisterForm {
  readonly letter: number;
  /** Octets of the register number. */
  readonly width: 2 | 4;
  /** The command without data; null: data may be empty. */
  readonly asks: Asked | null;
  readonly carries: Carried;
}

/** The commands that begin with a register number. */
export const REGISTER_FORMS: readonly RegisterForm[] = [
  { letter: 0x52, width: 2, asks: 'read', carries: 'read-reply' },
  { letter: READ_EXTENDED, width: 4, asks: 'read-extended', carries: 'read-extended-reply' },
  { letter: 0x49, width: 2, asks: 'data-type', carries: 'data-type-reply' },
  { letter: 0x4f, width: 2, asks: 'unit', carries: 'unit-reply' },
  { letter: 0x57, width: 2, asks: null, carries: 'write' },
  { letter: 0x4e, width: 4, asks: null, carries: 'write-extended' },
];

export interface EdmiCommandOptions extends LeniencyOptions {
  /** Who spoke: `request` the client, `reply` the meter. Without it `4D 0000FFF1` and whole register numbers is a request. */
  readonly direction?: 'request' | 'reply';
}

/**
 * Decodes the command of a frame; all its octets are there, so it is never `incomplete`. `data` and `payload` are views.
 *
 * Errors: `truncated`, `unknown_tag` (the letter), `bad_length`, `trailing_octets` (strict alone), `bad_value`.
 */
export function decodeEdmiCommand(octets: Uint8Array, options: EdmiCommandOptions = {}): Decoded<EdmiCommand> {
  const length = octets.length;
  const letter = octets[0];
  if (letter === undefined) return bad('truncated', 0, 'command: at least one octet', '', 0);
  if (letter === ACK || letter === LOGOUT) return ended(octets, 1, { kind: letter === ACK ? 'ack' : 'logout' }, options);
  if (letter === CAN) return ended(octets, Math.min(length, 2), { kind: 'can', errorCode: octets[1] ?? null }, options);
  if (letter === LOGIN) return decodeLogin(octets, options);
  if (letter === FILE) return good({ kind: 'file', payload: octets.subarray(1) }, length);
  const form = REGISTER_FORMS.find((entry) => entry.letter === letter);
  if (form === undefined) return bad('unknown_tag', 0, 'command: a letter of the command language, 06 or 18', hexOctet(letter), length);
  const { width, asks, carries } = form;
  if (length < 1 + width) return bad('truncated', length, `register: ${width} octets`, length - 1, length);
  const register = registerAt(octets, 1, width);
  const data = octets.subarray(1 + width);
  if (letter === READ_EXTENDED && register === MULTI_READ) return decodeMultiRead(octets, data, options);
  return good(asks !== null && data.length === 0 ? { kind: asks, register } : { kind: carries, register, data }, length);
}

function ended(octets: Uint8Array, end: number, value: EdmiCommand, options: EdmiCommandOptions): Decoded<EdmiCommand> {
  if (octets.length === end) return good(value, end);
  if (!allows(options, 'trailing-octets')) return bad('trailing_octets', end, 'command: nothing behind it', octets.length - end, octets.length);
  return good(value, octets.length, ['trailing-octets']);
}

function decodeLogin(octets: Uint8Array, options: EdmiCommandOptions): Decoded<EdmiCommand> {
  const end = octets.indexOf(0, 1);
  if (end < 0) return bad('truncated', octets.length, 'login: the text ends with 00', '', octets.length);
  const text = latin1(octets.subarray(1, end));
  const comma = text.indexOf(',');
  const user = comma < 0 ? null : text.slice(0, comma);
  return ended(octets, end + 1, { kind: 'login', user, password: text.slice(comma + 1) }, options);
}

function decodeMultiRead(octets: Uint8Array, data: Uint8Array, options: EdmiCommandOptions): Decoded<EdmiCommand> {
  const whole = data.length % 4 === 0;
  if (options.direction === 'reply' || (options.direction === undefined && !whole)) return good({ kind: 'multi-read-reply', data }, octets.length);
  if (!whole) return bad('bad_length', octets.length, 'registers: four octets each', data.length, octets.length);
  const registers: number[] = [];
  for (let at = 0; at < data.length; at += 4) registers.push(registerAt(data, at, 4));
  return good({ kind: 'multi-read', registers }, octets.length);
}

function registerAt(octets: Uint8Array, from: number, width: 2 | 4): number {
  let register = 0;
  for (let at = from; at < from + width; at++) register = register * 256 + (octets[at] ?? 0);
  return register;
}

function latin1(octets: Uint8Array): string {
  let text = '';
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}
