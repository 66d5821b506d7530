/**
 * What the owner of an address and the node that has the line say to each other (architecture, section 6). All of it is plain JSON in
 * calls between nodes; the same calls, without NATS, where both are one node.
 *
 * ```
 *   owner (leases.ts, remote-sessions.ts)                 node that has the line (host.ts)
 *     lines.vacate  is a session of the address there? ─►   tells it to end
 *     lines.lease   one line, please ───────────────────►   waits by priority in the pool's list
 *     lines.start   the order, its password sealed ─────►   runs the session
 *     lines.beat    every second: still wanted ─────────►   how it is with each
 *        answers  ◄─ lines.word      granted, ended
 *                 ◄─ lines.progress  stage by stage
 *                 ◄─ lines.intend    a write is about to leave: committed by the owner, or refused
 *     lines.end     what became of it ──────────────────►   keeps it until a beat says `done`
 * ```
 *
 * Invariants
 * - E1 One lease per address and node: another one is answered `busy` while a session of the address lives there, and ends it in order.
 * - E2 A session whose owner was not heard for `silentMs` is ended before it writes; one that writes finishes its reading.
 * - E3 The owner gives a session up no sooner than its node has ended it by E2: `lostMs` is longer, and after an intent at least as long as a write may take.
 * - E4 The end of a session is kept by the node that ran it until its owner has it, or has certainly given it up.
 */
import type { ClockReading, SessionProgress } from '../../../machines/meter-session/index.ts';
import type { LendingOptions } from '../../line/index.ts';
import type { HaltReason, SessionView } from '../registry.ts';
import type { SessionEnd, SessionOrder } from '../runner.ts';

/** Of one wish for a line; another one after every failure. */
export type LeaseId = string;

export const CALLS = {
  vacate: 'lines.vacate',
  lease: 'lines.lease',
  start: 'lines.start',
  beat: 'lines.beat',
  end: 'lines.end',
  word: 'lines.word',
  progress: 'lines.progress',
  intend: 'lines.intend',
  groups: 'lines.groups',
} as const;

export interface LeaseWish {
  readonly id: LeaseId;
  readonly requestId: number;
  /** Canonical remote address. */
  readonly key: string;
  readonly group: string;
  readonly priority: 'immediate' | 'overnight';
}

/** `busy`: a session of that address lives there; `full`: too many wait; `none`: no such line, or it stops. */
export interface LeaseAnswer {
  readonly kind: 'granted' | 'waiting' | 'busy' | 'full' | 'none';
}

export interface VacateWish {
  readonly key: string;
}

export interface VacateAnswer {
  readonly busy: boolean;
}

export interface StartWish {
  readonly id: LeaseId;
  readonly order: SessionOrder;
}

export interface StartAnswer {
  readonly kind: 'started' | 'gone';
}

/** What the owner wants of one lease. Said again with every beat until it is done. */
export interface BeatItem {
  readonly id: LeaseId;
  readonly halt?: HaltReason;
  readonly cut?: true;
  /** The owner has its end, or wants it no longer. */
  readonly done?: true;
}

export type LeaseState = 'waiting' | 'granted' | 'running' | 'ended' | 'gone';

export interface BeatAnswer {
  readonly states: readonly { readonly id: LeaseId; readonly state: LeaseState; readonly octetsIn?: number; readonly octetsOut?: number }[];
}

/** @param bare without the octets written down: they may be more than a message takes */
export interface EndWish {
  readonly id: LeaseId;
  readonly bare?: true;
}

export interface EndAnswer {
  readonly end: SessionEnd | null;
}

export interface Word {
  readonly id: LeaseId;
  readonly state: LeaseState;
}

export interface ProgressWord {
  readonly id: LeaseId;
  readonly progress: SessionProgress;
  readonly view: SessionView;
}

export interface IntendWish {
  readonly id: LeaseId;
  readonly before: ClockReading;
}

/** `lines.lending`. */
export type AwayLimits = LendingOptions;
