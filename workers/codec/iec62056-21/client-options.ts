/** Options, commands and events of the client's link. */
import type { LeniencyName, LeniencyOptions, LinkCommand, LinkEvent } from '../common/index.ts';
import type { Readout } from './readout.ts';
import { type AnswerTelegram, DEFAULT_MAX_READOUT, type ErrorTelegram, type IdentificationTelegram } from './telegram.ts';

export interface IecClientOptions extends LeniencyOptions {
  /** In `/?…!`; default empty. */
  readonly deviceAddress?: string;
  /** Y of the option select: 0 readout, 1 programming, 6 to 9 manufacturer. Default `1`. */
  readonly option?: string;
  /** V of the option select: 0 normal, 1 secondary. Default `0`. */
  readonly protocolChar?: string;
  /** Z of the option select. Default: what the meter offers. */
  readonly baudChar?: string;
  /** Send a break first, wait so long, and do not look at an answer. Default null: no break. */
  readonly wakePauseMs?: number | null;
  /** Tell the speed to change to by `line-change`. Off for modems and TCP, where Z is exchanged and nothing changes. Default false. */
  readonly switchBaud?: boolean;
  /** Speed of the sign-on; default 300. Only with `switchBaud`. */
  readonly initialBaud?: number;
  /** The line carries eight bits: put even parity into bit 7. Default false. */
  readonly sevenE1?: boolean;
  /** Refuse octets without even parity. Default false. */
  readonly checkParity?: boolean;
  /** What is sent comes back first, as from optical heads. Default false. */
  readonly echo?: boolean;
  /** From what was sent to the first octet of the answer. Default 10,000. */
  readonly replyTimeoutMs?: number;
  /** Silence inside a telegram. Default 2,000. */
  readonly interOctetTimeoutMs?: number;
  /** How often something is sent again. Default 5. */
  readonly retries?: number;
  /** Silence before whatever is sent. Default 300. */
  readonly pauseMs?: number;
  /** Silence before the next command where an answer may still come late. Default 1,000. */
  readonly settleMs?: number;
  /** Added to the reply time-out for the operand of the password. Default 1,000. */
  readonly operandPauseMs?: number;
  /** After the last break. Default 2,000. */
  readonly breakPauseMs?: number;
  /** Octets of an answer or readout, its blocks joined. Default 1 MiB. */
  readonly maxReadout?: number;
}

export type CompleteClientOptions = Required<Omit<IecClientOptions, 'strict' | 'baudChar'>> & Pick<IecClientOptions, 'strict' | 'baudChar'>;

export function completeClientOptions(options: IecClientOptions): CompleteClientOptions {
  return {
    deviceAddress: '',
    option: '1',
    protocolChar: '0',
    wakePauseMs: null,
    switchBaud: false,
    initialBaud: 300,
    sevenE1: false,
    checkParity: false,
    echo: false,
    replyTimeoutMs: 10_000,
    interOctetTimeoutMs: 2_000,
    retries: 5,
    pauseMs: 300,
    settleMs: 1_000,
    operandPauseMs: 1_000,
    breakPauseMs: 2_000,
    maxReadout: DEFAULT_MAX_READOUT,
    ...options,
  };
}

/**
 * `request`: the payload is one whole telegram as `encodeTelegram` gives it, without parity: a command, or an answer that goes on
 * with a command written in blocks. `fresh` is a volatile request.
 */
export type IecClientCommand = LinkCommand;

/** Change the speed of the line: before what this step sends, or when that has left. */
export interface LineChange {
  readonly type: 'line-change';
  readonly baud: number;
  readonly when: 'before-send' | 'after-send';
}

/** What ends a request. */
export type IecReply = AnswerTelegram | ErrorTelegram | { readonly type: 'ack' } | { readonly type: 'nak' };

export type IecClientEvent =
  | Exclude<LinkEvent, { readonly type: 'opened' | 'reply' | 'fresh-payload-wanted' }>
  | { readonly type: 'identified'; readonly identification: IdentificationTelegram; readonly leniencies: readonly LeniencyName[] }
  /** Commands are taken. `operand`: data of the meter's P0, null where it sends none (modes A and B). */
  | { readonly type: 'opened'; readonly operand: string | null }
  /** A data readout; with option 0 the link closes behind it. */
  | { readonly type: 'readout'; readonly readout: Readout; readonly leniencies: readonly LeniencyName[] }
  /**
   * `payload`: the octets of the data of an answer or error, blocks joined; empty for ACK and NAK. A NAK comes at once for a volatile
   * request, else when the repeats are used up.
   */
  | {
      readonly type: 'reply';
      readonly telegram: IecReply;
      readonly payload: Uint8Array;
      readonly repeated: boolean;
      readonly leniencies: readonly LeniencyName[];
    }
  | LineChange;
