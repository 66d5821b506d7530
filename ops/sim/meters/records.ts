/** The record of every write that a simulated meter received, with what came before it. */
import { createWriteStream, type WriteStream } from 'node:fs';

/** What a clock write did: `ignored` was answered as done, `refused` with an error. */
export type WriteOutcome = 'applied' | 'refused' | 'ignored';

export interface WriteRecord {
  /** Wall time, ISO 8601. */
  readonly at: string;
  readonly meter: number;
  readonly meterType: string;
  readonly serialNumber: string;
  readonly connection: number;
  /** Counts the sign-ons of the meter. */
  readonly session: number;
  /** `clock`, `adjust`, or what else was written. */
  readonly what: string;
  /** As it was written, short. */
  readonly value: string;
  readonly outcome: WriteOutcome;
  /** Why it was refused. */
  readonly reason?: string;
  /** Meter minus wall, seconds. */
  readonly offsetBefore: number;
  readonly offsetAfter: number;
  /** The answer was lost by a fault. */
  readonly replyLost: boolean;
  readonly authenticated: boolean;
  /** What was read since the sign-on, in order. */
  readonly reads: readonly string[];
  readonly serialRead: boolean;
  /** The serial number that was told in this session, null when none. */
  readonly serialTold: string | null;
  readonly clockReads: number;
  /** Clock writes that were applied since the clock was last read, over all sessions, this one not counted. */
  readonly writesSinceClockRead: number;
}

export class Journal {
  readonly #most: number;
  readonly #file: WriteStream | undefined;
  #records: WriteRecord[] = [];
  #total = 0;

  constructor(most: number, file: string | undefined) {
    this.#most = most;
    this.#file = file === undefined ? undefined : createWriteStream(file, { flags: 'a' });
  }

  add(record: WriteRecord): void {
    this.#records.push(record);
    this.#total += 1;
    if (this.#records.length > this.#most * 2) this.#records = this.#records.slice(-this.#most);
    this.#file?.write(`${JSON.stringify(record)}\n`);
  }

  /** How many there were, those that were dropped included. */
  get total(): number {
    return this.#total;
  }

  /** The records that are kept, oldest first. @param after skips so many of all there were */
  list(after = 0): readonly WriteRecord[] {
    const kept = this.#records.slice(-this.#most);
    return kept.slice(Math.max(0, after - (this.#total - kept.length)));
  }

  async close(): Promise<void> {
    const file = this.#file;
    if (file === undefined || file.closed) return;
    await new Promise<void>((resolve, reject) => {
      file.once('error', reject);
      file.end(resolve);
    });
  }
}
