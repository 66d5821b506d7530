/** What an installation decides about its meter sessions (meter-protocols 2). Plain data; documented in `actors/meter-session/options.ts`. */

/** Longest that each stage may take, milliseconds. */
export interface StageDeadlines {
  readonly connectTcpMs: number;
  readonly connectModemMs: number;
  readonly signOnMs: number;
  readonly identifyMs: number;
  readonly logInMs: number;
  /** One reading: serial number or clock; also one keep-alive. */
  readonly readMs: number;
  /** Asking whether the host's clock is right and writes are allowed. */
  readonly decideMs: number;
  /** Committing the intent to write. */
  readonly intendMs: number;
  /** Write and verify have 60 s together. */
  readonly setMs: number;
  readonly verifyMs: number;
  readonly logOffMs: number;
  readonly closeMs: number;
  /** From dialling to the start of log-off. */
  readonly sessionMs: number;
}

export interface BoundaryGuard {
  /** Neither the meter's time nor the new one may be nearer to a boundary; 0: off. */
  readonly withinSeconds: number;
  readonly intervalMinutes: number;
  /** Longest wait for it to pass, in all, milliseconds. */
  readonly waitMs: number;
  /** Pause between two keep-alives meanwhile, milliseconds. */
  readonly keepAliveMs: number;
  /** What usually passes between dialling and the write, milliseconds: dialling is put off when the write would meet a boundary. Null: never. */
  readonly leadTcpMs: number | null;
  readonly leadModemMs: number | null;
}

export interface SessionGuards {
  /** A serial number that does not match ends the session. */
  readonly serial: boolean;
  readonly boundary: BoundaryGuard;
  /** Largest correction, seconds; null: none. */
  readonly largestSeconds: number | null;
  /** An offset this near to whole half hours is a matter of zones, seconds; null: off. */
  readonly zoneSeconds: number | null;
  /** No write unless the host's clock is known to be right. */
  readonly hostClock: boolean;
  /** No write while the stop switch is on. */
  readonly stopSwitch: boolean;
  /** Reads only. */
  readonly dryRun: boolean;
  /** The time written is that of its arrival. */
  readonly transit: boolean;
}

export interface SessionPolicy {
  readonly deadlines: StageDeadlines;
  readonly guards: SessionGuards;
  /** Offsets up to this are left alone, seconds. */
  readonly limitSeconds: number;
  /** Samples taken until one is good. */
  readonly clockReads: number;
  /** A sample that took longer is thrown away, milliseconds. */
  readonly maxRoundTripMs: number;
  /** Writes in one session: another one only after a reading showed that the one before did not take. */
  readonly writes: number;
}

export const DEFAULT_SESSION_POLICY: SessionPolicy = {
  deadlines: {
    connectTcpMs: 30_000,
    connectModemMs: 60_000,
    signOnMs: 30_000,
    identifyMs: 30_000,
    logInMs: 30_000,
    readMs: 30_000,
    decideMs: 10_000,
    intendMs: 10_000,
    setMs: 30_000,
    verifyMs: 30_000,
    logOffMs: 10_000,
    closeMs: 10_000,
    sessionMs: 240_000,
  },
  guards: {
    serial: true,
    boundary: { withinSeconds: 30, intervalMinutes: 30, waitMs: 75_000, keepAliveMs: 20_000, leadTcpMs: 3_000, leadModemMs: 45_000 },
    largestSeconds: 3_600,
    zoneSeconds: 20,
    hostClock: true,
    stopSwitch: true,
    dryRun: false,
    transit: true,
  },
  limitSeconds: 20,
  clockReads: 3,
  maxRoundTripMs: 10_000,
  writes: 2,
};
