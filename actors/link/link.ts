/**
 * A link: octets to a meter and back, with times. TCP, a modem line or a PAKNET pad behind one face; dialogues know only this.
 *
 * - L1 `sentAt` is taken when the last octet was handed to the operating system; `firstAt` in the socket's callback, before any decoding.
 * - L2 Octets that nobody has read yet are bounded (`maxUnreadOctets`): beyond, the link fails with `flooded`.
 * - L3 `close` always ends, whatever state the line is in, and is safe to call twice.
 * - L4 One read waits at a time: another ends it with `timeout`. A read whose deadline has passed gives what is there already, or `timeout`.
 */
import type { EpochMs } from '../../machines/common/effects.ts';
import type { RemoteAddress } from './address.ts';
import type { ByteTrace, TraceMask } from './trace.ts';

/** The same instant on both clocks. */
export interface Stamp {
  readonly wallMs: EpochMs;
  readonly monotonicMs: number;
}

export interface Received {
  readonly octets: Uint8Array;
  readonly firstAt: Stamp;
}

export type LinkFailureCode =
  | 'refused'
  | 'not_allowed'
  | 'name_unknown'
  | 'connect_timeout'
  | 'unreachable'
  | 'busy'
  | 'no_carrier'
  | 'no_answer'
  | 'no_dialtone'
  | 'no_line'
  | 'modem_fault'
  | 'lost'
  | 'flooded'
  | 'aborted';

/** The link cannot be had, or is gone. `text` is one line for people, without secrets. */
export class LinkError extends Error {
  readonly code: LinkFailureCode;
  constructor(code: LinkFailureCode, text: string, cause?: unknown) {
    super(text, cause === undefined ? undefined : { cause });
    this.name = 'LinkError';
    this.code = code;
  }
}

/** Line settings of a serial side; `software` parity is done on the octets, on 8-bit channels. */
export interface LineSettings {
  readonly dataBits: 7 | 8;
  readonly parity: 'none' | 'even' | 'odd' | 'mark' | 'space';
  readonly stopBits: 1 | 2;
}

/** When the last octet was handed over. */
export interface Sent {
  readonly sentAt: Stamp;
}

export interface Link {
  readonly kind: 'tcp' | 'modem' | 'paknet' | 'serial';
  /** Bits per second of the slowest part when known: what a frame takes on the wire. */
  readonly bitsPerSecond: number | undefined;
  readonly octetsIn: number;
  readonly octetsOut: number;
  /** A line that takes all octets without waiting says so at once, without a promise. @throws LinkError */
  write(octets: Uint8Array): Sent | Promise<Sent>;
  /** The next octets; `timeout` when none came until `deadlineMs` (monotonic). @throws LinkError when the link is gone and all octets were read */
  read(deadlineMs: number): Promise<Received | 'timeout'>;
  /** Throws away what came and was not read. */
  drop(): void;
  /** Only where the far side changes speed (optical heads, serial ports): others do nothing. */
  setSpeed(bitsPerSecond: number, settings: LineSettings): Promise<void>;
  /** What of the octets written from now on a trace must not show; undefined: it may show all. Links without a trace have none of it. */
  mask?(mask: TraceMask | undefined): void;
  /**
   * Whether the reader holds no part of a frame: only then may a modem's `NO CARRIER` among the octets be the modem's own word
   * (meter-protocols 3.2). Links whose end does not stand among the octets have none of it.
   */
  idle?(isIdle: boolean): void;
  /** Ends at once with `aborted` whatever waits. */
  abort(reason: string): void;
  close(): Promise<void>;
}

/** Opens links; the modem pool, TCP and the pad are its parts. */
export interface LinkOpener {
  /**
   * @param request `settings` from the profile and `comsSettings`; `priority` decides who gets a modem line first
   * @throws LinkError
   */
  open(request: LinkRequest, signal: AbortSignal): Promise<Link>;
}

export interface LinkRequest {
  readonly address: RemoteAddress;
  readonly settings: LineSettings;
  readonly priority: 'immediate' | 'overnight';
  /** For logs, traces and `mw sessions`: the action's id. */
  readonly owner: string;
  readonly connectTimeoutMs: number;
  /** Where the octets are written down, when the action wants a trace. */
  readonly trace?: ByteTrace;
}
