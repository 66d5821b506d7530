/** What a client did at a meter since it signed on: what a record of a write tells. */

/** Reads that are kept by name; more only count. */
const MOST_READS = 200;

export class Visit {
  readonly session: number;
  readonly reads: string[] = [];
  authenticated = false;
  serialTold: string | null = null;
  clockReads = 0;
  /** Requests since the sign-on. */
  requests = 0;
  /** Of the monotonic clock. */
  lastMs: number;

  constructor(session: number, nowMs: number) {
    this.session = session;
    this.lastMs = nowMs;
  }

  read(what: string): void {
    if (this.reads.length < MOST_READS) this.reads.push(what);
    if (what === 'clock') this.clockReads += 1;
  }
}
