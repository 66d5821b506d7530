/** What a connection and the protocol of a meter say to each other. */
import type { SimMeter } from './meter.ts';

/** The protocol of one meter on one connection. Synchronous: what it has to say it says before it returns. */
export interface MeterSession {
  /** Octets arrived. `nowMs` is of the monotonic clock. */
  take(octets: Uint8Array, nowMs: number): void;
  /** Its deadline has passed. */
  time(nowMs: number): void;
  readonly deadlineMs: number | null;
  /** The meter lost power: everything of the session is forgotten. */
  reset(): void;
  /** Is this the frame of a clock write, for a link that must not even take it? Absent: an unanswered request is lost enough. */
  carriesWrite?(octets: Uint8Array): boolean;
}

/** `gone`: it is lost, say nothing. `disconnect`: end the link in the protocol's own words. */
export type RequestFate = 'serve' | 'gone' | 'disconnect';

/** `refused` and `lost` (say nothing) or a write that was done, or said to be done. */
export type WriteVerdict = 'done' | 'refused' | 'lost';

export interface ClockWrite {
  /** `clock`, `adjust`, `shift` … */
  readonly what: string;
  /** As it was written, short. */
  readonly value: string;
  /** Why the meter refuses it by its own rules; then nothing is applied. */
  readonly refusal?: string;
  /** Sets the clock. */
  readonly apply: () => void;
}

/** How a serial line is set. */
export interface WireLine {
  readonly baud: number;
  readonly dataBits: 7 | 8;
  readonly parity: 'none' | 'even';
}

/** The end of a connection that a meter's session speaks through. */
export interface MeterLine {
  readonly meter: SimMeter;
  /** Several meters share the line: only what is addressed to this one counts. */
  readonly shared: boolean;
  /** On a shared line, the one that answers what is addressed to nobody. */
  readonly first: boolean;
  /** Puts one frame on the wire, with the faults in force. */
  send(frame: Uint8Array): void;
  /** A new session begins. */
  signOn(): void;
  authenticated(): void;
  /** A request of the application arrived; call once for each. */
  request(): RequestFate;
  /** Something was read, `serial` and `clock` by these names. */
  read(what: string): void;
  /** Does, refuses or loses a write of the clock, and records it. */
  writeClock(write: ClockWrite): WriteVerdict;
  /** Records a write of something else, which is always refused. */
  refuseWrite(what: string, value: string, reason: string): void;
  /** Ends the TCP connection. */
  hangUp(): void;
  /** Only at an optical head, where speeds change. */
  readonly setLine: ((line: WireLine) => void) | undefined;
}
