/**
 * The telegrams of IEC 62056-21, clause 6 (meter-protocols 4.2).
 *
 * ```
 *   request            / ? address ! CR LF
 *   identification     / X X X Z { \ W } identification CR LF
 *   ack-option-select  ACK V Z Y CR LF
 *   command            SOH C D STX data ETX|EOT BCC        or   SOH C D ETX BCC
 *   break              SOH B 0 ETX q
 *   answer, error      STX data ETX|EOT BCC
 *   lines              a readout without STX: lines ! CR LF
 *   ack, nak           one octet
 * ```
 */
import type { LeniencyOptions } from '../common/index.ts';

/** ETX ends a message; EOT ends a block that is not its last. */
export type Terminator = 'ETX' | 'EOT';

export interface RequestTelegram {
  readonly type: 'request';
  /** Up to 32 printable characters; empty asks whatever meter is there. */
  readonly deviceAddress: string;
}

export interface IdentificationTelegram {
  readonly type: 'identification';
  /** Three letters as they stand on the wire; a lower-case third one means a reaction time of 20 ms in place of 200. */
  readonly manufacturer: string;
  readonly baudChar: string;
  /** The characters behind the backslashes, in order; `2` among them offers mode E. */
  readonly enhanced: readonly string[];
  /** What follows the pairs. */
  readonly identification: string;
}

export interface OptionSelectTelegram {
  readonly type: 'ack-option-select';
  /** V: 0 normal, 1 secondary, 2 HDLC. */
  readonly protocolChar: string;
  /** Z: see `baudOf`. */
  readonly baudChar: string;
  /** Y: 0 readout, 1 programming, 2 HDLC, 6 to 9 manufacturer. */
  readonly optionChar: string;
}

/** BCC is computed on sending; a decoded telegram carries the one that was received, of seven bits. */
interface Checked {
  readonly bcc?: number;
}

export interface CommandTelegram extends Checked {
  readonly type: 'command';
  /** Two characters: P0 to P2, W1 to W6, R1 to R6, E2, RD … */
  readonly command: string;
  /** The exact text between STX and ETX or EOT; null without STX. */
  readonly data: string | null;
  readonly terminator: Terminator;
}

export interface BreakTelegram extends Checked {
  readonly type: 'break';
}

export interface AnswerTelegram extends Checked {
  readonly type: 'answer';
  readonly data: string;
  readonly terminator: Terminator;
}

/** An answer of nothing but `(ER…)`. */
export interface ErrorTelegram extends Checked {
  readonly type: 'error';
  /** The whole text in the brackets. */
  readonly errorCode: string;
  /** Behind the bracket; absent where nothing stands there. */
  readonly lineEnd?: '\r\n' | '\n';
  readonly terminator: Terminator;
}

/** The data of an error, as it stands on the wire. */
export const errorText = ({ errorCode, lineEnd }: ErrorTelegram): string => `(${errorCode})${lineEnd ?? ''}`;

/** A readout without STX (modes A, B and D), up to the end of the line of `!`. Only a stream gives it, behind an identification. */
export interface LinesTelegram {
  readonly type: 'lines';
  readonly data: string;
}

export type Telegram =
  | RequestTelegram
  | IdentificationTelegram
  | OptionSelectTelegram
  | CommandTelegram
  | BreakTelegram
  | AnswerTelegram
  | ErrorTelegram
  | LinesTelegram
  | { readonly type: 'ack' }
  | { readonly type: 'nak' };

export interface TelegramOptions extends LeniencyOptions {
  /** Bit 7 is always taken off. `even` refuses octets whose parity is wrong. Default `strip`. */
  readonly parity?: 'strip' | 'even';
  /**
   * What an ACK octet begins. A meter sends it `alone`; a client sends the option select, or it alone for the next block. `either`
   * tells by what follows. Default `either`.
   */
  readonly acks?: 'alone' | 'select' | 'either';
  /** Octets of a command. Default 4,096. */
  readonly maxTelegram?: number;
  /** Octets of an answer or a readout. Default 1 MiB. */
  readonly maxReadout?: number;
}

export const DEFAULT_MAX_TELEGRAM = 4096;
export const DEFAULT_MAX_READOUT = 1024 * 1024;
/** Octets of a line that begins with a slash. */
export const MAX_LINE = 96;
export const MAX_DEVICE_ADDRESS = 32;
/** What the standard allows; more is let pass as `long-identification`, up to {@link MAX_IDENTIFICATION}. */
export const STANDARD_IDENTIFICATION = 16;
/** Meters in the field send longer ones, and a simulator must be able to be such a meter. */
export const MAX_IDENTIFICATION = 64;

/** Does a lower-case third letter announce the short reaction time of 20 ms? */
export const isFast = (identification: IdentificationTelegram): boolean => /[a-z]$/.test(identification.manufacturer);
