/**
 * The modem line: Hayes AT dialogue of one call (meter-protocols 3.2), without sockets and without a clock.
 *
 * ```
 *   command, octets, carrier ──►┌────────────────┐──► send     octets for the modem, in order
 *   the port is gone         ──►│ ModemDialogue  │──► events   what happened; `dtr` asks for the pin
 *   time                     ──►└────────────────┘──► deadlineMs  when to call again with `time`
 * ```
 */

/** Why a call failed; the words are those of a link's failures. */
export type ModemFailure = 'busy' | 'no_carrier' | 'no_answer' | 'no_dialtone' | 'modem_fault' | 'connect_timeout' | 'lost';

export type ModemCommand =
  /** Prepare the modem, dial, and go to data mode. Only at rest. `number`: digits, `*`, `#`, commas, one leading `+`. */
  | { readonly type: 'dial'; readonly number: string }
  /** In every state; at rest too, for a modem of unknown state. */
  | { readonly type: 'hang-up' }
  /** Does a modem answer? Hangs up what may be left of an old call. Only at rest. */
  | { readonly type: 'probe' }
  /** Whether the reader of the data holds no part of a frame: only then may `NO CARRIER` be the modem's word. */
  | { readonly type: 'idle'; readonly idle: boolean };

export type ModemInput =
  | { readonly type: 'command'; readonly command: ModemCommand }
  | { readonly type: 'octets'; readonly octets: Uint8Array }
  /** The pin DCD, where the port tells it. */
  | { readonly type: 'carrier'; readonly present: boolean }
  | { readonly type: 'port-lost' }
  /** Nothing came; the deadline may have passed. */
  | { readonly type: 'time' };

export type ModemEvent =
  /** Data mode. `bitsPerSecond` as the modem told it. */
  | { readonly type: 'connected'; readonly bitsPerSecond: number | undefined }
  | { readonly type: 'data'; readonly octets: Uint8Array }
  /** The call cannot be had, or is gone. A hang-up follows by itself, with its `hung-up`. */
  | { readonly type: 'failed'; readonly reason: ModemFailure; readonly text: string }
  | { readonly type: 'dtr'; readonly high: boolean }
  /** The end of every call. Not `clean`: the modem did not answer, so nobody knows whether the line is on hook. */
  | { readonly type: 'hung-up'; readonly clean: boolean }
  | { readonly type: 'probed'; readonly ok: boolean };

export interface ModemStep {
  readonly send: readonly Uint8Array[];
  readonly events: readonly ModemEvent[];
  /** When `step` wants to be called with `time` at the latest; null when it waits for nothing. */
  readonly deadlineMs: number | null;
}

export interface ModemSettings {
  /** Silence before and after `+++`, milliseconds. */
  readonly guardMs: number;
  /** How much longer than the guard time the answer to `+++` is waited for. */
  readonly escapeMarginMs: number;
  readonly commandTimeoutMs: number;
  readonly commandTries: number;
  /** Between an answer and the next command. */
  readonly commandPauseMs: number;
  /** Whole commands, in order, with their `AT`. */
  readonly initCommands: readonly string[];
  /** Of GSM modems, for example `AT+CBST=71,0,1`. */
  readonly bearerCommand?: string | undefined;
  /** Sends `AT+IPR=<rate>`. */
  readonly portRate?: number | undefined;
  readonly dialPrefix: string;
  /** `ATDT` instead of `ATD`. */
  readonly tone: boolean;
  readonly dialTimeoutMs: number;
  /** From `CONNECT` to data mode; what comes meanwhile is dropped. */
  readonly postConnectMs: number;
  /** Numeric result codes that mean CONNECT. */
  readonly connectCodes: readonly number[];
  /** `dtr` drops DTR first and escapes only when that did not help. */
  readonly hangUp: 'escape' | 'dtr';
  /** Whether the port can drop DTR. */
  readonly dtr: boolean;
  readonly dtrLowMs: number;
  /** After DTR is high again. */
  readonly dtrRecoveryMs: number;
  /** Silence before and after a `NO CARRIER` that ends a call. */
  readonly carrierQuietMs: number;
}
