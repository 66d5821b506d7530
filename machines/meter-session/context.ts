/** What a running session knows. Live: it holds functions and is never kept. */
import type { ClockSampleData, Conditions, SessionInput, Stamp } from './ports.ts';
import type { ClockReading, SessionFailure, Stage } from './types.ts';

export interface SessionContext extends SessionInput {
  readonly stage: Stage;
  readonly openedAt: Stamp | null;
  readonly signedOn: boolean;
  readonly identity: string | null;
  readonly serialNumber: string | null;
  readonly serialError: string | null;
  /** Samples thrown away in this stage. */
  readonly badSamples: number;
  /** The reading after a write, until the host's clock is known to be right. */
  readonly sample: ClockSampleData | null;
  /** When the last sample came. */
  readonly sampledAt: Stamp | null;
  /** The last reading before the first write. */
  readonly before: ClockReading | null;
  /** What the next decision rests on. */
  readonly reading: ClockReading | null;
  readonly after: ClockReading | null;
  readonly afterError: string | null;
  readonly conditions: Conditions | null;
  readonly waitedMs: number;
  readonly waitLeftMs: number;
  /** Times that a write was begun. */
  readonly tries: number;
  /** Writes that left, or may have. */
  readonly writes: number;
  /** Why the outcome of the last write is not known, or why it did not come to one; null when it was acknowledged. */
  readonly unknown: string | null;
  /** Told to end. */
  readonly halt: 'cancelled' | 'stopping' | null;
  readonly failure: SessionFailure | null;
  readonly closedAt: number | null;
  readonly octetsIn: number;
  readonly octetsOut: number;
  readonly notes: readonly string[];
}

/**
 * The session as its machine keeps it: all in one member. XState copies a context member by member at every change, which takes sixty
 * times as long from the twentieth member on (bench `sessions`).
 */
export interface SessionMemory {
  readonly session: SessionContext;
}

export function initialContext(input: SessionInput): SessionContext {
  return {
    ...input,
    stage: 'open',
    openedAt: null,
    signedOn: false,
    identity: null,
    serialNumber: null,
    serialError: null,
    badSamples: 0,
    sample: null,
    sampledAt: null,
    before: null,
    reading: null,
    after: null,
    afterError: null,
    conditions: null,
    waitedMs: 0,
    waitLeftMs: 0,
    tries: 0,
    writes: 0,
    unknown: null,
    halt: null,
    failure: null,
    closedAt: null,
    octetsIn: 0,
    octetsOut: 0,
    notes: [],
  };
}
