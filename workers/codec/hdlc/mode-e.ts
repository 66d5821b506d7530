/**
 * Mode E of IEC 62056-21 (meter-protocols 4.3 and 5.1): how HDLC begins on an optical or serial port.
 *
 * ```
 *   client  300 7E1   /?address!                ACK 2 Z 2  │ Z 8N1   SNRM …
 *   meter                        /XXXZ\2ident              │ Z 8N1          UA …
 * ```
 *
 * Over modem and TCP there is no mode E: the link begins with SNRM.
 */
import { encodeTelegram, type Telegram } from '../iec62056-21/index.ts';

/** How the line is to be set. It comes when the line is quiet: set it first, then send the octets of the same step. */
export interface LineEvent {
  readonly type: 'line';
  readonly baud: number;
  readonly dataBits: 7 | 8;
  readonly parity: 'even' | 'none';
}

export interface ModeEOptions {
  /** Text between `/?` and `!`. Default empty: whatever meter is there. */
  readonly deviceAddress?: string;
  /**
   * Who makes the even parity of the sign-on. `line`: the port, set to 7E1. `octets`: this machine, in bit 7, for a port or a
   * converter that stays at eight bits. Default `line`.
   */
  readonly parity?: 'line' | 'octets';
  /** Default 300. */
  readonly initialBaud?: number;
}

export type ModeEParity = NonNullable<ModeEOptions['parity']>;

export const DEFAULT_INITIAL_BAUD = 300;
/** Six octets at 300 baud take 200 ms. */
export const DEFAULT_SWITCH_MS = 300;

/** The setting for the sign-on. */
export function signOnLine(baud: number, parity: ModeEParity): LineEvent {
  return parity === 'line' ? { type: 'line', baud, dataBits: 7, parity: 'even' } : hdlcLine(baud);
}

export const hdlcLine = (baud: number): LineEvent => ({ type: 'line', baud, dataBits: 8, parity: 'none' });

export const signOnOctets = (telegram: Telegram, parity: ModeEParity) => encodeTelegram(telegram, { evenParity: parity === 'octets' });
