/**
 * What a meter session is asked to do and what it reports: the words that the session's machine, the action's machine, the
 * dialogues and the profiles share (meter-protocols 2; mts-actions-api 2 and 3). Plain JSON throughout.
 */
import type { EpochMs } from '../common/effects.ts';

export const METER_TYPES = [
  'ELSTERA1700',
  'ELSTERA1140',
  'ELSTERAS230',
  'EDMIATLAS',
  'EMLITECOP10',
  'ISKRA_MX37X',
  'LG_DLMS',
  'CEWEPRO100',
  'CEWEPRO',
  'PREMIERPRI',
] as const;

/** The stages of a session, in order (meter-protocols 2). */
export const STAGES = ['open', 'sign-on', 'identify', 'log-in', 'serial', 'clock', 'decide', 'set', 'verify', 'log-off', 'close'] as const;
export type Stage = (typeof STAGES)[number];

/**
 * What the session is to do. `read-clock` and `verify` never write; `verify` looks again after a write whose reading went
 * missing, and reports its reading as `after`.
 */
export type Task = 'time-update' | 'read-clock' | 'verify';

/** Where the meter is and how it is reached; passwords are not in it, they are handed to the dialogue apart. */
export interface MeterTarget {
  readonly meterType: string;
  readonly remoteAddress: string;
  /** Key of exclusion: `tcp:host:port`, `tel:digits`, `paknet:digits` (meter-protocols 3.1). */
  readonly canonicalAddress: string;
  readonly comsSettings?: string;
  readonly outstationAddress?: string;
  readonly serialNumber?: string;
}

/** One reading of the meter's clock. */
export interface ClockReading {
  /** The meter's time, as an instant of the profile's base. */
  readonly meterAt: EpochMs;
  /** The server's instant that it is compared with: the middle of the exchange. */
  readonly serverAt: EpochMs;
  /** Meter minus server, whole seconds. */
  readonly offsetSeconds: number;
}

/** Why a session failed; decides whether it is tried again (meter-protocols 7). */
export type FailureClass =
  | 'transport' // busy, no carrier, connect time-out, refused
  | 'link' // no answer, bad checksum
  | 'login' // password refused: never again
  | 'hang-up' // the meter hung up when it was given the password, which may be wrong: once more at most
  | 'meter' // the meter answered with an error code
  | 'guard' // one of ours: serial, boundary, zone, largest correction, host clock, stop switch
  | 'write' // outcome of the write unknown
  | 'engine' // stopping, or a bug
  | 'config'; // key or setting missing

/** Our own reasons not to write (meter-protocols 2, "Guards"). */
export type GuardName = 'serial' | 'boundary' | 'largest' | 'zone' | 'host-clock' | 'stop-switch' | 'dry-run';

export interface SessionFailure {
  readonly stage: Stage;
  readonly class: FailureClass;
  /** Which one, for class `guard`. */
  readonly guard?: GuardName;
  /** One line for `ERROR: …`, without secrets. */
  readonly text: string;
}

/** What one session found and did. Instants are of the server. */
export interface SessionResult {
  /** `partial`: the clock was read, but not all of the rest was done; see `failure`. */
  readonly outcome: 'success' | 'partial' | 'error' | 'cancelled';
  readonly failure?: SessionFailure;
  readonly connectionStartAt?: EpochMs;
  readonly connectionEndAt?: EpochMs;
  /** As the meter gave it. */
  readonly serialNumber?: string;
  /** Why there is none, or why it is not the expected one. */
  readonly serialError?: string;
  readonly before?: ClockReading;
  readonly after?: ClockReading;
  /** Why the reading after the write is missing. */
  readonly afterError?: string;
  /** A write left for the meter (whatever became of it). */
  readonly wrote: boolean;
  /** The last write was not acknowledged, and the reading after it shows that it did not take. */
  readonly notTaken?: true;
  /** The password was refused: nobody may try it again for a day. */
  readonly passwordRefused?: boolean;
  /** The meter hung up when it was given the password: when it does so again, the password counts as refused. */
  readonly hungUpInLogIn?: boolean;
  /** For people: `within the limit`, `crossed a boundary`, `dry run` … */
  readonly notes: readonly string[];
  readonly octetsIn: number;
  readonly octetsOut: number;
}
